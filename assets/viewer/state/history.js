// Edits and the way back through them. Pure.
import { NO_WORK, change } from "./work.js";

/** @typedef {import("./work.js").Work} Work */
/** @typedef {{work: Work, past: readonly Work[], future: readonly Work[]}} History */

const LONGEST = 100;

/** @type {History} */
export const FRESH = Object.freeze({ work: NO_WORK, past: [], future: [] });

/**
 * @param {History} history
 * @param {import("./work.js").Edit} edit
 * @returns {History}
 */
export const edited = ({ work, past }, edit) => ({
  work: change(work, edit),
  past: [...past, work].slice(-LONGEST),
  future: [],
});

/** @param {History} history @returns {History} */
export const undone = ({ work, past, future }) =>
  past.length
    ? { work: past[past.length - 1], past: past.slice(0, -1), future: [work, ...future] }
    : { work, past, future };

/** @param {History} history @returns {History} */
export const redone = ({ work, past, future }) =>
  future.length
    ? { work: future[0], past: [...past, work], future: future.slice(1) }
    : { work, past, future };
