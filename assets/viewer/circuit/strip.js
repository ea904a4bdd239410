// The strip under the circuit: what the pointer, the focus or the selection is on, and what to do.
import { nodesIn } from "./picture.js";
import { boxName, lineAmount, lineTitle, linesOf, partName, showAmount, sumsOf } from "./words.js";
import { hovers, make } from "../page/dom.js";
import { focusOf, isSet, leavesFocus } from "../state/state.js";
import { describeScores } from "../graph/subgraph.js";
import { count, describeEffect, placeOf, titleOf } from "../graph/text.js";

/** @typedef {import("../graph/graph.js").Graph} Graph */
/** @typedef {import("./circuit.js").Circuit} Circuit */
/** @typedef {import("../state/state.js").State} State */

const FIRST_WORDS = "Point at a box to see its lines, select it to see its nodes.";
const FIRST_WORDS_OF_A_FINGER = "Tap a box to see its lines and its nodes.";

/**
 * @param {HTMLElement} element
 * @param {Graph} graph
 * @param {import("../state/state.js").Store} store
 * @param {{circuit: () => Circuit, jump: () => void}} page
 */
export function makeStrip(element, graph, store, { circuit, jump }) {
  const says = /** @type {HTMLElement} */ (element.querySelector(".circuit-says"));
  const button = (/** @type {string} */ text, /** @type {() => void} */ click) =>
    make("button", { type: "button", click }, text);
  const open = button("Show members", () => {
    const box = chosenBox(graph, store.state, circuit());
    const { openBox } = store.state;
    store.dispatch({ type: "open-box", box: openBox ? null : (box?.key ?? null) });
  });
  const below = button("See it in the full graph", jump);
  const undo = button("Undo", () => store.dispatch({ type: "undo" }));
  const redo = button("Redo", () => store.dispatch({ type: "redo" }));
  const back = button("Put boxes back", () =>
    store.dispatch({ type: "edit", edit: { edit: "put-back" } }),
  );
  element.append(make("div", { class: "circuit-buttons" }, open, below, undo, redo, back));
  /** @type {string | null} */
  let pointed = null;
  /** @type {import("./picture.js").Line | null} */
  let line = null;

  function update() {
    const { state } = store;
    const box = chosenBox(graph, state, circuit());
    const focus = focusOf(graph, state);
    open.hidden = !state.openBox && box?.kind !== "group" && box?.kind !== "other";
    open.textContent = state.openBox ? "Close" : "Show members";
    below.hidden = focus.length === 0;
    undo.hidden = !state.edits.past.length;
    redo.hidden = !state.edits.future.length;
    back.hidden = !Object.keys(state.edits.work.moved).length;
    if (line) says.replaceChildren(make("p", {}, lineTitle(circuit().picture, line)));
    else {
      const part = pointed ?? partChosen(graph, state, circuit());
      says.replaceChildren(...words(graph, circuit(), part, focus));
    }
  }
  store.subscribe((state, previous) => {
    if (!leavesFocus(state, previous)) update();
  });
  return {
    update,
    /** @type {Circuit["pointed"]} */
    point(part, under) {
      [pointed, line] = [part, under];
      update();
    },
  };
}

/**
 * @param {Graph} graph
 * @param {Circuit} circuit
 * @param {string | null} key  of a part, or of a box
 * @param {number[]} focus
 */
function words(graph, circuit, key, focus) {
  const box = key === null ? undefined : circuit.canvas.boxOf(key);
  if (!box || key === null)
    return focus.length
      ? selection(graph, focus)
      : [make("p", {}, hovers() ? FIRST_WORDS : FIRST_WORDS_OF_A_FINGER)];
  const { picture } = circuit;
  const part = box.parts.find((one) => one.key === key && box.parts.length > 1);
  const keys = new Set(part ? [part.key] : box.parts.map((one) => one.key));
  const { into, out } = linesOf(picture, keys);
  const name = boxName(box, part);
  const title = make("strong", { dir: "auto" }, name.charAt(0).toUpperCase() + name.slice(1));
  const detail = box.detail && box.kind !== "word" ? ` · ${box.detail}` : "";
  const sums = sumsOf(picture, box.parts[0].key);
  const lines = [
    flow("From", [
      ...into.map((line) => [partName(picture, line.source), lineAmount(line)]),
      sums?.into,
    ]),
    flow("To", [
      ...out.map((line) => [partName(picture, line.target), lineAmount(line)]),
      sums?.out,
    ]),
  ];
  const told = box.told.join(" ");
  return [
    make("p", {}, title, detail, through(sums)),
    ...lines,
    told ? make("p", { dir: "auto" }, told) : null,
  ].filter((line) => line !== null);
}

/** @param {ReturnType<typeof sumsOf>} sums */
function through(sums) {
  if (!sums || sums.through === null) return "";
  const own =
    sums.own && sums.own !== sums.through ? `, of which it brings ${showAmount(sums.own)}` : "";
  return ` · through it ${showAmount(sums.through)} ${sums.unit}${own}`;
}

/**
 * @param {string} label
 * @param {(string[] | null | undefined)[]} ends  each with how much runs there
 */
function flow(label, ends) {
  const there = ends.filter((end) => end !== null && end !== undefined);
  if (!there.length) return null;
  const said = there.flatMap(([end, size], at) => [
    at ? ", " : "",
    end,
    " ",
    make("span", { class: size.startsWith("−") ? "opposes" : "supports" }, size),
  ]);
  return make("p", {}, `${label} `, ...said);
}

/** @param {Graph} graph @param {number[]} focus */
function selection(graph, focus) {
  if (focus.length > 1) {
    const scores = describeScores(graph, focus);
    const said = scores && `, ${scores}`;
    return [make("p", {}, `${count(focus.length, "node")} selected${said}.`)];
  }
  const [node] = focus;
  const title = make("strong", { dir: "auto" }, titleOf(graph, node));
  const effect = describeEffect(graph, node);
  return [make("p", {}, title, ` · ${placeOf(graph, node)}`), make("p", {}, effect ?? "")];
}

/**
 * The part or the box whose nodes are the selection.
 * @param {Graph} graph
 * @param {State} state
 * @param {Circuit} circuit
 */
function partChosen(graph, state, circuit) {
  const focus = focusOf(graph, state);
  const same = (/** @type {number[]} */ nodes) => focus.length > 0 && isSet(nodes, focus);
  for (const box of circuit.picture.boxes) {
    if (same(nodesIn(box))) return box.key;
    const part = box.parts.find((one) => same(one.nodes));
    if (part) return part.key;
  }
  return null;
}

/** @param {Graph} graph @param {State} state @param {Circuit} circuit */
function chosenBox(graph, state, circuit) {
  const key = partChosen(graph, state, circuit);
  return key === null ? undefined : circuit.canvas.boxOf(key);
}
