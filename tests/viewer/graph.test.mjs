// The data file as the viewer reads it, and what it computes from it.
import assert from "node:assert/strict";
import { test } from "node:test";
import { strongestPaths } from "../../assets/viewer/graph/paths.js";
import { influenceOf } from "../../assets/viewer/graph/influence.js";
import { throughOf } from "../../assets/viewer/graph/subgraph.js";
import { LINKS, smallGraph } from "./small_graph.mjs";

const close = (found, wanted) =>
  assert.ok(
    found.length === wanted.length && found.every((one, at) => Math.abs(one - wanted[at]) < 1e-12),
    `${[...found]} is not ${wanted}`,
  );

test("links are read as they were written, by target", () => {
  const { source, target, inputStart } = smallGraph().links;
  assert.deepEqual(
    [...source].map((one, at) => [one, target[at]]),
    LINKS.map(([s, t]) => [s, t]),
  );
  assert.deepEqual([...inputStart], [0, 0, 0, 2, 3, 5, 6, 7]);
});

test("weights are as the file has them: how much a link strengthens its target", () => {
  close(smallGraph().links.weight, [3, -1, 2, 4, -4, 1, 2]);
});

test("influence is absolute weight by its share at each target, down from the answers", () => {
  const { importance, flow } = smallGraph();
  close(importance, [0.28125, 0.71875, 0.375, 0.625, 0.75, 0.75, 0.25]);
  close(flow, [0.28125, 0.09375, 0.625, 0.375, 0.375, 0.75, 0.25]);
});

test("an answer without a probability counts as certain", () => {
  const { layers, links } = smallGraph();
  const { importance } = influenceOf(layers, links, [{ node: 6, token: "x", probability: null }]);
  close(importance, [0, 1, 0, 1, 0, 0, 1]);
});

test("the strongest ways lead up to an answer and down to a word", () => {
  const graph = smallGraph();
  assert.deepEqual(strongestPaths(graph, 2), { up: [4, 5], down: [0] });
  assert.deepEqual(strongestPaths(graph, 3), { up: [4, 5], down: [1] });
  assert.deepEqual(strongestPaths(graph, 0).down, []);
});

test("a file of another format or cut short is refused", () => {
  const links = { counts: [1], sources: "", lowest: 0, digits: "", scales: "" };
  assert.throws(() => smallGraph({ format: 1 }), /not a graph this page can read/);
  assert.throws(() => smallGraph({ links }), /may be cut short/);
});

test("what runs through a set counts once what one of it hands to another", () => {
  const graph = smallGraph();
  const run = Float64Array.of(0, 0, 0, 0.25, -0.5, 0.4, 0.3); // of 2 and 3 to 4, and to the answers
  const among = { ...graph, links: { ...graph.links, run } };
  close([throughOf(among, [2]), throughOf(among, [2, 3])], [0.3, 0.1]);
  close([throughOf(among, [2, 4]), throughOf(among, [2, 3, 4])], [0.45, 0.75]);
  const effect = Float64Array.of(0.3, 0, 0.3, -0.2, 0.4, 0, 0);
  run[0] = 0.2; // into 2, which hands 0.25 of its 0.3 to 4
  const byWayOf = { ...among, effect };
  close([throughOf(byWayOf, [0, 4])], [0.3 + 0.4 - (0.2 * 0.25) / 0.3]);
});
