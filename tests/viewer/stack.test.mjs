// Where boxes stand in a picture that was changed.
import assert from "node:assert/strict";
import { test } from "node:test";
import { GAP, stacked } from "../../assets/viewer/circuit/stack.js";
import { smallGraph } from "./small_graph.mjs";

const GRAPH = smallGraph(); // nodes 0, 1 are words; 2, 3 stand in layer 0, and 2 feeds 4 in layer 1
const FACTS = { wordAt: [0, 1] };
const WORD = { ...box("word-0", [0], 20, 300, 80), kind: "word" };
const ANSWER = { ...box("answer", [5], 150, 10, 100), kind: "answer" };

function box(key, nodes, x, y, width) {
  const parts = [{ key, nodes, x, width, side: "" }];
  return { key, kind: "group", name: key, detail: "", x, y, width, height: 50, parts };
}

function picture(groups) {
  const boxes = [WORD, ...groups, ANSWER];
  return { width: 400, height: 360, margin: 10, rowGap: 40, stroke: [1, 9, 0], boxes, lines: [] };
}

/** The picture of `old` groups with `groups` in it, as boxes by key. */
function placed(old, groups) {
  const { boxes, height } = stacked(picture(old), [WORD], groups, ANSWER, GRAPH, FACTS);
  return { height, boxes: Object.fromEntries(boxes.map((one) => [one.key, one])) };
}

test("what stays keeps its place along its row, and the answer stands on top", () => {
  const early = box("early", [2], 60, 200, 120);
  const { boxes, height } = placed([early], [early]);
  assert.equal(boxes.early.x, 60);
  assert.equal(boxes.answer.y, 10);
  assert.equal(boxes.early.y, boxes.answer.y + 50 + 40);
  assert.equal(boxes["word-0"].y, boxes.early.y + 50 + 40);
  assert.equal(height, 360 + boxes["word-0"].y - 300);
});

test("a new box of near layers stands in the same row, beside what is there", () => {
  const early = box("early", [2], 60, 200, 120);
  const { boxes } = placed([early], [early, box("new", [3], 0, 0, 120)]);
  assert.equal(boxes.new.y, boxes.early.y);
  const [left, right] = [boxes.early, boxes.new].sort((a, b) => a.x - b.x);
  assert.ok(left.x + left.width + GAP <= right.x + 0.1);
  assert.equal(boxes.new.parts[0].x, boxes.new.x);
});

test("a new box that a row feeds stands in a row of its own, above it", () => {
  const early = box("early", [2], 60, 200, 120);
  const { boxes } = placed([early], [early, box("late", [4], 0, 0, 120)]);
  assert.ok(boxes.late.y + boxes.late.height + 40 <= boxes.early.y);
  assert.ok(boxes.late.y > boxes.answer.y);
});

test("where a row has no room a new box gets a row, inside the picture", () => {
  const early = box("early", [2], 10, 200, 300);
  const { boxes } = placed([early], [early, box("new", [3], 0, 0, 200)]);
  assert.notEqual(boxes.new.y, boxes.early.y);
  assert.ok(boxes.new.x >= 10 && boxes.new.x + 200 <= 390);
});

test("boxes that have grown move apart", () => {
  const old = [box("one", [2], 10, 200, 100), box("two", [3], 130, 200, 100)];
  const { boxes } = placed(old, [box("one", [2], 10, 200, 160), old[1]]);
  assert.equal(boxes.one.x, 10);
  assert.ok(boxes.one.x + 160 + GAP <= boxes.two.x + 0.1);
  assert.equal(boxes.one.y, boxes.two.y);
});

test("a box of words far apart stands between them", () => {
  const words = [WORD, { ...box("word-1", [1], 300, 300, 80), kind: "word" }];
  const graph = { ...GRAPH, positions: [0, 1, 0, 1, 1, 1, 1] };
  const group = box("both", [2, 3], 0, 0, 100);
  const { boxes } = stacked(picture([]), words, [group], ANSWER, graph, FACTS);
  const both = boxes.find((one) => one.key === "both");
  assert.equal(both.x + 50, (60 + 340) / 2);
});
