// Pokes: what is chosen in the graph, what is done to it, and the list of all that is done.
import { make } from "../../viewer/page/dom.js";

/** @typedef {import("./frame.js").Selection} Selection */
/** @typedef {import("./work.js").Poke} Poke */
/** @typedef {import("./work.js").Work} Work */

/** @type {Record<string, string>} */
const NAMES = {
  ablate: "away",
  scale: "scaled",
  set: "set",
  exchange: "exchanged",
  head: "not looking",
};
/** @type {Record<string, string>} */
const ACTS = { ablate: "Take away", scale: "Scale", set: "Set", exchange: "Exchange" };
/** @type {Record<string, [string, string]>} */
const RANGES = { scale: ["-2", "3"], set: ["-20", "20"] };

/**
 * @param {Work} work
 * @param {{changed: () => void, tell: (text: string, failed?: boolean) => void}} to
 */
export function makePokes(work, to) {
  /** @type {Selection | null} */
  let selected = null;
  const selection = make(
    "p",
    { class: "hint", "aria-live": "polite" },
    "Click a box, a node or a head in the graph.",
  );
  const acts = Object.keys(ACTS).map((kind) => {
    const button = make(
      "button",
      { type: "button", disabled: true, click: () => add(kind) },
      ACTS[kind],
    );
    button.dataset.kind = kind;
    return button;
  });
  const out = make("button", { type: "button", disabled: true, click: knockOut }, "Knock out");
  const heads = make("input", {
    type: "text",
    placeholder: "layer.head, word: 12.3 9",
    "aria-label": "A head and the word that it no longer looks at",
    keydown: (/** @type {KeyboardEvent} */ event) => event.key === "Enter" && addHead(),
  });
  const list = make("ul", { class: "pokes", "aria-label": "Pokes" });
  const undo = make("button", { type: "button", click: back }, "Undo");
  const element = make(
    "section",
    {},
    make("h2", {}, "Poke"),
    selection,
    make("div", { class: "row" }, ...acts, out),
    make(
      "details",
      {},
      make("summary", {}, "Another head"),
      heads,
      make("button", { type: "button", click: addHead }, "Knock it out"),
    ),
    list,
    make("div", { class: "row" }, undo),
  );
  show();
  return { element, choose, show, change, selected: () => selected };

  /** @param {Selection} found */
  function choose(found) {
    selected = found;
    const looks = found.heads?.length ?? 0;
    const many = looks || found.nodes.length;
    const what = looks ? "look" : "feature";
    selection.textContent = `Selected: ${found.name}, ${many} ${what}${many === 1 ? "" : "s"}.`;
    for (const button of acts) {
      const lacks = button.dataset.kind === "exchange" && !work.session.asked.counterfactual;
      button.disabled = looks > 0 || lacks;
      button.title = lacks ? "It needs a counterfactual: type one above, and trace again." : "";
    }
    out.disabled = looks === 0;
  }

  /** @param {string} kind */
  function add(kind) {
    if (!selected) return;
    const { name, nodes } = selected;
    change([...work.pokes, { kind, name, nodes, value: kind === "scale" ? 0.5 : 0, on: true }]);
  }

  function knockOut() {
    if (!selected?.heads) return;
    const { name, heads: looks } = selected;
    change([...work.pokes, { kind: "head", name, nodes: [], heads: looks, value: 0, on: true }]);
  }

  function addHead() {
    const match = /^\s*(\d+)\.(\d+)\s+(\d+)\s*$/.exec(heads.value);
    if (!match) return to.tell("write the head and the word's number, such as `12.3 9`", true);
    const [layer, head, key] = match.slice(1).map(Number);
    const look = `head ${layer}.${head} at word ${key}`;
    const poke = { kind: "head", name: look, nodes: [], heads: [{ layer, head, key }] };
    change([...work.pokes, { ...poke, value: 0, on: true }]);
  }

  /** @param {Poke[]} next */
  function change(next) {
    work.change(next);
    show();
    to.changed();
  }

  function back() {
    if (!work.undo()) return;
    show();
    to.changed();
  }

  function show() {
    undo.disabled = work.past.length === 0;
    list.replaceChildren(...work.pokes.map(item));
  }

  /** @param {Poke} poke @param {number} at */
  function item(poke, at) {
    const many = poke.nodes.length;
    const told = `${poke.name}: ${NAMES[poke.kind]}${many > 1 ? ` (${many})` : ""}`;
    const on = make("input", {
      type: "checkbox",
      "aria-label": told,
      change: () =>
        change(work.pokes.map((one, n) => (n === at ? { ...one, on: on.checked } : one))),
    });
    on.checked = poke.on;
    const gone = make(
      "button",
      {
        type: "button",
        "aria-label": `Remove ${told}`,
        click: () => change(work.pokes.filter((_, n) => n !== at)),
      },
      "×",
    );
    const row = make("li", {}, on, make("span", {}, told), gone);
    if (poke.kind in RANGES) row.append(...slider(at, told));
    return row;
  }

  /** One step to undo for each time that it is taken hold of. @param {number} at @param {string} told */
  function slider(at, told) {
    const { kind, value } = work.pokes[at];
    const [min, max] = RANGES[kind];
    const output = make("output", {}, String(value));
    let begun = false;
    const input = make("input", {
      type: "range",
      min,
      max,
      step: "0.1",
      "aria-label": `How much: ${told}`,
      input: () => {
        if (!begun) work.change([...work.pokes]);
        begun = true;
        work.pokes[at] = { ...work.pokes[at], value: Number(input.value) };
        output.textContent = input.value;
        undo.disabled = false;
        to.changed();
      },
      change: () => (begun = false),
    });
    input.value = String(value);
    return [input, output];
  }
}
