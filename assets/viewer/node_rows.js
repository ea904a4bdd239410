// A sorted list of nodes as buttons, with a bar for each one's strength. Only the rows in sight are
// in the page, however long the list is; the arrow keys go through it, Tab goes past it.
import { make } from "./dom.js";
import { nameOf, placeOf } from "./text.js";

/** @typedef {import("./graph.js").Graph} Graph */
/** @typedef {{node: number, value: number, text: string}} Row */

const HEIGHT = 46; // of a row, as in viewer.css
const IN_SIGHT = 7;
const AROUND = 3; // rows kept ready above and below

/**
 * @param {Graph} graph
 * @param {Row[]} rows  strongest first; a value's sign is its colour
 * @param {{shown: Uint8Array, label: string, choose: (node: number) => void}} options
 * @returns {HTMLElement}
 */
export function makeRows(graph, rows, { shown, label, choose }) {
  const most = rows.reduce((max, row) => Math.max(max, Math.abs(row.value)), 0) || 1;
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
        const item = makeRow(graph, row, most, shown, choose);
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

/**
 * @param {Graph} graph
 * @param {Row} row
 * @param {number} most
 * @param {Uint8Array} shown
 * @param {(node: number) => void} choose
 */
function makeRow(graph, { node, value, text }, most, shown, choose) {
  const bar = make("span", { class: value < 0 ? "bar opposes" : "bar supports" });
  bar.style.width = `${(100 * Math.abs(value)) / most}%`;
  const place = placeOf(graph, node) + (shown[node] ? "" : ", hidden");
  return make(
    "li",
    { class: shown[node] ? "" : "filtered-out" },
    make(
      "button",
      { type: "button", "data-node": graph.ids[node], click: () => choose(node) },
      make("span", { class: "name" }, nameOf(graph, node)),
      " ",
      make("span", { class: "place" }, place),
      " ",
      make("span", { class: "value" }, text),
      make("span", { class: "track", "aria-hidden": "true" }, bar),
    ),
  );
}
