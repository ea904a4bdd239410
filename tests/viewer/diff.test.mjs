// What differs between two texts, and the patch that git takes.
import assert from "node:assert/strict";
import { test } from "node:test";
import { patchOf, patchText as written } from "../../assets/viewer/editing/diff.js";

const patchText = (file, before, after) => written(patchOf(file, before, after));

const lines = (...all) => all.map((one) => `${one}\n`).join("");

test("a changed line goes before it comes, among two lines that stay", () => {
  const [before, after] = [
    lines("a", "b", "c", "d", "e", "f"),
    lines("a", "b", "c", "D", "e", "f"),
  ];
  assert.equal(
    patchText("graph.yaml", before, after),
    lines(
      "--- a/graph.yaml",
      "+++ b/graph.yaml",
      "@@ -2,5 +2,5 @@",
      " b",
      " c",
      "-d",
      "+D",
      " e",
      " f",
    ),
  );
});

test("a new file comes from nowhere", () => {
  const patch = patchText("new.yaml", null, lines("a", "b"));
  assert.equal(patch, lines("--- /dev/null", "+++ b/new.yaml", "@@ -0,0 +1,2 @@", "+a", "+b"));
});

test("a file emptied", () => {
  assert.equal(
    patchText("x", lines("a"), ""),
    lines("--- a/x", "+++ b/x", "@@ -1,1 +0,0 @@", "-a"),
  );
});

test("a last line without an end is said to have none", () => {
  const none = "\\ No newline at end of file";
  assert.equal(
    patchText("x", "a\nb", "a\nc\n"),
    lines("--- a/x", "+++ b/x", "@@ -1,2 +1,2 @@", " a", "-b", none, "+c"),
  );
});

test("changes far apart are two pieces, near ones are one", () => {
  const before = Array.from({ length: 30 }, (_, at) => `line ${at}`);
  const changed = (...at) => lines(...before.map((one, k) => (at.includes(k) ? "other" : one)));
  const pieces = (text) => text.match(/^@@/gm).length;
  assert.equal(pieces(patchText("x", lines(...before), changed(3, 20))), 2);
  assert.equal(pieces(patchText("x", lines(...before), changed(3, 6))), 1);
});

test("what is equal has no rows that go or come", () => {
  const text = lines("a", "a", "b");
  assert.deepEqual(patchOf("x", text, text).hunks, []);
});
