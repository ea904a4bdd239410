// What differs between two texts, and the patch that git takes.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { patchOf, patchText as written, shownLines } from "../../assets/viewer/editing/diff.js";

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

test("git makes a new file of a patch", () => {
  const folder = mkdtempSync(join(tmpdir(), "patch-"));
  try {
    const input = patchText("site_src/graph.yaml", null, "revision: 1\n");
    execFileSync("git", ["apply", "-"], { cwd: folder, input });
    assert.equal(readFileSync(join(folder, "site_src/graph.yaml"), "utf8"), "revision: 1\n");
  } finally {
    rmSync(folder, { recursive: true });
  }
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

const shown = (before, after) =>
  shownLines(patchOf("graph.yaml", before, after), before ?? "").map((line) => line.text);

for (const [before, after, wanted] of [
  [null, "a\nb\n", ["+ a", "+ b"]],
  ["a\n", "a\nb", ["  a", "+ b"]],
  ["a", "a\n", ["- a", "+ a"]],
  ["a\r\nb \r\n", "a\r\nc \r\n", ["  a", "- b ", "+ c "]],
  ["1\n2\n3\n4\n5\n", "1\n2\nx\n4\n5\n", ["  1", "  2", "- 3", "+ x", "  4", "  5"]],
  ["0\n1\n2\n3\n4\n5\n\n", "0\n1\n2\n4\n5\n\n", ["⋯", "  1", "  2", "- 3", "  4", "  5", "⋯"]],
  [
    "a\n1\n2\n3\n4\n5\nb",
    "1\n2\n3\n4\n5\nc",
    ["- a", "  1", "  2", "⋯", "  4", "  5", "- b", "+ c"],
  ],
]) {
  test(`${JSON.stringify(before)} becomes ${JSON.stringify(after)}, shown with two lines around`, () =>
    assert.deepEqual(shown(before, after), wanted));
}

test("lines that go, come and stay are told apart", () => {
  const kinds = shownLines(patchOf("x", "a\nb\n", "a\nc\n"), "a\nb\n").map((line) => line.kind);
  assert.deepEqual(kinds, ["same", "removed", "added"]);
});

test("changes at both ends of a long file are shown at once", () => {
  const middle = Array.from({ length: 6000 }, (_, at) => `  "${at}_5": {text: some name}\n`).join(
    "",
  );
  const begun = performance.now();
  const found = shown(`a\n${middle}b\n`, `c\n${middle}d\n`);
  assert.ok(performance.now() - begun < 1000);
  assert.equal(found.filter((line) => line === "⋯").length, 1);
});
