// Copying the new token, and not losing it before.

const blade = document.querySelector("dialog[data-secret]");
// How long the button says that the token is copied.
const SAID_MS = 4000;

if (blade) {
  const field = document.getElementById("token");
  const copied = document.getElementById("copied");
  const leave = document.getElementById("leave");
  let kept = false;

  // On a page without TLS, browsers only have the older way: copying the selection.
  const copySelected = () => {
    const before = document.activeElement;
    field.focus({ preventScroll: true });
    field.select();
    const done = document.execCommand("copy");
    if (done) {
      before.focus({ preventScroll: true });
    }
    return done;
  };
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(field.value);
      return true;
    } catch {
      return copySelected();
    }
  };
  const button = document.getElementById("copy");
  const label = button.textContent;
  let saying;
  button.addEventListener("click", async () => {
    kept = await copy();
    copied.classList.toggle("hidden", kept);
    copied.textContent = kept ? copied.dataset.copied : copied.dataset.byKey;
    button.textContent = kept ? button.dataset.copied : label;
    clearTimeout(saying);
    saying = setTimeout(() => {
      button.textContent = label;
    }, SAID_MS);
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
  const done = document.getElementById("done");
  done.addEventListener("click", (event) => {
    if (kept) {
      event.preventDefault();
      close();
    }
  });
  // Every way to close the blade asks the person first, like the button. The key must be handled before it becomes a close
  // request. Chromium doesn't let a page refuse a second request without a click in between, and Firefox before 141 closes
  // both dialogs.
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && blade.open) {
      event.preventDefault();
      if (leave.open) {
        leave.close();
      } else {
        done.click();
      }
    }
  });
  blade.addEventListener("cancel", (event) => {
    event.preventDefault();
    done.click();
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
  // The page that a browser keeps for going back must not contain the token.
  addEventListener("pagehide", () => {
    field.value = "";
    field.removeAttribute("value");
    blade.close();
  });
}
