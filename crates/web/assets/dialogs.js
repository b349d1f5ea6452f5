// What dialogs lack without script: opening as modals with the page, giving the focus back, and older browsers.

const wipe = (dialog) => {
  for (const field of dialog.querySelectorAll(".secret")) {
    field.value = "";
    field.removeAttribute("value");
  }
};

// Where the focus goes once a dialog is closed: its opener may stand in a menu that is closed too.
const giveBack = (dialog) => {
  const target = document.getElementById(dialog.dataset.returns) ?? document.querySelector("h1");
  if (target.tagName === "H1") {
    target.tabIndex = -1;
  }
  target.focus();
};

for (const dialog of document.querySelectorAll("dialog")) {
  dialog.addEventListener("close", () => {
    if (dialog.dataset.leave !== undefined) {
      history.replaceState(null, "", dialog.dataset.leave);
    }
    if (dialog.dataset.secret !== undefined) {
      wipe(dialog);
    }
    if (dialog.dataset.returns !== undefined) {
      giveBack(dialog);
    }
  });
}

for (const dialog of document.querySelectorAll("dialog[open][data-modal]")) {
  dialog.removeAttribute("open");
  dialog.showModal();
  const field = dialog.querySelector("[aria-invalid=true]");
  field?.focus();
}

if (!("command" in HTMLButtonElement.prototype)) {
  document.addEventListener("click", (event) => {
    const button = event.target.closest("button[commandfor]");
    const dialog = button && document.getElementById(button.getAttribute("commandfor"));
    if (dialog) {
      button.closest("[popover]")?.hidePopover();
      if (button.getAttribute("command") === "close") {
        dialog.close();
      } else {
        dialog.showModal();
      }
    }
  });
}

// What was done, or refused, is read out first.
if (!document.querySelector("dialog:modal")) {
  document.querySelector("[data-focus]")?.focus();
}

// A form is sent once, however often its button is pressed.
for (const form of document.querySelectorAll("form[data-once]")) {
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent !== undefined) {
      event.preventDefault();
    }
    form.dataset.sent = "";
    form.querySelector("[type=submit]").setAttribute("aria-disabled", "true");
  });
}
addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) {
    delete form.dataset.sent;
    form.querySelector("[type=submit]").removeAttribute("aria-disabled");
  }
});
