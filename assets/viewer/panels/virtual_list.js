// A long list of buttons of which only those in sight are in the page. The arrow keys go through
// it, Tab goes past it.
import { make } from "../page/dom.js";

const HEIGHT = 50; // of a row, as in styles/viewer/panels.css
const IN_SIGHT = 7;
const AROUND = 2; // rows kept ready above and below

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
  let current = 0; // the row that Tab reaches
  let first = -1;
  list.style.height = `${rows.length * HEIGHT}px`;
  box.style.height = `${Math.min(rows.length, IN_SIGHT) * HEIGHT}px`;

  function draw() {
    const start = Math.max(0, Math.floor(box.scrollTop / HEIGHT) - AROUND);
    if (start === first) return;
    first = start;
    const held = list.contains(document.activeElement);
    const wanted = rows.slice(start, start + IN_SIGHT + 2 * AROUND);
    list.replaceChildren(
      ...wanted.map((row, at) => {
        const place = start + at;
        const item = makeRow(row);
        item.style.top = `${place * HEIGHT}px`;
        item.setAttribute("aria-posinset", String(place + 1));
        item.setAttribute("aria-setsize", String(rows.length));
        return item;
      }),
    );
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
    const top = current * HEIGHT;
    if (top < box.scrollTop) box.scrollTop = top;
    else if (top + HEIGHT > box.scrollTop + box.clientHeight)
      box.scrollTop = top + HEIGHT - box.clientHeight;
    draw();
    mark();
    focusCurrent();
  }

  draw();
  return box;
}
