### The new token, which is shown once.

# $name (Slot) - of the token
# $expires (Slot) - the time
issued-ready = { $name } is ready. It expires on { $expires }.
# $name (Slot) - of the token
# $expires (Slot) - the time
issued-regenerated = { $name } has a new token. The old one no longer works. It expires on { $expires }.
# $name (Slot) - of the token
# $expires (Slot) - the time
issued-regenerated-with-overlap = { $name } has a new token. The old one works for a while. The new one expires on { $expires }.
issued-token = Personal access token
issued-copy = Copy
issued-copied = Copied.
issued-copied-mark = ✓ Copied
issued-copy-by-key = The browser does not let this page copy: press Ctrl+C.
issued-warning = Copy it now, and keep it as safely as a password. It will not be shown again.
issued-how = How to use it
# $variable (Slot) - the name of an environment variable
issued-how-text = Your script exchanges it for an authentication token, which every ATS API accepts for a few minutes. Keep the personal access token in the environment variable { $variable }, not in the script.
issued-example-token = with the token from "Data":
issued-example-netrc = By "auth": requests lets ~/.netrc replace an Authorization header.
issued-done = Done
issued-leave = Have you kept the token?
# $token (String)
issued-leave-text = It will not be shown again. If you lose it, you have to regenerate “{ $token }”.
issued-stay = Back to the token
issued-kept = I have kept it
