// What feeds the selection and what it feeds: two sorted lists, which are also the graph's text
// form.
import { make, nextFrame } from "../page/dom.js";
import { neighboursOf } from "../graph/neighbours.js";
import { makeRows } from "./node_rows.js";
import { STRONGEST, mostOf } from "../link_graph/drawn_links.js";
import { focusOf } from "../state/state.js";
import { grouped, showPercent, showSigned } from "../graph/text.js";

/** @typedef {import("../graph/graph.js").Graph} Graph */
/** @typedef {import("../graph/neighbours.js").Neighbour} Neighbour */

/**
 * @param {Graph} graph
 * @param {import("../state/state.js").Store} store
 * @param {() => {shown: Uint8Array, lines: number, more: number}} drawn
 */
export function makeConnections(graph, store, drawn) {
  const body = make("div", { class: "connection-lists" });
  const choose = (/** @type {number} */ node) => store.dispatch({ type: "select", node });
  const element = make(
    "section",
    { class: "connections", "aria-label": "Connections" },
    make("h3", {}, "Connections"),
    body,
  );
  let awaited = false;
  store.subscribe((state, previous) => {
    element.hidden = focusOf(graph, state).length === 0;
    if (awaited || element.hidden || (body.childElementCount && sameView(state, previous))) return;
    awaited = true;
    // What was clicked is seen first.
    nextFrame(fill);
  });

  function fill() {
    awaited = false;
    const { state } = store;
    const focus = focusOf(graph, state);
    if (!focus.length) return;
    const { shown, lines, more } = drawn();
    const { inputs, outputs } = neighboursOf(graph, focus);
    body.replaceChildren(
      ...[
        lineCount(lines, more, state, () => store.dispatch({ type: "toggle-links" })),
        list(graph, "Inputs", inputs, { shown, choose, sign: state.sign }),
        weaker(graph, focus, 0),
        list(graph, "Outputs", outputs, { shown, choose, sign: state.sign }),
        weaker(graph, focus, 1),
        held(graph, focus),
      ].filter((part) => part !== null),
    );
  }

  return element;
}

/**
 * @param {Graph} graph
 * @param {"Inputs" | "Outputs"} title
 * @param {Neighbour[]} neighbours
 * @param {{shown: Uint8Array, choose: (node: number) => void, sign: -1 | 0 | 1}} options
 */
function list(graph, title, neighbours, { shown, choose, sign }) {
  const rows = neighbours
    .filter(({ weight }) => weight * sign >= 0)
    .map(({ node, weight }) => ({ node, value: weight, text: showSigned(weight) }));
  const verb = VERBS[sign + 1];
  const meaning = graph.account
    ? `what flows ${title === "Inputs" ? "in" : "out"}, on its way to ${graph.meta.asked ?? "the answer"}`
    : title === "Inputs"
      ? `what ${verb} it`
      : `what it ${verb}`;
  const left = neighbours.length - rows.length;
  const amount = left ? `${rows.length} of ${neighbours.length}` : `${rows.length}`;
  return make(
    "div",
    { class: title.toLowerCase() },
    make("h4", {}, `${title} `, make("span", { class: "amount" }, `${amount} · ${meaning}`)),
    rows.length
      ? makeRows(graph, rows, { shown, label: title, choose })
      : make("p", { class: "none" }, left ? "None of this sign." : "None in this graph."),
  );
}

/**
 * What of one node's flows is not drawn, told together, so that all of them add up to its effect.
 * @param {Graph} graph
 * @param {number[]} focus
 * @param {0 | 1} side
 */
function weaker(graph, focus, side) {
  const rest = focus.length === 1 ? graph.account?.rest[focus[0]][side] : null;
  if (!rest || rest.count === 0) return null;
  const many = rest.count === null ? "the others" : `${grouped(rest.count)} weaker`;
  const text = `${side ? "out" : "in"}: ${many}, together ${showSigned(rest.sum)}`;
  return make("p", { class: "amount weaker" }, text);
}

/** @param {Graph} graph @param {number[]} focus */
function held(graph, focus) {
  const share = focus.length === 1 ? graph.account?.held[focus[0]] : null;
  if (typeof share !== "number") return null;
  const text = `Drawn links hold ${showPercent(share)} of what flows in and out here.`;
  return make("p", { class: "amount held" }, text);
}

const VERBS = ["weakens", "strengthens or weakens", "strengthens"];

/**
 * @param {import("../state/state.js").State} state
 * @param {import("../state/state.js").State} previous
 */
const sameView = (state, previous) =>
  state.clicked === previous.clicked &&
  state.pinned === previous.pinned &&
  state.threshold === previous.threshold &&
  state.kinds === previous.kinds &&
  state.sign === previous.sign &&
  state.weight === previous.weight &&
  state.ends === previous.ends &&
  state.density === previous.density &&
  state.everyLink === previous.everyLink;

/**
 * @param {number} lines
 * @param {number} more
 * @param {import("../state/state.js").State} state
 * @param {() => void} toggle
 */
function lineCount(lines, more, { density, everyLink }, toggle) {
  const usual = mostOf(STRONGEST, density);
  if (!lines) return make("p", { class: "line-count" }, "No such line is drawn.");
  const all = lines === 1 ? "The only line is drawn." : `All ${lines} lines are drawn.`;
  if (more === 0 && (lines <= usual || !everyLink)) return make("p", { class: "line-count" }, all);
  const says = more ? `The ${lines} strongest lines are drawn. ` : `${all} `;
  const offer = more ? `and ${grouped(more)} more` : `only the strongest ${usual}`;
  return make(
    "p",
    { class: "line-count" },
    says,
    make("button", { type: "button", click: toggle }, offer),
  );
}
