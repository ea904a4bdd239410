// Small graphs in the format of the viewer's data file, for tests of its pure modules.
import { readGraph } from "../../assets/viewer/graph/graph.js";

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const LOWEST = -4;

/**
 * Two tokens, three features, two answers; feature 2 is active below zero. Weights are small whole
 * numbers, so that what follows from them can
 * be written down.
 */
export const LINKS = [
  [0, 2, 3],
  [1, 2, -1],
  [1, 3, 2],
  [2, 4, 4],
  [3, 4, -4],
  [4, 5, 1],
  [3, 6, 2],
];

/** @param {object} [changes] */
export function smallGraph(changes = {}) {
  return readGraph({ ...data(), ...changes }, "https://site.example/graphs/small/graph.json");
}

function data() {
  const size = 7;
  return {
    format: 2,
    meta: {
      slug: "small",
      tokens: [" Rome", " is"],
      noun: "neuron",
      target: " Italian",
      answer: 5,
    },
    nodes: {
      kinds: [2, 2, 0, 0, 0, 3, 3],
      layers: [-1, -1, 0, 0, 1, 2, 2],
      names: [10, 11, 7, 8, 9, 42, 43],
      positions: [0, 1, 1, 1, 1, 1, 1],
      ids: [],
      activation: [null, null, -1.5, 2, 1, null, null],
      influence: [null, null, 0.4, 0.6, 0.2, null, null],
      effect: [null, null, 0.3, -0.2, 0.4, null, null],
      labels: [null, null, "Italy", null, null, null, null],
      bylines: [[2, "ann", "high", null]],
    },
    links: linkColumns(size),
    answers: [
      [5, " Italian", 0.75],
      [6, " French", 0.25],
    ],
    groups: [["italy", "Italy", [2, 3], "ann", null]],
    pins: [4],
    otherNames: { js: "position", jsOdd: [], number: "cantor", numberOdd: [] },
    examples: null,
    ablations: null,
  };
}

/** @param {number} size */
function linkColumns(size) {
  const columns = { counts: [], sources: "", lowest: LOWEST, digits: "", scales: "" };
  for (let node = 0; node < size; node++) {
    const into = LINKS.filter((link) => link[1] === node).sort((a, b) => a[0] - b[0]);
    columns.counts.push(into.length);
    let previous = 0;
    for (const [source, , weight] of into) {
      columns.sources += ALPHABET[source - previous];
      previous = source;
      columns.digits += String(Math.abs(weight) * 1000).padStart(4, "0");
      columns.scales += ALPHABET[(-3 - LOWEST) * 2 + (weight < 0 ? 1 : 0)];
    }
  }
  return columns;
}
