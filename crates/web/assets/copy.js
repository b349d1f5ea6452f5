// Copying the new token, and not losing it before.

const blade = document.querySelector("dialog[data-secret]");

if (blade) {
  const field = document.getElementById("token");
  const copied = document.getElementById("copied");
  const leave = document.getElementById("leave");
  let kept = false;

  document.getElementById("copy").addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(field.value);
      copied.textContent = "Copied.";
      kept = true;
    } catch {
      field.select();
      copied.textContent = "The browser does not let this page copy: press Ctrl+C.";
    }
  });
  field.addEventListener("copy", () => {
    kept = field.selectionEnd - field.selectionStart === field.value.length;
  });
  field.addEventListener("focus", () => field.select());

  const close = () => {
    kept = true;
    leave.close();
    blade.close();
  };
  document.getElementById("done").addEventListener("click", (event) => {
    if (kept) {
      event.preventDefault();
      close();
    }
  });
  leave.querySelector("a").addEventListener("click", (event) => {
    event.preventDefault();
    close();
  });

  addEventListener("beforeunload", (event) => {
    if (!kept && blade.open) {
      event.preventDefault();
    }
  });
  // No page that a browser keeps for going back holds the token.
  addEventListener("pagehide", () => {
    field.value = "";
    field.removeAttribute("value");
    blade.close();
  });
}
