// The one state of the viewer: what is chosen, never what is drawn. Each action names what a
// person did.

import { FRESH, edited, redone, undone } from "./history.js";

/** @typedef {import("../graph/graph.js").Graph} Graph */

/**
 * @typedef {"either" | "in" | "out" | "both"} Ends  those at it, into it, out of it, or within it
 * @typedef {"few" | "usual" | "many" | "all"} Density
 *
 * @typedef {object} State
 * @property {number} clicked  the selected node, or −1
 * @property {number[]} pinned  sorted
 * @property {number} threshold  nodes beyond this share of influence are hidden; 1 hides none
 * @property {readonly boolean[]} kinds  which kinds of node are shown
 * @property {number} weight  weaker lines are hidden: least strength as a share of the strongest
 * @property {-1 | 0 | 1} sign  only weakening lines, all, or only strengthening ones
 * @property {string} query
 * @property {boolean} fade  whether features that stand in most graphs stand back
 * @property {Ends} ends  which lines of the selection are drawn
 * @property {Density} density  how many lines are
 * @property {boolean} everyLink  all lines of the selection, in place of the strongest
 * @property {readonly string[]} openCells  folded cells that were opened
 * @property {string | null} openBox  the circuit's box whose members are shown
 * @property {import("./history.js").History} edits  what a reader changed, and what can be undone
 *
 * @typedef {{type: "select", node: number}
 *   | {type: "clear"}
 *   | {type: "pin", node: number}
 *   | {type: "show", nodes: number[]}
 *   | {type: "prune", threshold: number}
 *   | {type: "toggle-kind", kind: number}
 *   | {type: "thin", weight: number}
 *   | {type: "keep-sign", sign: -1 | 0 | 1}
 *   | {type: "search", query: string}
 *   | {type: "fade", on: boolean}
 *   | {type: "toggle-links"}
 *   | {type: "lines", ends?: Ends, density?: Density}
 *   | {type: "toggle-cell", cell: string}
 *   | {type: "restore", state: State}
 *   | {type: "edit", edit: import("./work.js").Edit}
 *   | {type: "open-box", box: string | null}
 *   | {type: "resume", edits: import("./history.js").History}
 *   | {type: "undo"}
 *   | {type: "redo"}
 *   | {type: "reset"}} Action
 *
 * @typedef {(state: State, previous: State) => void} Listener
 */

/**
 * @param {Graph} graph
 * @returns {State}
 */
export const initialState = (graph) => ({
  clicked: -1,
  pinned: graph.pins,
  threshold: 1,
  kinds: [true, true, true, true],
  weight: 0,
  sign: 0,
  query: "",
  fade: false,
  ends: "either",
  density: "usual",
  everyLink: false,
  openCells: [],
  openBox: null,
  edits: FRESH,
});

/**
 * @param {Graph} graph
 * @param {State} state
 * @param {Action} action
 * @returns {State}
 */
export function reduce(graph, state, action) {
  switch (action.type) {
    case "select":
      return { ...state, clicked: action.node, everyLink: false };
    case "clear": // first the selection, then what was pinned and sought
      return state.clicked >= 0
        ? { ...state, clicked: -1, everyLink: false }
        : { ...state, pinned: graph.pins, query: "" };
    case "pin":
      return withEdits(graph, state, edited(state.edits, pinning(graph, state, action.node)));
    case "show":
      return action.nodes.length === 1
        ? { ...state, clicked: action.nodes[0], everyLink: false }
        : { ...state, clicked: -1, pinned: sortedOnce(action.nodes), everyLink: false };
    case "prune":
      return { ...state, threshold: action.threshold };
    case "toggle-kind":
      return { ...state, kinds: state.kinds.map((on, kind) => (kind === action.kind ? !on : on)) };
    case "thin":
      return { ...state, weight: action.weight };
    case "keep-sign":
      return { ...state, sign: action.sign };
    case "search":
      return { ...state, query: action.query };
    case "fade":
      return { ...state, fade: action.on };
    case "toggle-links":
      return { ...state, everyLink: !state.everyLink };
    case "lines":
      return {
        ...state,
        ends: action.ends ?? state.ends,
        density: action.density ?? state.density,
      };
    case "toggle-cell":
      return { ...state, openCells: toggled(state.openCells, action.cell) };
    case "open-box":
      return { ...state, openBox: action.box };
    case "edit":
      return withEdits(graph, state, edited(state.edits, action.edit));
    case "resume":
      return withEdits(graph, state, action.edits);
    case "undo":
      return withEdits(graph, state, undone(state.edits));
    case "redo":
      return withEdits(graph, state, redone(state.edits));
    case "restore": // an address older than the last edit does not take it back
      return { ...action.state, edits: state.edits };
    case "reset":
      return { ...initialState(graph), edits: state.edits };
  }
}

/**
 * @param {Graph} graph
 * @param {State} state
 * @param {number} node
 * @returns {import("./work.js").Edit}
 */
const pinning = (graph, state, node) => ({
  edit: "pin",
  id: graph.ids[node],
  on: !state.pinned.includes(node),
});

/**
 * What was pinned or unpinned on the way is so in the view, too.
 * @param {Graph} graph
 * @param {State} state
 * @param {import("./history.js").History} edits
 * @returns {State}
 */
function withEdits(graph, state, edits) {
  const [before, after] = [state.edits.work.pins, edits.work.pins];
  if (before === after) return { ...state, edits };
  const pinned = new Set(state.pinned);
  for (const id of new Set([...Object.keys(before), ...Object.keys(after)])) {
    const node = graph.indexOf.get(id);
    if (node === undefined || before[id] === after[id]) continue;
    if (after[id] ?? graph.pins.includes(node)) pinned.add(node);
    else pinned.delete(node);
  }
  return {
    ...state,
    edits,
    pinned: sameNodes(sortedOnce([...pinned]), graph.pins) ? graph.pins : sortedOnce([...pinned]),
  };
}

/**
 * @template T
 * @param {readonly T[]} list
 * @param {T} item
 * @returns {T[]}
 */
const toggled = (list, item) =>
  list.includes(item) ? list.filter((one) => one !== item) : [...list, item];

/** @param {number[]} nodes */
const sortedOnce = (nodes) => [...new Set(nodes)].sort((a, b) => a - b);

/**
 * The nodes that the panels speak of: the selected one, or pins that somebody chose; the graph's
 * own pins, which are always the same array, are only marked.
 * @param {Graph} graph
 * @param {State} state
 * @returns {number[]}
 */
export function focusOf(graph, state) {
  if (state.clicked >= 0) return [state.clicked];
  return state.pinned === graph.pins ? [] : state.pinned;
}

/**
 * Whether a change leaves what is spoken of and what a reader made as they were; no for the first
 * state, of which a listener hears twice.
 * @param {State} state
 * @param {State} previous
 */
export const leavesFocus = (state, previous) =>
  state !== previous &&
  state.clicked === previous.clicked &&
  state.pinned === previous.pinned &&
  state.openBox === previous.openBox &&
  state.edits === previous.edits;

/**
 * @param {readonly number[]} a
 * @param {readonly number[]} b
 */
export const sameNodes = (a, b) => a.length === b.length && a.every((node, at) => node === b[at]);

/**
 * Whether nodes in any order are these.
 * @param {readonly number[]} nodes
 * @param {readonly number[]} sorted
 */
export const isSet = (nodes, sorted) =>
  nodes.length === sorted.length &&
  sameNodes(
    [...nodes].sort((a, b) => a - b),
    sorted,
  );

/**
 * Holds the state; listeners hear of each change at once, so that the work is done while the
 * browser waits for its next frame.
 * @param {Graph} graph
 * @param {State} first
 */
export function createStore(graph, first) {
  let state = first;
  /** @type {Listener[]} */
  const listeners = [];
  return {
    get state() {
      return state;
    },
    /** @param {Action} action */
    dispatch(action) {
      const previous = state;
      state = reduce(graph, state, action);
      for (const listener of listeners) listener(state, previous);
    },
    /** @param {Listener} listener */
    subscribe(listener) {
      listeners.push(listener);
      listener(state, state);
    },
  };
}

/** @typedef {ReturnType<typeof createStore>} Store */
