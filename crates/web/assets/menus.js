// Arrow keys in menus, and closing them when the focus leaves.

for (const menu of document.querySelectorAll("[data-menu]")) {
  const items = () => [...menu.querySelectorAll("a, button")];
  const opener = document.querySelector(`[popovertarget="${menu.id}"]`);

  opener?.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      menu.showPopover({ source: opener });
      items().at(event.key === "ArrowDown" ? 0 : -1)?.focus();
    }
  });

  menu.addEventListener("keydown", (event) => {
    const all = items();
    const here = all.indexOf(document.activeElement);
    const next = {
      ArrowDown: (here + 1) % all.length,
      ArrowUp: (here - 1 + all.length) % all.length,
      Home: 0,
      End: all.length - 1,
    }[event.key];
    if (next !== undefined) {
      event.preventDefault();
      all[next].focus();
    }
  });

  menu.addEventListener("focusout", (event) => {
    const gone = event.relatedTarget === null ? document.hasFocus() && !menu.matches(":active") : !menu.contains(event.relatedTarget);
    if (gone && event.relatedTarget !== opener) {
      menu.hidePopover();
    }
  });

  menu.addEventListener("click", (event) => {
    if (event.target.closest("button[commandfor]")) {
      menu.hidePopover();
    }
  });
}
