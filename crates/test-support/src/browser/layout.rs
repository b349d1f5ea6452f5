//! What a person would see at a glance: boxes that are cut off, lie on each other, or scroll where
//! only the page should.

use super::Browser;

/// Each fault in words. Boxes that are taken out of the flow on purpose (menus, dialogs, hidden
/// labels) may lie on others, and the navigation may scroll as one line.
const FAULTS: &str = r"
const faults = [];
const name = (it) => it.localName + (it.id ? `#${it.id}` : '') + [...it.classList].map((part) => `.${part}`).join('');
const shown = (it) => it.checkVisibility({visibilityProperty: true}) && it.getClientRects().length > 0;
const isField = (it) => it.matches('input, select, textarea, option');
const all = (root) => [...root.querySelectorAll('*:not(svg *, option)')].filter(shown);
const height = document.documentElement.clientHeight;

for (const dialog of document.querySelectorAll('dialog[open]')) {
  const box = dialog.getBoundingClientRect();
  const inside = all(dialog);
  const cut = [dialog, ...inside].find((it) => !isField(it) && !it.matches('.hidden') && getComputedStyle(it).overflowY !== 'visible' && it.scrollHeight > it.clientHeight + 1);
  // Where the words and fields end: empty boxes are free space, too.
  const ends = inside.filter((it) => isField(it) || [...it.childNodes].some((node) => node.nodeType === 3 && node.data.trim() !== ''));
  const end = Math.max(...ends.map((it) => it.getBoundingClientRect().bottom));
  if (cut && box.bottom - end > 48) faults.push(`${name(cut)} in ${name(dialog)} is cut off, while ${Math.round(box.bottom - end)} px below it are empty`);
  if (cut && height - box.height > 48) faults.push(`${name(cut)} in ${name(dialog)} is cut off, while the window has ${Math.round(height - box.height)} px more`);
  if (box.left < -1 || box.right > document.documentElement.clientWidth + 1 || box.top < -1 || (box.bottom > height + 1)) faults.push(`${name(dialog)} sticks out of the window`);
}

for (const parent of [document.body, ...all(document.body)]) {
  const boxes = [...parent.children].filter((it) => {
    if (!shown(it)) return false;
    const {display, position} = getComputedStyle(it);
    return (position === 'static' || position === 'relative') && display !== 'inline' && display !== 'contents' && !it.matches('svg, svg *, option');
  }).map((it) => [it, it.getBoundingClientRect()]).filter(([, box]) => box.width > 0 && box.height > 0);
  boxes.forEach(([one, a], index) => {
    for (const [other, b] of boxes.slice(index + 1)) {
      const wide = Math.min(a.right, b.right) - Math.max(a.left, b.left);
      const high = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
      if (wide > 1 && high > 1) faults.push(`${name(one)} and ${name(other)} overlap by ${Math.round(wide)} × ${Math.round(high)} px`);
    }
  });
}

for (const it of all(document.body)) {
  // What is one pixel wide is for assistive technology only.
  if (isField(it) || it.clientWidth <= 1 || it.matches('nav.side')) continue;
  const style = getComputedStyle(it);
  // A name too long for its place ends in an ellipsis.
  if (style.display !== 'inline' && style.textOverflow !== 'ellipsis' && it.scrollWidth > it.clientWidth + 1) faults.push(`${name(it)} is ${it.scrollWidth - it.clientWidth} px too wide for its place`);
  const isLow = document.documentElement.clientWidth <= 320 && !it.closest('dialog');
  if (isLow && /auto|scroll/.test(style.overflowY) && it.scrollHeight > it.clientHeight + 1) faults.push(`${name(it)} scrolls by itself`);
}

// What is laid over a row hides none of its words. A menu that is open may.
for (const row of document.querySelectorAll('tbody tr')) {
  const over = [...row.querySelectorAll('.actions > :not(.menu)')].filter(shown).map((it) => [it, it.getBoundingClientRect()]);
  const texts = document.createTreeWalker(row, NodeFilter.SHOW_TEXT);
  while (over.length > 0 && texts.nextNode()) {
    const text = texts.currentNode;
    if (text.data.trim() === '' || text.parentElement.closest('.actions, .hidden') || !shown(text.parentElement)) continue;
    const range = document.createRange();
    range.selectNodeContents(text);
    // What an ellipsis stands for isn't shown.
    let end = Infinity;
    for (let it = text.parentElement; it !== row; it = it.parentElement) {
      if (getComputedStyle(it).overflowX !== 'visible') end = Math.min(end, it.getBoundingClientRect().right);
    }
    for (const a of range.getClientRects()) {
      for (const [it, b] of over) {
        const wide = Math.min(a.right, b.right, end) - Math.max(a.left, b.left);
        const high = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
        if (wide > 1 && high > 1) faults.push(`${name(it)} lies on the text ${text.data.trim().slice(0, 30)}`);
      }
    }
  }
}

// A word that is short enough for its place is never broken.
for (const cell of document.querySelectorAll('h1, h2, h3, td, th, .badge, button, label')) {
  if (!shown(cell)) continue;
  const texts = document.createTreeWalker(cell, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const text = texts.currentNode;
    if (text.parentElement.closest('code, .hidden, option') || !shown(text.parentElement)) continue;
    for (const word of text.data.matchAll(/(?<![\p{L}\d_-])\p{L}{2,16}(?![\p{L}\d_-])/gu)) {
      const range = document.createRange();
      range.setStart(text, word.index);
      range.setEnd(text, word.index + word[0].length);
      if (new Set([...range.getClientRects()].map((box) => Math.round(box.top))).size > 1) faults.push(`the word ${word[0]} in ${name(cell)} is broken`);
    }
  }
}
return faults;
";

impl Browser {
    /// What is wrong with the boxes of the page as it is shown, a line for each: a dialog whose
    /// content is cut off while space is free, siblings that overlap, content too wide for its
    /// place; at 320 px whatever scrolls besides the page.
    pub async fn layout_faults(&self) -> Vec<String> {
        let faults = self.script(FAULTS, vec![]).await;
        let faults = faults.as_array().into_iter().flatten();
        faults
            .filter_map(|fault| fault.as_str().map(str::to_owned))
            .collect()
    }
}
