// Which lines of the selection are drawn, and how many: fetched when somebody asks.
import { AT_REST, STRONGEST, mostOf } from "./drawn_links.js";
import { make } from "../page/dom.js";

/** @typedef {import("../state/state.js").Store} Store */
/** @typedef {import("../state/state.js").State} State */

/** @type {[State["ends"], string][]} */
const ENDS = [
  ["either", "in and out"],
  ["in", "only in"],
  ["out", "only out"],
  ["both", "only among the selected"],
];

/** @type {State["density"][]} */
const DENSITIES = ["few", "usual", "many", "all"];

/** @param {State["density"]} density */
function amount(density) {
  if (density === "all") return "all";
  return `${mostOf(AT_REST, density)}, of a selection ${mostOf(STRONGEST, density)}`;
}

/** @param {Store} store */
export function makeLineControls(store) {
  const ends = choice(
    "viewer-ends",
    ENDS.map(([, name]) => name),
    (at) => store.dispatch({ type: "lines", ends: ENDS[at][0] }),
  );
  const density = choice("viewer-density", DENSITIES.map(amount), (at) =>
    store.dispatch({ type: "lines", density: DENSITIES[at] }),
  );
  store.subscribe((state) => {
    ends.selectedIndex = ENDS.findIndex(([one]) => one === state.ends);
    density.selectedIndex = DENSITIES.indexOf(state.density);
  });
  return make(
    "div",
    { class: "controls line-controls", id: "viewer-lines" },
    make("div", {}, make("label", { for: ends.id }, "Lines of the selection"), ends),
    make("div", {}, make("label", { for: density.id }, "Strongest lines drawn"), density),
  );
}

/**
 * @param {string} id
 * @param {string[]} names
 * @param {(at: number) => void} choose
 */
function choice(id, names, choose) {
  const select = make(
    "select",
    { id, change: () => choose(select.selectedIndex) },
    ...names.map((name) => make("option", {}, name)),
  );
  return select;
}
