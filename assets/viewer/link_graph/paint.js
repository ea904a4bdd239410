// Draws nodes and links on a canvas. Knows colours and shapes, and nothing of events or state.
import { ANSWER, EMBEDDING, ERROR } from "../graph/graph.js";
import { roomFor } from "./layout.js";

/** @typedef {import("../graph/graph.js").Graph} Graph */
/** @typedef {import("./layout.js").Places} Places */
/** @typedef {import("../../vendor/d3.js").ZoomTransform} ZoomTransform */

const COLOURS = /** @type {const} */ ([
  "positive",
  "negative",
  "neutral",
  "feature",
  "error",
  "embedding",
  "select",
  "surface",
]);

const FADED = 0.2; // of what stands back

/** @typedef {Record<typeof COLOURS[number], string>} Palette */

/**
 * The colours of the page's style sheet, as they are now.
 * @param {Element} element
 * @returns {Palette}
 */
export function readPalette(element) {
  const style = getComputedStyle(element);
  const pairs = COLOURS.map((name) => [name, style.getPropertyValue(`--${name}`).trim()]);
  return /** @type {Palette} */ (Object.fromEntries(pairs));
}

/**
 * Empties a canvas and makes it as sharp as the screen.
 * @param {HTMLCanvasElement} canvas
 * @param {{width: number, height: number}} size  in CSS pixels
 * @param {ZoomTransform} view
 */
export function clear(canvas, { width, height }, view) {
  const ratio = pixelRatio();
  const room = roomFor(height, canvas.height / ratio);
  const [across, down] = [Math.round(width * ratio), Math.round(room * ratio)];
  if (canvas.width !== across || canvas.height !== down) {
    canvas.width = across;
    canvas.height = down;
    canvas.style.width = `${width}px`;
    canvas.style.height = `${room}px`;
  }
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  context.setTransform(1, 0, 0, 1, 0, 0);
  context.clearRect(0, 0, across, down);
  context.setTransform(ratio * view.k, 0, 0, ratio * view.k, ratio * view.x, ratio * view.y);
  return context;
}

/**
 * @typedef {object} Moved  One row has another height, and what is below it moved; no more has changed.
 * @property {number} row
 * @property {import("./layout.js").Grid} before
 */

/**
 * Empties that row and moves what is drawn below it.
 * @param {HTMLCanvasElement} canvas
 * @param {import("./layout.js").Grid} grid
 * @param {Moved} moved
 * @returns {CanvasRenderingContext2D | null}  nothing where pixels cannot be moved as they are
 */
export function moveRows(canvas, grid, { row, before }) {
  const ratio = pixelRatio();
  const [is, was] = [grid.rows[row], before.rows[row]];
  const room = canvas.height / ratio;
  const [top, end] = [is.start, was.start + was.width].map((y) => Math.round(y * ratio));
  const shift = (is.width - was.width) * ratio;
  if (!Number.isInteger(shift) || roomFor(grid.height, room) !== room) return null;
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  context.setTransform(1, 0, 0, 1, 0, 0);
  context.save();
  context.beginPath();
  context.rect(0, end + shift, canvas.width, canvas.height);
  context.clip();
  context.globalCompositeOperation = "copy";
  context.drawImage(canvas, 0, shift);
  context.restore();
  context.clearRect(0, top, canvas.width, end + shift - top);
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  return context;
}

const pixelRatio = () => window.devicePixelRatio || 1;

/**
 * Lines from source to target; opposing ones are dashed, so that colour is not all.
 * @param {CanvasRenderingContext2D} context
 * @param {Graph} graph
 * @param {Places} places
 * @param {number[]} links
 * @param {{palette: Palette, opacity: number, thickest: number, measure: ArrayLike<number>,
 *   faded: ReadonlySet<number>}} look  `measure` gives each link's strength, to which its width is
 *   proportional
 */
export function drawLinks(context, graph, places, links, look) {
  const { palette, opacity, thickest, measure, faded } = look;
  const { source, target, run } = graph.links;
  const most = links.reduce((max, link) => Math.max(max, Math.abs(measure[link])), 0) || 1;
  for (const link of [...links].reverse()) {
    const [from, to] = [source[link], target[link]];
    const supports = run[link] >= 0;
    context.globalAlpha = faded.has(from) || faded.has(to) ? FADED * opacity : opacity;
    context.strokeStyle = supports ? palette.positive : palette.negative;
    context.lineWidth = 0.5 + (thickest - 0.5) * (Math.abs(measure[link]) / most);
    context.setLineDash(supports ? [] : [5, 3]);
    drawCurve(context, places.x[from], places.y[from], places.x[to], places.y[to]);
  }
  context.setLineDash([]);
  context.globalAlpha = 1;
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {number} x0 @param {number} y0 @param {number} x1 @param {number} y1
 */
function drawCurve(context, x0, y0, x1, y1) {
  const middle = (y0 + y1) / 2;
  context.beginPath();
  context.moveTo(x0, y0);
  context.bezierCurveTo(x0, middle, x1, middle, x1, y1);
  context.stroke();
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {Graph} graph
 * @param {Places} places
 * @param {Iterable<number>} nodes
 * @param {Palette} palette
 * @param {ReadonlySet<number>} faded
 */
export function drawNodes(context, graph, places, nodes, palette, faded) {
  for (const node of nodes) {
    const radius = places.radius[node];
    if (radius === 0) continue;
    context.globalAlpha = faded.has(node) ? FADED : 1;
    const error = graph.kinds[node] === ERROR;
    const constant = graph.account?.constants.has(node);
    tracePath(context, graph.kinds[node], places.x[node], places.y[node], error ? 2.6 : radius);
    context.fillStyle = error || constant ? palette.surface : colourOf(graph, node, palette);
    context.fill();
    context.lineWidth = constant ? 1.5 : error ? 1 : 0.75;
    context.strokeStyle = constant ? palette.embedding : error ? palette.error : palette.surface;
    context.stroke();
  }
  context.globalAlpha = 1;
}

/**
 * A circle, a diamond or a square. Written out, because this runs for thousands of nodes in a
 * frame.
 * @param {CanvasRenderingContext2D} context
 * @param {number} kind
 * @param {number} x
 * @param {number} y
 * @param {number} radius
 */
function tracePath(context, kind, x, y, radius) {
  context.beginPath();
  if (kind === EMBEDDING) context.rect(x - radius, y - radius, 2 * radius, 2 * radius);
  else if (kind === ERROR) {
    context.moveTo(x, y - 1.5 * radius);
    context.lineTo(x + radius, y);
    context.lineTo(x, y + 1.5 * radius);
    context.lineTo(x - radius, y);
    context.closePath();
  } else context.arc(x, y, radius, 0, 2 * Math.PI);
}

/**
 * @param {Graph} graph
 * @param {number} node
 * @param {Palette} palette
 */
export function colourOf(graph, node, palette) {
  if (graph.kinds[node] === EMBEDDING) return palette.embedding;
  const effect = graph.effect[node];
  if (Number.isNaN(effect)) return palette.feature;
  return effect >= 0 ? palette.positive : palette.negative;
}

/**
 * A ring around each node; answers are boxes and show it themselves.
 * @param {CanvasRenderingContext2D} context
 * @param {Graph} graph
 * @param {Places} places
 * @param {Iterable<number>} nodes
 * @param {string} colour
 * @param {number} width
 */
export function drawRings(context, graph, places, nodes, colour, width) {
  context.strokeStyle = colour;
  context.lineWidth = width;
  for (const node of nodes) {
    if (graph.kinds[node] === ANSWER) continue;
    context.beginPath();
    context.arc(places.x[node], places.y[node], (places.radius[node] || 9) + 2.5, 0, 2 * Math.PI);
    context.stroke();
  }
}
