// What feeds the selection and what it feeds: two sorted lists, which are also the graph's text
// form.
import { make } from "../page/dom.js";
import { neighboursOf } from "../graph/neighbours.js";
import { makeRows } from "./node_rows.js";
import { STRONGEST } from "../link_graph/drawn_links.js";
import { focusOf } from "../state/state.js";
import { grouped, showSigned } from "../graph/text.js";

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
  store.subscribe((state, previous) => {
    const focus = focusOf(graph, state);
    element.hidden = focus.length === 0;
    if (!focus.length || (body.childElementCount && sameView(state, previous))) return;
    const { shown, lines, more } = drawn();
    const { inputs, outputs } = neighboursOf(graph, focus);
    body.replaceChildren(
      lineCount(lines, more, () => store.dispatch({ type: "toggle-links" })),
      list(graph, "Inputs", inputs, { shown, choose, sign: state.sign }),
      list(graph, "Outputs", outputs, { shown, choose, sign: state.sign }),
    );
  });

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
  const meaning = title === "Inputs" ? `what ${verb} it` : `what it ${verb}`;
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
  state.everyLink === previous.everyLink;

/**
 * @param {number} lines
 * @param {number} more
 * @param {() => void} toggle
 */
function lineCount(lines, more, toggle) {
  const all = lines === 1 ? "The only line is drawn." : `All ${lines} lines are drawn.`;
  if (more === 0 && lines <= STRONGEST) return make("p", { class: "line-count" }, all);
  const says = more ? `The ${lines} strongest lines are drawn. ` : `${all} `;
  const offer = more ? `and ${grouped(more)} more` : `only the strongest ${STRONGEST}`;
  return make(
    "p",
    { class: "line-count" },
    says,
    make("button", { type: "button", click: toggle }, offer),
  );
}
