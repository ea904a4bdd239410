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
