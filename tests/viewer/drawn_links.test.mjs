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

const MANY = 400;
const all = () => true;

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
  const { links, more } = linksOfFocus(star(), [MANY], all, false);
  assert.deepEqual(links, strongest(STRONGEST));
  assert.equal(more, MANY - STRONGEST);
});

test("or every link, when a reader asks", () => {
  const { links, more } = linksOfFocus(star(), [MANY], all, true);
  assert.deepEqual(links, strongest(MANY));
  assert.equal(more, 0);
});

test("a node under the pointer shows fewer", () => {
  assert.deepEqual(hoverLinks(star(), MANY, all), strongest(ON_HOVER));
  assert.ok(ON_HOVER < STRONGEST);
});

test("with nothing selected, the strongest of the whole graph are drawn", () => {
  assert.deepEqual(linksAtRest(star(), all), strongest(AT_REST));
});

test("links that may not be drawn make room for others", () => {
  const even = (link) => link % 2 === 0;
  const { links, more } = linksOfFocus(star(), [MANY], even, false);
  assert.equal(links.length, STRONGEST);
  assert.ok(links.every(even));
  assert.equal(more, MANY / 2 - STRONGEST);
});
