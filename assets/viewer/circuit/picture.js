// The circuit's picture that the page was built with, read back as boxes and lines.

/** @typedef {import("../graph/graph.js").Graph} Graph */

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
 * @property {"word" | "group" | "answer"} kind
 * @property {string} name
 * @property {string} detail
 * @property {number} x
 * @property {number} y
 * @property {number} width
 * @property {number} height
 * @property {Part[]} parts
 *
 * @typedef {object} Line
 * @property {string} source  a part's key
 * @property {string} target
 * @property {number} share  of all that reaches the answer; below zero it works against it
 * @property {string} path
 *
 * @typedef {object} Picture  Never changed; an edit makes another one.
 * @property {number} width
 * @property {number} height
 * @property {number} margin
 * @property {number} rowGap
 * @property {Box[]} boxes
 * @property {Line[]} lines
 */

/**
 * @param {SVGSVGElement} svg
 * @param {Graph} graph
 * @returns {Picture}
 */
export function readPicture(svg, graph) {
  const { width, height } = svg.viewBox.baseVal;
  return {
    width,
    height,
    margin: Number(svg.dataset.margin),
    rowGap: Number(svg.dataset.rowGap),
    boxes: Array.from(svg.querySelectorAll("[data-box]"), (element) => readBox(element, graph)),
    lines: Array.from(svg.querySelectorAll("path[data-source]"), readLine),
  };
}

/** @param {Element} element @param {Graph} graph @returns {Box} */
function readBox(element, graph) {
  const frame = /** @type {Element} */ (element.querySelector("rect.box"));
  const kind = /** @type {Box["kind"]} */ (frame.classList[1]);
  const place = rectangle(frame);
  const key = element.getAttribute("data-box") ?? "";
  const parts = Array.from(element.querySelectorAll("[data-part]"), (part) => {
    const half = part.querySelector("rect.half");
    const { x, width } = half ? rectangle(half) : place;
    const side = half?.classList[1] ?? "";
    return {
      key: part.getAttribute("data-part") ?? "",
      nodes: nodesOf(part, graph),
      x,
      width,
      side,
    };
  });
  const bare = { key, nodes: [], x: place.x, width: place.width, side: "" };
  return {
    key,
    kind,
    name: element.getAttribute("data-name") ?? "",
    detail: element.getAttribute("data-detail") ?? "",
    ...place,
    parts: parts.length ? parts : [bare],
  };
}

/** @param {Element} element */
function rectangle(element) {
  const [x, y, width, height] = ["x", "y", "width", "height"].map((name) =>
    Number(element.getAttribute(name)),
  );
  return { x, y, width, height };
}

/** @param {Element} element @param {Graph} graph */
function nodesOf(element, graph) {
  const ids = (element.getAttribute("data-nodes") ?? "").split(" ");
  return ids.map((id) => graph.indexOf.get(id)).filter((node) => node !== undefined);
}

/** @param {Element} element @returns {Line} */
const readLine = (element) => ({
  source: element.getAttribute("data-source") ?? "",
  target: element.getAttribute("data-target") ?? "",
  share: Number(element.getAttribute("data-share")),
  path: element.getAttribute("d") ?? "",
});

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
