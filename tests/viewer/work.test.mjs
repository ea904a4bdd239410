// A reader's names and groups: put into annotations, counted, and carried in an address.
import assert from "node:assert/strict";
import { test } from "node:test";
import { amount, combined, renamed, unsent } from "../../assets/viewer/editing/annotations.js";
import {
  LONGEST,
  describeLeft,
  readWork,
  writeShortWork,
  writeWork,
} from "../../assets/viewer/editing/work_address.js";
import { NO_WORK, change } from "../../assets/viewer/state/work.js";
import { smallGraph } from "./small_graph.mjs";

const WRITTEN = {
  labels: { "0_7": { text: "Italy", by: "ann", confidence: "high" } },
  groups: { italy: { name: "Italy", nodes: ["0_7_1", "0_8_1"], by: "ann" } },
  pins: ["1_9_1", "group:italy"],
};

test("what nobody touched stays the same object", () => {
  const after = combined(smallGraph(), WRITTEN, {
    ...NO_WORK,
    labels: { "0_7": { confidence: "high", by: "ann", text: "Italy" }, "0_8": { text: "new" } },
  });
  assert.equal(after.labels["0_7"], WRITTEN.labels["0_7"]);
  assert.deepEqual(after.labels["0_8"], { text: "new" });
  assert.equal(after.groups.italy, WRITTEN.groups.italy);
});

test("a group that is taken away takes its pin along", () => {
  const after = combined(smallGraph(), WRITTEN, { ...NO_WORK, groups: { italy: null } });
  assert.deepEqual(after, { labels: WRITTEN.labels, groups: {}, pins: ["1_9_1"] });
});

test("pins change by node, and a pin that is there already is no change", () => {
  const graph = smallGraph();
  const only = { ...WRITTEN, pins: ["1_9_1"] };
  const pins = (made) => combined(graph, only, { ...NO_WORK, pins: made }).pins;
  assert.deepEqual(pins({ "1_9_1": true }), ["1_9_1"]);
  assert.deepEqual(pins({ "0_7_1": true }), ["1_9_1", "0_7_1"]);
  assert.deepEqual(pins({ "1_9_1": false }), []);
  assert.deepEqual(pins({ gone: true }), ["1_9_1"]);
});

test("work that the annotations say already is sent", () => {
  const work = {
    ...NO_WORK,
    labels: { "0_7": { ...WRITTEN.labels["0_7"] }, "0_8": null, "1_9": { text: "x" } },
    pins: { "1_9_1": true, "0_7_1": true },
  };
  const left = unsent(smallGraph(), WRITTEN, work);
  assert.deepEqual([left.labels, left.pins], [{ "1_9": { text: "x" } }, { "0_7_1": true }]);
  assert.equal(amount(left), 2);
});

test("the graph reads with the annotations, members sorted and in the order of the list", () => {
  const graph = smallGraph();
  const after = {
    labels: { "0_8": { text: "France" } },
    groups: { both: { name: "Both", nodes: ["0_8_1", "0_7_1"] } },
    pins: [],
  };
  const { labels, groups, groupsOf } = renamed(graph, WRITTEN, after);
  assert.deepEqual(labels.slice(2, 4), [null, "France"]);
  assert.deepEqual(
    [groups[0].members, groups[0].listed],
    [
      [2, 3],
      [3, 2],
    ],
  );
  assert.deepEqual(
    groupsOf.map((one) => one.length),
    [0, 0, 1, 1, 0, 0, 0],
  );
});

test("each edit is one change and leaves the work before it as it was", () => {
  const edits = [
    { edit: "label", key: "0_7", label: null },
    { edit: "hide", ids: ["a", "b", "a"] },
    { edit: "unhide", ids: ["a"] },
    { edit: "move", box: "wide x", by: [1, 2] },
    { edit: "put-back" },
  ];
  const work = edits.reduce(change, NO_WORK);
  assert.deepEqual(work, { ...NO_WORK, labels: { "0_7": null }, hidden: ["b"] });
  assert.deepEqual(NO_WORK, { labels: {}, groups: {}, pins: {}, hidden: [], moved: {} });
});

test("an address carries work there and back", () => {
  const graph = smallGraph();
  const given = new URLSearchParams("clickedId=0_7_1");
  const work = { ...NO_WORK, labels: { "0_7": { text: "a & b" } }, hidden: ["0_8_1"] };
  writeWork(given, graph, work);
  assert.equal(given.get("v"), "1");
  const { work: back, left } = readWork(graph, WRITTEN, given.toString());
  assert.deepEqual([back, left], [work, []]);
});

test("groups of an address of ours are all there are; of another's, some", () => {
  const rows = encodeURIComponent(JSON.stringify([["Mine", "1_9_1"]]));
  const groups = (mark) => readWork(smallGraph(), WRITTEN, `supernodes=${rows}${mark}`).work.groups;
  assert.deepEqual(Object.values(groups("&v=1")), [{ name: "Mine", nodes: ["1_9_1"] }, null]);
  assert.deepEqual(Object.values(groups("")), [{ name: "Mine", nodes: ["1_9_1"] }]);
});

test("what the graph has not is left out and told on one line", () => {
  const query = "clickedId=9_9_9&hide=0_7_1,x,y,z&clerps={";
  const { work, left } = readWork(smallGraph(), WRITTEN, query);
  assert.deepEqual(work.hidden, ["0_7_1"]);
  assert.deepEqual(left, ["clerps, which cannot be read", "x", "y", "z", "9_9_9"]);
  assert.match(describeLeft(left), /: clerps, which cannot be read, x, y and 2 more\.$/);
  assert.equal(describeLeft([]), "");
});

test("work that makes an address too long stays out of it", () => {
  const given = new URLSearchParams("q=a");
  const long = { ...NO_WORK, labels: { "0_7": { text: "x".repeat(LONGEST) } } };
  writeShortWork(given, smallGraph(), long);
  assert.equal(given.toString(), "q=a");
});
