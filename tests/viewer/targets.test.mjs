// What a pointer hits on the link graph.
import assert from "node:assert/strict";
import { test } from "node:test";
import { makeTargets } from "../../assets/viewer/link_graph/targets.js";

const GRID = { answers: [{ node: 4, x: 100, y: 0, width: 60, height: 30 }] };
const PLACES = {
  x: Float32Array.of(10, 40, 40, 200, 130),
  y: Float32Array.of(100, 100, 100, 100, 30),
  radius: Float32Array.of(3, 4, 0, 3, 0), // node 2 is in a fold
  folds: [{ cell: "1,0", x: 70, y: 100, hidden: 1 }],
};
const all = makeTargets(GRID, PLACES, Uint8Array.of(1, 1, 1, 1, 1));

test("the nearest node within reach, and none beyond it", () => {
  assert.equal(all(22, 100, 14), 0);
  assert.equal(all(27, 100, 14), 1);
  assert.equal(all(10, 120, 14), null);
  assert.equal(all(10, 120, 24), 0);
});

test("an answer's box and a fold's key come before the nodes near them", () => {
  assert.equal(all(101, 29, 14), 4);
  assert.equal(all(57, 100, 24), "1,0");
  assert.equal(all(57, 110, 24), 1);
});

test("what is not shown cannot be hit", () => {
  const some = makeTargets(GRID, PLACES, Uint8Array.of(0, 1, 1, 1, 0));
  assert.equal(some(10, 100, 14), null);
  assert.equal(some(130, 15, 14), null);
});
