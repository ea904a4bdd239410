// The circuit's picture as boxes and lines: at first as tracer/site/circuit/layout_data.py wrote it.

/**
 * @typedef {object} Part  What lines begin and end at: a whole box, or one half of it.
 * @property {string} key
 * @property {number[]} nodes
 * @property {number} x
 * @property {number} width
 * @property {string} side  "supports" or "opposes" for a half
 *
 * @typedef {object} Box
 * @property {string} key
 * @property {"word" | "source" | "group" | "other" | "answer"} kind
 * @property {string} name
 * @property {string} detail
 * @property {number} x
 * @property {number} y
 * @property {number} width
 * @property {number} height
 * @property {Part[]} parts
 * @property {string[]} words  what it reads and pushes, shortly
 * @property {string[]} [lines]  words and detail, where they were cut to fit
 * @property {string} amount  what flows through it
 * @property {string[]} told  the same in sentences
 *
 * @typedef {object} Line
 * @property {string} source  a part's key
 * @property {string} target
 * @property {number} share  of all that reaches the answer; below zero it works against it
 * @property {string} path
 * @property {number} [net]  what runs along it, in units of the question, where that is known
 * @property {number} [gross]  the same by absolute value
 * @property {boolean} [around]  whether it runs around the boxes
 *
 * @typedef {[number | null, number, number, number, number, number]} Sums  of a part: what flows
 *   through it, what it brings itself, and what is not drawn: lines in, their sum, and out
 *
 * @typedef {object} Balance  of a graph with an account
 * @property {string} unit
 * @property {number | null} held  the share of all flows that is known, or null for all
 * @property {Record<string, Sums>} parts
 *
 * @typedef {object} Picture  Never changed; an edit makes another one.
 * @property {number} width
 * @property {number} height
 * @property {number} margin
 * @property {number} rowGap
 * @property {[number, number, number]} stroke  a line's least width, its most, and from which share
 * @property {Box[]} boxes
 * @property {Line[]} lines
 * @property {Balance} [balance]
 *
 * @typedef {[number, number, number, number]} Numbers4
 * @typedef {[string, Box["kind"], string, string, [string, string, number[]][], string[]?, string?, string[]?]} BuiltBox
 *
 * @typedef {object} BuiltLayout
 * @property {[number, number, number]} stroke
 * @property {BuiltBox[]} boxes
 * @property {[string, string, number, number?, number?][]} lines
 * @property {Balance} [balance]
 * @property {Record<string, {size: Numbers4, places: Numbers4[]}>} pictures
 */

/**
 * The picture that the page was built with.
 * @param {BuiltLayout} layout
 * @param {string} name  "wide" or "narrow"
 * @param {(ends: {source: string, target: string}) => string} path  how a line was drawn
 * @returns {Picture}
 */
export function builtPicture({ boxes, lines, pictures, stroke, balance }, name, path) {
  const { size, places } = pictures[name];
  const [width, height, margin, rowGap] = size;
  const built = boxes.map((box, at) => builtBox(box, places[at]));
  const around = runsAround(built, balance);
  return {
    width,
    height,
    margin,
    rowGap,
    stroke,
    boxes: built,
    lines: lines.map(([source, target, share, net, gross]) => {
      const ends = { source, target };
      return { ...ends, share, net, gross, path: path(ends), around: around(ends) };
    }),
    balance,
  };
}

/**
 * Whether a line runs around the boxes: by the same rule as tracer/site/circuit/boxes.py.
 * @param {Box[]} boxes
 * @param {Balance} [balance]
 * @returns {(line: {source: string, target: string}) => boolean}
 */
export function runsAround(boxes, balance) {
  const kinds = new Map(boxes.flatMap(({ kind, parts }) => parts.map(({ key }) => [key, kind])));
  return ({ source, target }) => {
    const [from, to] = [kinds.get(source), kinds.get(target)];
    if (from === "other" || to === "other" || from === "source") return true;
    return balance !== undefined && from === "word" && to === "answer";
  };
}

/** @param {BuiltBox} box @param {Numbers4} place @returns {Box} */
function builtBox(
  [key, kind, name, detail, halves, words = [], amount = "", told = []],
  [x, y, width, height],
) {
  const each = width / halves.length;
  const parts = halves.map(([key, side, nodes], at) => {
    return { key, nodes, x: x + at * each, width: each, side };
  });
  return { key, kind, name, detail, x, y, width, height, parts, words, amount, told };
}

/**
 * How wide a line is drawn.
 * @param {number} share
 * @param {Picture["stroke"]} stroke
 */
export const strokeWidth = (share, [thinnest, thickest, thickShare]) =>
  thinnest + (thickest - thinnest) * Math.min(1, Math.abs(share) / thickShare);

/** @param {Box} box */
export const nodesIn = (box) => box.parts.flatMap((part) => part.nodes);

/** @param {{source: string, target: string}} line */
export const lineKey = ({ source, target }) => `${source} > ${target}`;

/**
 * A path whose ends follow what they hang at, like rubber: the bend at each end moves with it.
 * @param {string} path  as the build and `circuit_routes.js` write them
 * @param {readonly [number, number]} start  how far the beginning has moved
 * @param {readonly [number, number]} end
 */
export function stretched(path, start, end) {
  const numbers = path.match(/-?[\d.]+/g)?.map(Number) ?? [];
  const bound = path.includes("C") ? 4 : 2; // an end and, in a curve, the point that bends it
  const free = numbers.length - bound;
  let at = 0;
  return path.replace(/-?[\d.]+/g, () => {
    const off = at < bound ? start[at % 2] : at >= free ? end[(at - free) % 2] : 0;
    return (numbers[at++] + off).toFixed(1);
  });
}
