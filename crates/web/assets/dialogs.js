// What dialogs can't do without script: open as modals with the page, return the focus, and work in older browsers.

const wipe = (dialog) => {
  for (const field of dialog.querySelectorAll(".secret")) {
    field.value = "";
    field.removeAttribute("value");
  }
};

// Returns the focus after a dialog is closed. Its opener may be in a menu that is closed too. The event comes a little later,
// so a quick person may have moved the focus by then.
const giveBack = (dialog) => {
  const focused = document.activeElement;
  if (focused !== null && focused !== document.body && !dialog.contains(focused)) {
    return;
  }
  const target = document.getElementById(dialog.dataset.returns) ?? document.querySelector("h1");
  if (target.tagName === "H1") {
    target.tabIndex = -1;
  }
  target.focus();
};

// Removes the errors of the last time, and the note about who filled the form in.
const tidy = (dialog) => {
  for (const note of dialog.querySelectorAll(".error, .message:not(.warning)")) {
    note.remove();
  }
  for (const field of dialog.querySelectorAll("[aria-invalid]")) {
    field.removeAttribute("aria-invalid");
  }
};

for (const dialog of document.querySelectorAll("dialog")) {
  dialog.addEventListener("close", () => {
    tidy(dialog);
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

// The page answers a form. Reloading it should show the page that the form was on.
const address = document.querySelector("[data-address]")?.dataset.address;
if (address !== undefined) {
  history.replaceState(null, "", address);
}

// All rows of a table share one question. Before it opens, it gets the content that the row's link leads to.
const ask = (dialog, link) => {
  const form = dialog.querySelector("form");
  form.reset();
  form.action = link.href;
  for (const place of form.querySelectorAll("[data-fill]")) {
    const text = link.dataset[place.dataset.fill];
    if (place.tagName === "INPUT") {
      place.value = text;
    } else {
      place.textContent = text;
    }
  }
  dialog.dataset.returns = link.dataset.returns;
};

// Without script, a link leads to the page with the open or closed dialog. With script, it opens or closes it in place.
for (const link of document.querySelectorAll("a[data-commandfor]")) {
  const button = document.createElement("button");
  button.type = "button";
  button.id = link.id;
  button.className = link.className;
  button.autofocus = link.autofocus;
  button.setAttribute("command", link.dataset.command);
  button.setAttribute("commandfor", link.dataset.commandfor);
  if (link.ariaLabel !== null) {
    button.ariaLabel = link.ariaLabel;
  }
  if (link.dataset.question !== undefined) {
    button.addEventListener("click", () => ask(document.getElementById(link.dataset.commandfor), link));
  }
  button.append(...link.childNodes);
  link.replaceWith(button);
}

for (const dialog of document.querySelectorAll("dialog[open][data-modal]")) {
  for (const part of document.querySelectorAll("[inert]")) {
    part.removeAttribute("inert");
  }
  dialog.removeAttribute("open");
  dialog.showModal();
}

if (!("command" in HTMLButtonElement.prototype)) {
  document.addEventListener("click", (event) => {
    const button = event.target.closest("button[commandfor]");
    const dialog = button && document.getElementById(button.getAttribute("commandfor"));
    if (dialog && !event.defaultPrevented) {
      button.closest("[popover]")?.hidePopover?.();
      if (button.getAttribute("command") === "close") {
        dialog.close();
      } else {
        dialog.showModal();
      }
    }
  });
}

// The first field with an error gets the focus. Otherwise the message gets it, so that it is read out first, unless another
// field has the focus.
const wrong = document.querySelector("[aria-invalid=true]");
if (wrong) {
  wrong.focus();
} else if (!document.querySelector("dialog:modal") && !document.activeElement?.matches("[autofocus]")) {
  document.querySelector("[data-focus]")?.focus();
}

// A form is sent only once, however often its button is pressed, until it is answered or the answer fails.
const FAILED_MS = 60_000;
const ready = (form) => {
  delete form.dataset.sent;
  form.querySelector("[type=submit]").removeAttribute("aria-disabled");
};
for (const form of document.querySelectorAll("form[data-once]")) {
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent !== undefined) {
      event.preventDefault();
      return;
    }
    form.dataset.sent = "";
    form.querySelector("[type=submit]").setAttribute("aria-disabled", "true");
    setTimeout(ready, FAILED_MS, form);
  });
}
const allReady = () => document.querySelectorAll("form[data-sent]").forEach(ready);
addEventListener("pageshow", allReady);
// Some browsers report that the person stopped the request, or that the connection broke.
window.navigation?.addEventListener("navigateerror", allReady);

// The last day counts only if the person chooses it. Otherwise the hidden field would prevent sending the form.
const expiration = document.getElementById("expiration");
const lastDay = document.getElementById("last_day");
if (expiration) {
  const follow = () => {
    lastDay.disabled = expiration.value !== "date";
    lastDay.required = !lastDay.disabled;
  };
  lastDay.min = lastDay.dataset.min;
  lastDay.max = lastDay.dataset.max;
  expiration.addEventListener("change", follow);
  follow();
}
