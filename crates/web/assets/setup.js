// Takes the set-up code from the link's fragment into the form, and out of the address bar and history.

const code = document.getElementById("code");
const fragment = location.hash.slice(1);
if (fragment !== "") {
  code.value = fragment;
  history.replaceState(null, "", location.pathname);
}
if (code.value !== "" && !code.matches("[aria-invalid]")) {
  document.getElementById("code-field").hidden = true;
  if (!document.querySelector("[role=alert], [aria-invalid]")) {
    document.getElementById("user_name").focus();
  }
}
