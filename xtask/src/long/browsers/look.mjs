// Functions that run in the page. Each must stand alone, because only its text gets there.

// The link, button or summary of this name that can be seen and is not behind a dialog; of several the last, which is in front.
export const control = (name) => {
  const named = (it) => {
    const labels = it.getAttribute("aria-labelledby")?.split(" ").map((id) => document.getElementById(id).textContent.trim());
    return (labels?.join(" ") ?? it.textContent).trim() === name;
  };
  const isReachable = (it) => it.checkVisibility({ checkVisibilityCSS: true }) && !it.closest("[inert]");
  const all = [...document.querySelectorAll("a, button, summary")].filter((it) => named(it) && isReachable(it));
  return all.at(-1) ?? null;
};

// Where the menu that is shown is, seen from the button of this name.
export const place = (name) => {
  const label = (it) => it.getAttribute("aria-labelledby").split(" ").map((id) => document.getElementById(id).textContent.trim()).join(" ");
  const button = [...document.querySelectorAll(".dots")].find((it) => label(it) === name);
  const menu = button.nextElementSibling;
  if (!menu.checkVisibility()) {
    return null;
  }
  const [a, b] = [button, menu].map((it) => it.getBoundingClientRect());
  const isInside = b.top >= 0 && b.left >= 0 && b.bottom <= innerHeight && b.right <= innerWidth;
  return { isInside, aside: Math.abs(b.right - a.right), below: Math.max(b.top - a.bottom, a.top - b.bottom) };
};

// Dialogs that are cut off or transparent, fields that cannot be told from what is behind them, menus that nobody opened.
export const appearance = () => {
  const faults = [];
  const name = (it) => it.localName + (it.id ? `#${it.id}` : "");
  const shown = (it) => it.checkVisibility({ checkVisibilityCSS: true }) && it.getClientRects().length > 0;
  const parts = (colour) => {
    const [red, green, blue, alpha = 1] = colour.match(/[\d.]+/g).map(Number);
    return { rgb: [red, green, blue], alpha };
  };
  const light = ({ rgb }) => {
    const [red, green, blue] = rgb.map((part) => (part / 255 <= 0.04045 ? part / 255 / 12.92 : ((part / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const contrast = (one, other) => {
    const [dark, bright] = [light(one), light(other)].sort((a, b) => a - b);
    return (bright + 0.05) / (dark + 0.05);
  };
  const behind = (it) => {
    for (let at = it; at; at = at.parentElement) {
      const back = parts(getComputedStyle(at).backgroundColor);
      if (back.alpha === 1) {
        return back;
      }
      if (at.localName === "dialog") {
        break;
      }
    }
    return it.closest("dialog") ? null : { rgb: [255, 255, 255], alpha: 1 };
  };

  for (const dialog of document.querySelectorAll("dialog[open]")) {
    const box = dialog.getBoundingClientRect();
    if (box.top < -1 || box.left < -1 || box.bottom > innerHeight + 1 || box.right > innerWidth + 1) {
      faults.push(`${name(dialog)} sticks out of the window`);
    }
    if (dialog.matches(".blade") && box.height < innerHeight - 1) {
      faults.push(`${name(dialog)} is ${box.height} px high in a window of ${innerHeight} px`);
    }
    if (parts(getComputedStyle(dialog).backgroundColor).alpha < 1) {
      faults.push(`${name(dialog)} is transparent`);
    }
    const cut = [dialog, ...dialog.querySelectorAll("*")].find(
      (it) => shown(it) && !it.matches("input, select, textarea, option, svg *, .hidden, .blade-body") && getComputedStyle(it).overflowY !== "visible" && it.scrollHeight > it.clientHeight + 1,
    );
    if (cut) {
      faults.push(`${name(cut)} of ${name(dialog)} is cut off`);
    }
  }
  for (const field of document.querySelectorAll("input:not([type=hidden], [type=checkbox], [type=radio]), select, textarea, button, label")) {
    if (!shown(field)) {
      continue;
    }
    const back = behind(field);
    const style = getComputedStyle(field);
    if (back === null || contrast(parts(style.color), back) < 4.5) {
      faults.push(`the text of ${name(field)} cannot be read`);
    }
    if (field.matches("input, select, textarea") && contrast(parts(style.borderTopColor), behind(field.parentElement) ?? back) < 3) {
      faults.push(`the border of ${name(field)} cannot be seen`);
    }
  }
  for (const menu of document.querySelectorAll(".menu")) {
    if (shown(menu)) {
      faults.push(`${name(menu)} is open`);
    }
  }
  return faults;
};
