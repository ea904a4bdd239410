// A long list of buttons of which only those in sight are in the page. The arrow keys go through
// it, Tab goes past it.
import { make } from "../page/dom.js";

// Of a row, as in styles/viewer/panels.css.
const HEIGHT = 50;
const IN_SIGHT = 7;
// Rows kept ready above and below.
const AROUND = 2;

/**
 * @template Item
 * @param {Item[]} rows
 * @param {string} label
 * @param {(item: Item) => HTMLLIElement} makeRow  a list item whose first child is a button
 * @returns {HTMLElement}
 */
export function makeVirtualList(rows, label, makeRow) {
  const list = make("ol", { class: "node-rows", role: "list", "aria-label": label });
  const box = make("div", { class: "rows-box", scroll: draw, keydown: travel }, list);
  // The row that Tab reaches, the first in the page and the first in sight.
  let current = 0;
  let first = 0;
  let top = -1;
  list.style.height = `${rows.length * HEIGHT}px`;
  box.style.height = `${Math.min(rows.length, IN_SIGHT) * HEIGHT}px`;

  function draw() {
    const reached = Math.floor(box.scrollTop / HEIGHT);
    if (reached === top) return;
    top = reached;
    first = Math.max(0, top - AROUND);
    const held = list.contains(document.activeElement);
    const wanted = rows.slice(first, top + IN_SIGHT + AROUND);
    list.replaceChildren(
      ...wanted.map((row, at) => {
        const item = makeRow(row);
        item.setAttribute("aria-posinset", String(first + at + 1));
        item.setAttribute("aria-setsize", String(rows.length));
        return item;
      }),
    );
    list.style.paddingTop = `${first * HEIGHT}px`;
    mark();
    if (held) focusCurrent({ preventScroll: true });
  }

  function mark() {
    const last = first + list.childElementCount - 1;
    const reached = Math.min(Math.max(current, first), last);
    [...list.children].forEach((item, at) => {
      const button = /** @type {HTMLButtonElement} */ (item.firstElementChild);
      button.tabIndex = first + at === reached ? 0 : -1;
    });
  }

  /** @param {FocusOptions} [options] */
  function focusCurrent(options) {
    const button = list.children[current - first]?.firstElementChild;
    if (button instanceof HTMLElement) button.focus(options);
  }

  /** @param {KeyboardEvent} event */
  function travel(event) {
    const steps = { ArrowDown: 1, ArrowUp: -1, PageDown: IN_SIGHT, PageUp: -IN_SIGHT };
    const ends = { Home: -rows.length, End: rows.length };
    const step = { ...steps, ...ends }[event.key];
    if (step === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    const from = [...list.children].findIndex((item) => item.contains(document.activeElement));
    current = Math.max(0, Math.min(rows.length - 1, (from < 0 ? current : first + from) + step));
    const at = current * HEIGHT;
    if (at < box.scrollTop) box.scrollTop = at;
    else if (at + HEIGHT > box.scrollTop + box.clientHeight)
      box.scrollTop = at + HEIGHT - box.clientHeight;
    draw();
    mark();
    focusCurrent();
  }

  draw();
  return box;
}
