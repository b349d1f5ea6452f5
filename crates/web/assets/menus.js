// Handles arrow keys in menus, closes them when the focus leaves, and places them if styles can't.

const GAP = 4;

// Places a menu below its button, or above it if there is more room. The right edges are aligned.
const place = (menu, opener) => {
  const button = opener.getBoundingClientRect();
  const below = innerHeight - button.bottom;
  const isBelow = menu.offsetHeight + GAP <= below || below >= button.top;
  menu.style.margin = "0";
  menu.style.left = `${Math.max(GAP, button.right - menu.offsetWidth)}px`;
  menu.style.right = "auto";
  menu.style.top = `${isBelow ? button.bottom + GAP : button.top - GAP - menu.offsetHeight}px`;
};

// In browsers without popovers, styles show a menu while its button has the focus.
const menus = "popover" in HTMLElement.prototype ? document.querySelectorAll("[data-menu]") : [];

for (const menu of menus) {
  const items = () => [...menu.querySelectorAll("a, button")];
  const opener = document.querySelector(`[popovertarget="${menu.id}"]`);

  if (opener && !CSS.supports("anchor-scope: --menu")) {
    menu.addEventListener("beforetoggle", (event) => {
      if (event.newState === "open") {
        // The menu has no size before it is shown, which happens before the next frame.
        requestAnimationFrame(() => place(menu, opener));
      }
    });
    addEventListener("resize", () => menu.matches(":popover-open") && place(menu, opener));
    document.addEventListener("scroll", () => menu.matches(":popover-open") && place(menu, opener), { capture: true, passive: true });
  }

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

// Shows the current entry of a navigation that is one line and longer than the window.
const current = document.querySelector(".side [aria-current]");
function showCurrent() {
  const side = current.closest(".side");
  side.scrollLeft = current.offsetLeft - side.offsetLeft - (side.clientWidth - current.offsetWidth) / 2;
}
if (current) {
  showCurrent();
  addEventListener("load", showCurrent);
}
