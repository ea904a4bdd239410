// How annotations are written into a YAML file. That any edit of any file is read back is tested
// with Python's reader, in tests/browser/test_proposal.py.
import assert from "node:assert/strict";
import { test } from "node:test";
import { combined } from "../../assets/viewer/editing/annotations.js";
import { proposedText } from "../../assets/viewer/editing/proposal.js";
import { apply, list, quoted, scalar } from "../../assets/viewer/editing/yaml_text.js";
import { NO_WORK } from "../../assets/viewer/state/work.js";
import { smallGraph } from "./small_graph.mjs";

const NOTHING = { labels: {}, groups: {}, pins: [] };

test("a graph without annotations gets a file", () => {
  const work = {
    ...NO_WORK,
    labels: { "1_2": { text: "it: is", by: "ann" } },
    groups: { a: { name: "A", nodes: ["1_2_3", "4_5"] } },
  };
  const wanted = { ...combined(smallGraph(), NOTHING, work), pins: ["1_2_3"] };
  const written = { text: null, tree: null, revision: 3, annotations: NOTHING };
  assert.equal(
    proposedText(written, wanted),
    `revision: 3
labels:
  "1_2": {text: "it: is", by: ann}
groups:
  a: {name: A, nodes: ["1_2_3", "4_5"]}
pins: ["1_2_3"]
`,
  );
});

for (const [text, written] of [
  ["say a city", "say a city"],
  ["a (b) c/d's", "a (b) c/d's"],
  ["yes", '"yes"'],
  ["Null", '"Null"'],
  ["12", '"12"'],
  ["it: is", '"it: is"'],
  ["# none", '"# none"'],
  ["a #b", '"a #b"'],
  [" edge", '" edge"'],
  ["", '""'],
  ['say "a"', '"say \\"a\\""'],
  ["日本", '"日本"'],
  ["a\u2028b\u0085c\ufeff", '"a\\u2028b\\u0085c\\ufeff"'],
  ["half \ud83d", '"half \ufffd"'],
]) {
  test(`the text ${JSON.stringify(text)} as YAML`, () => assert.equal(scalar(text), written));
}

test("ids are quoted, for 1_2 is a number to some readers", () => {
  assert.equal(list(["1_2", "E_3_4"]), '["1_2", "E_3_4"]');
  assert.equal(quoted("1_2"), '"1_2"');
});

test("edits are made at their places, whatever their order", () => {
  const edits = [
    { from: 4, to: 5, text: "E" },
    { from: 0, to: 0, text: ">" },
    { from: 2, to: 2, text: "1" },
    { from: 2, to: 2, text: "2" },
  ];
  assert.equal(apply("abcdef", edits), ">ab12cdEf");
});
