// How many of a node's links are drawn, and which.
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  AT_REST,
  ON_HOVER,
  STRONGEST,
  hoverLinks,
  linksAtRest,
  linksOfFocus,
} from "../../assets/viewer/link_graph/drawn_links.js";
import { smallGraph } from "./small_graph.mjs";

const MANY = 400;
const all = () => true;
const usual = { ends: "either", density: "usual", everyLink: false };

/** A node with many inputs, of which each carries more than the one before it. */
function star() {
  const numbers = Array.from({ length: MANY }, (_, at) => at);
  return {
    flow: numbers.map((at) => (at + 1) / MANY),
    links: {
      source: numbers,
      target: numbers.map(() => MANY),
      weight: numbers.map(() => 1),
      inputStart: [...numbers.map(() => 0), 0, MANY],
      outputStart: [...numbers, MANY, MANY],
      outputs: numbers,
    },
  };
}

const strongest = (amount) => Array.from({ length: amount }, (_, at) => MANY - 1 - at);

test("a selection shows its strongest links and how many are left out", () => {
  const { links, more } = linksOfFocus(star(), [MANY], all, usual);
  assert.deepEqual(links, strongest(STRONGEST));
  assert.equal(more, MANY - STRONGEST);
});

test("or every link, when a reader asks", () => {
  const { links, more } = linksOfFocus(star(), [MANY], all, { ...usual, everyLink: true });
  assert.deepEqual(links, strongest(MANY));
  assert.equal(more, 0);
});

test("a node under the pointer shows fewer", () => {
  assert.deepEqual(hoverLinks(star(), MANY, all), strongest(ON_HOVER));
  assert.ok(ON_HOVER < STRONGEST);
});

test("with nothing selected, the strongest of the whole graph are drawn", () => {
  assert.deepEqual(linksAtRest(star(), all, "usual"), strongest(AT_REST));
});

test("links that may not be drawn make room for others", () => {
  const even = (link) => link % 2 === 0;
  const { links, more } = linksOfFocus(star(), [MANY], even, usual);
  assert.equal(links.length, STRONGEST);
  assert.ok(links.every(even));
  assert.equal(more, MANY / 2 - STRONGEST);
});

test("a density draws fewer or more, of a selection and at rest", () => {
  const few = linksOfFocus(star(), [MANY], all, { ...usual, density: "few" });
  assert.deepEqual(few.links, strongest(STRONGEST / 4));
  assert.equal(few.more, MANY - STRONGEST / 4);
  assert.deepEqual(linksAtRest(star(), all, "all"), strongest(MANY));
});

test("lines into the selection, out of it, or among the selected", () => {
  const graph = smallGraph(); // 0, 1 -> 2; 1 -> 3; 2, 3 -> 4; 3 -> 6; 4 -> 5
  const drawn = (ends) =>
    linksOfFocus(graph, [3, 4], all, { ...usual, ends })
      .links.map((link) => `${graph.links.source[link]}-${graph.links.target[link]}`)
      .sort();
  assert.deepEqual(drawn("in"), ["1-3", "2-4", "3-4"]);
  assert.deepEqual(drawn("out"), ["3-4", "3-6", "4-5"]);
  assert.deepEqual(drawn("both"), ["3-4"]);
  assert.deepEqual(drawn("either"), ["1-3", "2-4", "3-4", "3-6", "4-5"]);
});
