// What differs between two texts, line by line. Pure.
import { FILE_HEADERS_ONLY, formatPatch, structuredPatch } from "../../vendor/diff.js";

/** @typedef {import("../../vendor/diff.js").StructuredPatch} Patch */

const AROUND = 2;

/**
 * Lines that go and come, with those around them.
 * @param {string} file
 * @param {string | null} before  null where the file is new
 * @param {string} after
 * @returns {Patch}
 */
export function patchOf(file, before, after) {
  const from = before === null ? "/dev/null" : `a/${file}`;
  const around = { context: AROUND };
  return structuredPatch(from, `b/${file}`, before ?? "", after, undefined, undefined, around);
}

/**
 * As `git apply` takes it.
 * @param {Patch} patch
 */
export const patchText = (patch) => formatPatch(patch, FILE_HEADERS_ONLY);

const KINDS = /** @type {Record<string, string>} */ ({ "+": "added", "-": "removed", " ": "same" });

/**
 * The patch for a person: its lines, and where those that stay are left out, a gap.
 * @param {Patch} patch
 * @param {string} before
 * @returns {{kind: string, text: string}[]}
 */
export function shownLines({ hunks }, before) {
  const gap = { kind: "gap", text: "⋯" };
  const lines = [];
  let shown = 0;
  for (const hunk of hunks) {
    const start = hunk.oldStart - 1;
    if (start > shown) lines.push(gap);
    shown = start + hunk.oldLines;
    for (const line of hunk.lines) {
      const kind = KINDS[line[0]]; // none where it says that the last line has no end
      if (kind) lines.push({ kind, text: `${line[0]} ${line.slice(1).replace(/\r$/, "")}` });
    }
  }
  if ((before.match(/\n|[^\n]$/g) ?? []).length > shown) lines.push(gap);
  return lines;
}
