### The page of one token, and its form.

token-edit = Edit
# $token (String)
token-edit-title = Edit { $token }
# $token (String)
token-back = Back to { $token }
token-no-description = None
token-from-anywhere = Anywhere
token-regenerated-at = Regenerated
token-id = Id
token-ended = This token has ended. You can still change its description.
# $day (String) - on which the token expires
# $zone (String) - the name of a time zone
token-edit-day-hint = The token expires on { $day }. If you choose an earlier day, it works until the end of that day in { $zone }. To make it work longer, regenerate it.

## Its events

token-events = Events
token-events-of = Events of this token
by-you = You
by-administrator = An administrator
by-operator = An operator
by-holder = Somebody who had the token
by-service = The service
