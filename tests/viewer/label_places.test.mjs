// Where names of nodes are written on the link graph.
import assert from "node:assert/strict";
import { test } from "node:test";
import { placeLabels } from "../../assets/viewer/link_graph/label_places.js";

const FRAME = { left: 36, width: 400, height: 300 };
const wish = (node, x, y, width = 60) => ({
  node,
  text: `n${node}`,
  width,
  x,
  y,
  tolerance: Infinity,
});
const placed = (...wishes) =>
  placeLabels(wishes, [], FRAME, 30).map(({ node, anchor }) => [node, anchor]);

test("a name stands to the right of its node, or to the left where there is room", () => {
  assert.deepEqual(placed(wish(0, 100, 50)), [[0, "start"]]);
  assert.deepEqual(placed(wish(0, 380, 50)), [[0, "end"]]);
});

test("no name stands on the numbers of layers", () => {
  assert.deepEqual(placed(wish(0, 100, 50, 57), wish(1, 105, 52, 57)), [
    [0, "start"],
    [1, "end"],
  ]);
  assert.deepEqual(placed(wish(0, 100, 50, 80), wish(1, 105, 52, 80)), [[0, "start"]]);
});

test("a name covers no node where it may not, wherever in its rows the node is", () => {
  const free = { ...wish(0, 110, 50), tolerance: 0 };
  const told = (x, y) => placeLabels([free], [{ x, y }], FRAME, 30).map(({ anchor }) => anchor);
  for (const y of [45, 50, 55]) {
    assert.deepEqual(told(130, y), ["end"]);
    assert.deepEqual(told(60, y), ["start"]);
  }
  for (const y of [20, 44, 56, 80]) assert.deepEqual(told(130, y), ["start"]);
});
