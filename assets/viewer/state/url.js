// The state in the page's address, in the names that other viewers of such graphs use. What is at
// its default is left out. A selection makes a step that Back undoes; everything else replaces.
import { nodesOf, nodesOfAll } from "../graph/node_names.js";
import { initialState } from "./state.js";
import { KINDS } from "./visibility.js";
import { nextFrame } from "../page/dom.js";

/** @typedef {import("../graph/graph.js").Graph} Graph */
/** @typedef {import("./state.js").State} State */

const NAMES = [
  "pinnedIds",
  "clickedId",
  "pruningThreshold",
  "q",
  "kinds",
  "weight",
  "sign",
  "fade",
  "linkType",
  "density",
];

/** As other viewers call them. @type {Map<string, State["ends"]>} */
const ENDS = new Map([
  ["input", "in"],
  ["output", "out"],
  ["both", "both"],
]);

/** @type {State["density"][]} */
const DENSITIES = ["few", "many", "all"];

/** @type {Map<string, -1 | 1>} */
const SIGNS = new Map([
  ["strengthens", 1],
  ["weakens", -1],
]);

/**
 * @param {Graph} graph
 * @param {string} query
 * @returns {State}
 */
export function readState(graph, query) {
  const given = new URLSearchParams(query);
  const state = { ...initialState(graph) };
  const pins = given.get("pinnedIds");
  if (pins !== null) state.pinned = nodesFrom(graph, pins.split(","));
  state.clicked = nodesOf(graph, given.get("clickedId") ?? "")[0] ?? -1;
  const threshold = Number(given.get("pruningThreshold") ?? 1);
  if (threshold >= 0 && threshold <= 1) state.threshold = threshold;
  const weight = Number(given.get("weight") ?? 0);
  if (weight >= 0 && weight <= 1) state.weight = weight;
  state.sign = SIGNS.get(given.get("sign") ?? "") ?? 0;
  state.query = given.get("q") ?? "";
  state.fade = graph.examples.pages && given.get("fade") === "general";
  state.ends = ENDS.get(given.get("linkType") ?? "") ?? "either";
  state.density = DENSITIES.find((one) => one === given.get("density")) ?? "usual";
  const kinds = given.get("kinds")?.split(",");
  if (kinds?.some((kind) => KINDS.includes(kind)))
    state.kinds = KINDS.map((kind) => kinds.includes(kind));
  return state;
}

/**
 * @param {Graph} graph
 * @param {Iterable<string>} ids
 * @returns {number[]}  the nodes that this graph has, sorted
 */
export function nodesFrom(graph, ids) {
  return nodesOfAll(graph, ids).sort((a, b) => a - b);
}

/**
 * @param {Graph} graph
 * @param {State} state
 * @param {string} query  the present one, whose other parameters stay
 * @param {(given: URLSearchParams) => void} write  puts edits in
 * @returns {string}
 */
function writeState(graph, state, query, write) {
  const given = new URLSearchParams(query);
  for (const name of NAMES) given.delete(name);
  if (state.pinned !== graph.pins) {
    given.set("pinnedIds", state.pinned.map((node) => graph.ids[node]).join(","));
  }
  if (state.clicked >= 0) given.set("clickedId", graph.ids[state.clicked]);
  if (state.threshold < 1) given.set("pruningThreshold", String(state.threshold));
  if (state.query) given.set("q", state.query);
  if (state.fade) given.set("fade", "general");
  if (state.weight > 0) given.set("weight", String(state.weight));
  for (const [name, sign] of SIGNS) if (state.sign === sign) given.set("sign", name);
  for (const [name, ends] of ENDS) if (state.ends === ends) given.set("linkType", name);
  if (state.density !== "usual") given.set("density", state.density);
  if (!state.kinds.every(Boolean)) {
    given.set("kinds", KINDS.filter((_, kind) => state.kinds[kind]).join(","));
  }
  write(given);
  const text = given.toString();
  return text ? `?${text}` : "";
}

/**
 * Keeps address and state in step.
 * @param {Graph} graph
 * @param {import("./state.js").Store} store
 * @param {(given: URLSearchParams) => void} write  puts edits in
 */
export function followAddress(graph, store, write) {
  let query = location.search;
  store.subscribe((state, previous) => {
    const next = writeState(graph, state, query, write);
    if (next === query) return;
    query = next;
    const step = state.clicked !== previous.clicked || isStep(state, previous);
    intend(location.pathname + query + location.hash, step);
  });
  addEventListener("pagehide", carryOut);
  addEventListener("popstate", () => {
    intended.length = 0;
    query = location.search;
    store.dispatch({ type: "restore", state: readState(graph, query) });
  });
}

/**
 * Showing a set of nodes from the write-up changes the pins at one stroke; pinning one node does
 * not count as a step.
 * @param {State} state
 * @param {State} previous
 */
const isStep = (state, previous) =>
  state.pinned.filter((node) => !previous.pinned.includes(node)).length > 1;

/** @type {{address: string, step: boolean}[]} */
const intended = [];

/**
 * Changing the address takes longer than drawing a selection, so a step waits until that is
 * painted. Browsers refuse many changes in a short time, and a slider makes many.
 * @param {string} address
 * @param {boolean} step
 */
function intend(address, step) {
  const last = intended.at(-1);
  if (last && !step) last.address = address;
  else intended.push({ address, step });
  if (step) nextFrame(carryOut);
  else setTimeout(carryOut, 150);
}

function carryOut() {
  if (location.protocol === "about:") return; // inside a notebook a page has no address
  for (const { address, step } of intended.splice(0)) {
    if (step) history.pushState(null, "", address);
    else history.replaceState(null, "", address);
  }
}
