// Names and shares, as a reader meets them.
import assert from "node:assert/strict";
import { test } from "node:test";
import { boxName, signedShare } from "../../assets/viewer/circuit/words.js";

test("a share says which way it works, with a true minus", () => {
  assert.equal(signedShare(0.4), "+40\u00a0%");
  assert.equal(signedShare(-0.004), "−0.4\u00a0%");
});

test("a box is called what it is", () => {
  const called = (kind, side) => boxName({ kind, name: "Rome", parts: [] }, { side });
  assert.equal(called("word"), "the word “Rome”");
  assert.equal(called("answer"), "the answer “Rome”");
  assert.equal(called("group"), "“Rome”");
  assert.equal(called("group", "supports"), "“Rome”, supporting half");
  assert.equal(called("group", "opposes"), "“Rome”, opposing half");
});
