// Unsent edits in the browser's own storage, so that they outlast a reload.
import { FRESH } from "../state/history.js";
import { NO_WORK } from "../state/work.js";

/** @typedef {import("../state/history.js").History} History */
/** @typedef {import("../state/work.js").Work} Work */

const KEPT_STEPS = 30;

/** @param {string} slug @param {number} revision */
export const storageKey = (slug, revision) =>
  `tracer edits ${location.pathname} ${slug} ${revision}`;

/**
 * What was kept, or nothing where there is none or it cannot be read.
 * @param {string} key
 * @returns {History}
 */
export function loadEdits(key) {
  try {
    const kept = JSON.parse(localStorage.getItem(key) ?? "null");
    if (!kept) return FRESH;
    const past = Array.isArray(kept.past) ? kept.past.map(asWork) : [];
    return { work: asWork(kept.work), past, future: [] };
  } catch {
    return FRESH;
  }
}

/**
 * @param {string} key
 * @param {History} history
 * @returns {boolean}  whether the browser keeps it
 */
export function saveEdits(key, { work, past }) {
  try {
    if (isNothing(work) && !past.length) localStorage.removeItem(key);
    else localStorage.setItem(key, JSON.stringify({ work, past: past.slice(-KEPT_STEPS) }));
    return true;
  } catch {
    return false;
  }
}

/** @param {any} kept @returns {Work} */
function asWork(kept) {
  const work = { ...NO_WORK };
  for (const name of /** @type {const} */ (["labels", "groups", "pins", "moved"])) {
    if (kept?.[name] && typeof kept[name] === "object") work[name] = kept[name];
  }
  if (Array.isArray(kept?.hidden)) work.hidden = kept.hidden.map(String);
  return work;
}

/** @param {Work} work */
export const isNothing = (work) =>
  !work.hidden.length &&
  [work.labels, work.groups, work.pins, work.moved].every((part) => !Object.keys(part).length);
