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
  if (box.kind === "source") return box.name;
  if (box.kind === "other") return `the ${box.detail} ${box.name}`;
  if (box.kind === "answer") return `the answer ${name}`;
  if (part?.side === "supports") return `${name}, supporting half`;
  return part?.side === "opposes" ? `${name}, opposing half` : name;
}

/** @param {number} share */
export const signedShare = (share) => `${share < 0 ? "−" : "+"}${showPercent(Math.abs(share))}`;

const HAIR = 1e-9; // the same sums in another order differ by less, and are to be said alike

/**
 * In units of the question: by the same sums as `amount` in tracer/site/wording/amounts.py.
 * @param {number} value
 */
export function showAmount(value) {
  const size = Math.abs(value) * (1 + HAIR);
  if (size < 1e-6) return "0";
  const decimals = size >= 0.1 ? 2 : Math.min(6, 1 - Math.floor(Math.log10(size)));
  return `${value < 0 ? "−" : "+"}${size.toFixed(decimals)}`;
}

/** What runs along a line. @param {Line} line */
export const lineAmount = ({ net, share }) =>
  net === undefined ? signedShare(share) : showAmount(net);

/**
 * What flows through a part, and what of it is not drawn.
 * @param {Picture} picture
 * @param {string} key
 */
export function sumsOf({ balance }, key) {
  const sums = balance?.parts[key];
  if (!balance || !sums) return null;
  const [through, own, into, intoSum, out, outSum] = sums;
  const weaker = (/** @type {number} */ count, /** @type {number} */ sum) =>
    count ? [`${count} weaker, together`, showAmount(sum)] : null;
  return {
    through,
    own,
    unit: balance.unit,
    into: weaker(into, intoSum),
    out: weaker(out, outSum),
  };
}

/**
 * @param {Picture} picture
 * @param {Line} line
 */
export function lineTitle(picture, { source, target, share, net, gross }) {
  const way = share < 0 ? "against the answer" : "for the answer";
  const ends = `${partName(picture, source)} to ${partName(picture, target)}`;
  if (net !== undefined && gross !== undefined) {
    const either = `of ${showAmount(gross).slice(1)} that run either way`;
    return `${ends}: ${way}, ${showAmount(net)} ${picture.balance?.unit ?? ""}, ${either}`;
  }
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
