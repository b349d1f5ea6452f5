// What dialogs lack without script: opening as modals with the page, giving the focus back, and older browsers.

const wipe = (dialog) => {
  for (const field of dialog.querySelectorAll(".secret")) {
    field.value = "";
    field.removeAttribute("value");
  }
};

// Where the focus goes once a dialog is closed: its opener may stand in a menu that is closed too. The event comes a little
// later, and a quick person has moved the focus by then.
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

// What was wrong the last time, or who filled the form in, is no matter for the next.
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

// The page stands for a form that was sent: loaded again, it shall be the one that the form led from.
const address = document.querySelector("[data-address]")?.dataset.address;
if (address !== undefined) {
  history.replaceState(null, "", address);
}

// One question serves every row of a table: before it opens, it is made the one that the link leads to.
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

// A link leads to the page that opens or closes a dialog; with script it is a button that does so in place.
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

// The first field with an error gets the focus. Else what was done, or refused, is read out first, but for where there is
// a field to go on with.
const wrong = document.querySelector("[aria-invalid=true]");
if (wrong) {
  wrong.focus();
} else if (!document.querySelector("dialog:modal") && !document.activeElement?.matches("[autofocus]")) {
  document.querySelector("[data-focus]")?.focus();
}

// A form is sent once, however often its button is pressed, until its answer is there or fails to come.
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
// Where browsers tell of it: the person stopped it, or the connection broke.
window.navigation?.addEventListener("navigateerror", allReady);

// The day of one's own counts only where it is chosen: a field that is not shown can't hold up the form.
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
