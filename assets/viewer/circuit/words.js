// What a circuit's boxes and lines are, in words. Pure.
import { showPercent } from "../graph/text.js";

/** @typedef {import("./picture.js").Box} Box */
/** @typedef {import("./picture.js").Line} Line */
/** @typedef {import("./picture.js").Part} Part */
/** @typedef {import("./picture.js").Picture} Picture */

/** @param {Box} box @param {Part} [part] */
export function boxName(box, part) {
  const name = `“${box.name}”`;
  if (box.kind === "word") return `the word ${name}`;
  if (box.kind === "answer") return `the answer ${name}`;
  if (part?.side === "supports") return `${name}, supporting half`;
  return part?.side === "opposes" ? `${name}, opposing half` : name;
}

/** @param {number} share */
export const signedShare = (share) => `${share < 0 ? "−" : "+"}${showPercent(Math.abs(share))}`;

/**
 * @param {Picture} picture
 * @param {Line} line
 */
export function lineTitle(picture, { source, target, share }) {
  const way = share < 0 ? "against the answer" : "for the answer";
  const ends = `${partName(picture, source)} to ${partName(picture, target)}`;
  return `${ends}: ${way}, ${showPercent(Math.abs(share))} of what reaches the answer`;
}

/** @param {Picture} picture @param {string} key */
export function partName(picture, key) {
  for (const box of picture.boxes) {
    const part = box.parts.find((one) => one.key === key);
    if (part) return boxName(box, part);
  }
  return key;
}

/**
 * The lines into and out of some parts, strongest first.
 * @param {Picture} picture
 * @param {Set<string>} keys
 * @returns {{into: Line[], out: Line[]}}
 */
export function linesOf(picture, keys) {
  const strongest = [...picture.lines].sort((a, b) => Math.abs(b.share) - Math.abs(a.share));
  return {
    into: strongest.filter((line) => keys.has(line.target) && !keys.has(line.source)),
    out: strongest.filter((line) => keys.has(line.source) && !keys.has(line.target)),
  };
}

/**
 * Where an arrow key leads from a part: up and down along its strongest line, sideways to the next
 * box of its row.
 * @param {Picture} picture
 * @param {string} from
 * @param {string} key
 * @returns {string | null}  the part's key
 */
export function travelCircuit(picture, from, key) {
  const box = picture.boxes.find((one) => one.parts.some((part) => part.key === from));
  if (!box) return null;
  const { into, out } = linesOf(picture, new Set([from]));
  if (key === "ArrowUp") return out[0]?.target ?? null;
  if (key === "ArrowDown") return into[0]?.source ?? null;
  const middle = (/** @type {Box} */ one) => one.y + one.height / 2;
  const row = picture.boxes
    .filter((one) => Math.abs(middle(one) - middle(box)) < 1)
    .flatMap((one) => one.parts.filter((part) => part.nodes.length))
    .sort((a, b) => a.x - b.x);
  const at = row.findIndex((part) => part.key === from);
  return row[at + (key === "ArrowRight" ? 1 : -1)]?.key ?? null;
}
