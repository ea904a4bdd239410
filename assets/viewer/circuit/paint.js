// Elements of a circuit's picture, made as the build makes them, for what a reader's edits change.
import { strokeWidth } from "./picture.js";

/** @typedef {import("./picture.js").Box} Box */
/** @typedef {import("./picture.js").Line} Line */
/** @typedef {import("./change.js").Measure} Measure */

const SVG = "http://www.w3.org/2000/svg";
const HEAD = 9;
const OPENER = 12;
const BADGE = 20;
const LEADING = 16;

/**
 * @template {keyof SVGElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Record<string, string | number>} attributes
 * @param {(Node | string)[]} children
 * @returns {SVGElementTagNameMap[Tag]}
 */
export function draw(tag, attributes = {}, ...children) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
  element.append(...children);
  return element;
}

/** @returns {Measure} */
export function makeMeasure() {
  const canvas = document.createElement("canvas");
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  const face = getComputedStyle(document.documentElement).getPropertyValue("--font-ui");
  return (text, size, bold) => {
    context.font = `${bold ? 600 : 400} ${size}px ${face || "sans-serif"}`;
    return context.measureText(text).width + 1;
  };
}

/**
 * @param {string} text
 * @param {number} width
 * @param {number} size
 * @param {Measure} measure
 * @param {boolean} [bold]
 */
export function clip(text, width, size, measure, bold = false) {
  if (measure(text, size, bold) <= width) return text;
  const letters = [...text];
  while (letters.length > 1 && measure(`${letters.join("")}…`, size, bold) > width) letters.pop();
  return `${letters.join("")}…`;
}

/**
 * A box of one part.
 * @param {Box} box
 * @param {string[]} ids  of its nodes
 * @param {Measure} measure
 */
export function drawBox(box, ids, measure) {
  const { key, kind, name, detail, words, lines, x, y, width, height } = box;
  const frame = draw("rect", { class: `box ${kind}`, x, y, width, height, rx: 9 });
  const centre = x + width / 2;
  const inner = width - 20;
  const link = draw(
    "a",
    {
      class: `node-link ${kind}`,
      href: `?${ids.length === 1 ? "clickedId" : "pinnedIds"}=${encodeURIComponent(ids.join())}#viewer`,
      "data-nodes": ids.join(" "),
      "data-part": key,
    },
    frame,
    draw("text", { class: "name", x: centre, y: y + 22 }, clip(name, inner, 15, measure, true)),
    ...(lines ?? [...words, detail]).map((text, at) =>
      draw(
        "text",
        { class: "detail", x: centre, y: y + 40 + LEADING * at },
        clip(text, inner, 12, measure),
      ),
    ),
    ...drawBadge(box, measure),
  );
  return draw("g", { "data-box": key }, link);
}

/**
 * What flows through a box, at its corner.
 * @param {Box} box
 * @param {Measure} measure
 */
function drawBadge({ kind, amount, x, y }, measure) {
  if (!amount || kind === "answer") return [];
  const width = measure(amount, 12, true) + 14;
  const shape = { x: x - 5, y: y - BADGE / 2, width, height: BADGE, rx: 7 };
  const side = amount.startsWith("−") ? "opposes" : "supports";
  return [
    draw(
      "g",
      { class: `badge ${side}` },
      draw("rect", { class: "badge-shape", ...shape }),
      draw("text", { class: "amount", x: x - 5 + width / 2, y: y + 4.5 }, amount),
    ),
  ];
}

/**
 * A sign at the box's corner, for the pointer; the keyboard has Enter.
 * @param {Box} box
 */
export function drawOpener(box) {
  const [x, y] = [box.x + box.width - 3, box.y + 3];
  const disc = `M${x - OPENER} ${y}a${OPENER} ${OPENER} 0 1 0 ${2 * OPENER} 0a${OPENER} ${OPENER} 0 1 0 ${-2 * OPENER} 0Z`;
  const plus = `M${x - 5} ${y}h10m-5 -5v10`;
  const title = draw("title", {}, "Show the members");
  return draw("path", { class: "opener", "aria-hidden": "true", d: disc + plus }, title);
}

/**
 * Strength and sign of a line, and its arrowhead where it runs sideways.
 * @param {SVGPathElement} path
 * @param {SVGPathElement | null} head
 * @param {Line} line
 * @param {import("./picture.js").Picture["stroke"]} stroke
 */
export function dressLine(path, head, line, stroke) {
  const kind = line.share < 0 ? "opposes" : "supports";
  path.setAttribute("class", `line ${kind}${line.around ? " around" : ""}`);
  path.setAttribute("stroke-width", strokeWidth(line.share, stroke).toFixed(2));
  head?.setAttribute("class", `head ${kind}`);
}

/**
 * @param {SVGPathElement} head
 * @param {string} path  of the line; only a straight one has a head
 */
export function pointHead(head, path) {
  if (path.includes("C")) return head.removeAttribute("d");
  const [from, , x, y] = (path.match(/-?[\d.]+/g) ?? []).map(Number);
  const back = x < from ? HEAD : -HEAD;
  head.setAttribute("d", `M${x + back} ${y - HEAD / 2}L${x} ${y}L${x + back} ${y + HEAD / 2}Z`);
}
