// What is written on the link graph: layer numbers, tokens, answers, folds and names of nodes, in
// SVG.
import { select } from "../../vendor/d3.js";
import { make } from "../page/dom.js";
import { placeLabels } from "./label_places.js";
import { MARGIN, roomFor } from "./layout.js";
import { isAutomatic, nameOf, showToken } from "../graph/text.js";

/** @typedef {import("../graph/graph.js").Graph} Graph */
/** @typedef {import("./layout.js").Grid} Grid */
/** @typedef {import("./layout.js").Places} Places */

/**
 * @typedef {object} Drawing
 * @property {Grid} grid
 * @property {Places} places
 * @property {import("../../vendor/d3.js").ZoomTransform} view
 * @property {import("./scene.js").Scene} scene
 * @property {Uint8Array} shown
 * @property {number} clicked
 * @property {number[]} pinned
 * @property {(text: string) => number} measure
 */

const FONT = "12px system-ui, sans-serif";
const MOST_LABELS = 30;
const LONGEST = 26;
const TICKS_END = 36; // where the layers' numbers end

/** @param {Graph} graph */
export function makeFrame(graph) {
  const svg = select(document.createElementNS("http://www.w3.org/2000/svg", "svg"));
  svg.attr("aria-hidden", "true").attr("class", "graph-frame");
  const names = ["rules", "answers", "folds", "labels", "layers", "tokens"];
  const [rules, answers, folds, labels, layers, tokens] = names.map((name) =>
    svg.append("g").attr("class", `graph-${name}`),
  );
  layers.append("text").attr("class", "axis-title").text("layer");
  let room = 0;

  /**
   * @param {Drawing} drawing
   * @param {boolean} ground  whether more than the selection has changed
   */
  function draw(drawing, ground) {
    const { grid, view } = drawing;
    drawAnswers(answers, graph, drawing);
    drawLabels(labels, graph, drawing);
    if (!ground) return;
    room = roomFor(grid.height, room);
    set(svg.node(), { width: grid.width, height: room });
    drawRules(rules, grid, view);
    drawLayers(layers, grid, view);
    drawTokens(tokens, graph, grid, view, drawing.measure);
    drawFolds(folds, drawing);
  }

  /** @param {number} scrolled  how far the layer numbers must move to stay at the left edge */
  const scroll = (scrolled) => set(layers.node(), { transform: `translate(${scrolled} 0)` });

  return { element: /** @type {Element} */ (svg.node()), draw, scroll };
}

/** @returns {(text: string) => number} */
export function textMeasure() {
  const context = /** @type {CanvasRenderingContext2D} */ (make("canvas").getContext("2d"));
  context.font = FONT;
  return (text) => context.measureText(text).width;
}

/** @typedef {import("../../vendor/d3.js").Selection<SVGGElement, unknown, null, undefined>} Layer */
/** @typedef {import("../../vendor/d3.js").ZoomTransform} View */

/**
 * What is set again is laid out again, even where nothing changed: so only what did.
 * @param {unknown} element
 * @param {Record<string, string | number>} attributes
 * @param {string} [text]
 */
function set(element, attributes, text) {
  if (!(element instanceof Element)) return;
  for (const [name, value] of Object.entries(attributes)) {
    if (element.getAttribute(name) !== String(value)) element.setAttribute(name, String(value));
  }
  if (text !== undefined && element.textContent !== text) element.textContent = text;
}

/**
 * @typedef {object} Written
 * @property {string} text
 * @property {number} x
 * @property {number} y  of its middle
 * @property {Record<string, string>} [attributes]
 */

/** @param {Layer} layer @param {Written[]} texts */
function write(layer, texts) {
  layer
    .selectAll("text:not(.axis-title)")
    .data(texts)
    .join((enter) => enter.append("text").attr("dy", "0.35em"))
    .each(({ text, x, y, attributes }, at, elements) => {
      set(elements[at], { transform: `translate(${x} ${y})`, ...attributes }, text);
    });
}

/** @param {Layer} layer @param {Grid} grid @param {View} view */
function drawRules(layer, grid, view) {
  const [top, bottom] = [
    view.applyY(grid.rows.at(-1)?.start ?? 0),
    grid.height - MARGIN.bottom + 8,
  ];
  const lines = grid.columns
    .slice(1)
    .map((column) => `M${view.applyX(column.start)} ${top}V${bottom}`);
  set(layer.selectAll("path").data([lines]).join("path").node(), { d: lines.join("") });
}

/**
 * The numbers stay at the left edge while the picture is zoomed; where rows are low, every other or
 * every fifth one is written.
 * @param {Layer} layer
 * @param {Grid} grid
 * @param {View} view
 */
function drawLayers(layer, grid, view) {
  const low = Math.min(...grid.rows.map((row) => row.width)) * view.k;
  const every = low >= 14 ? 1 : low >= 8 ? 2 : 5;
  const attributes = { class: "tick" };
  const ticks = grid.rows
    .map((row, at) => ({ at, x: 30, y: view.applyY(row.start + row.width / 2) }))
    .filter(({ at, y }) => at % every === 0 && y > 0 && y < grid.height - MARGIN.bottom);
  const numbers = ticks.map(({ at, ...place }) => ({ ...place, text: String(at), attributes }));
  write(layer, numbers);
  const [top, bottom] = [grid.rows.at(-1)?.start ?? 0, grid.tokenY];
  const transform = `translate(10 ${(top + bottom) / 2}) rotate(-90)`;
  set(layer.select(".axis-title").node(), { transform });
}

/**
 * @param {Layer} layer
 * @param {Graph} graph
 * @param {Grid} grid
 * @param {View} view
 * @param {(text: string) => number} measure
 */
function drawTokens(layer, graph, grid, view, measure) {
  const words = grid.columns.map(({ start, width }, at) => ({
    x: view.applyX(start + width / 2),
    y: grid.height - 14,
    text: cut(showToken(graph.meta.tokens[at]), width * view.k - 6, measure),
  }));
  write(layer, words);
}

/**
 * @param {string} text
 * @param {number} width
 * @param {(text: string) => number} measure
 */
function cut(text, width, measure) {
  if (measure(text) <= width) return text;
  const letters = [...text];
  while (letters.length > 1 && measure(`${letters.join("")}…`) > width) letters.pop();
  return `${letters.join("")}…`;
}

/** @param {Layer} layer @param {Graph} graph @param {Drawing} drawing */
function drawAnswers(layer, graph, { grid, view, scene, shown, clicked, measure }) {
  const boxes = grid.answers.filter((box) => shown[box.node]);
  set(layer.node(), { transform: view.toString() });
  const groups = layer
    .selectAll("g")
    .data(boxes)
    .join((enter) => {
      const group = enter.append("g");
      group.append("rect").attr("rx", 6);
      group.append("text").attr("dy", "0.35em");
      return group;
    });
  groups.each(({ node, x, y, width, height }, at, elements) => {
    const group = /** @type {Element} */ (elements[at]);
    const quiet = scene.lit.size > 0 && !scene.lit.has(node);
    const look = node === clicked ? "chosen" : quiet ? "quiet" : "";
    set(group, { class: look, transform: `translate(${x} ${y})` });
    set(group.querySelector("rect"), { width, height });
    const text = cut(nameOf(graph, node), width - 12, measure);
    set(group.querySelector("text"), { x: width / 2, y: height / 2 }, text);
  });
}

/** @param {Layer} layer @param {Drawing} drawing */
function drawFolds(layer, { places, view }) {
  const keys = places.folds.map(({ x, y, hidden }) => ({
    x: view.applyX(x),
    y: view.applyY(y),
    text: hidden ? `+${hidden}` : "fold",
  }));
  write(layer, keys);
}

/** @param {Layer} layer @param {Graph} graph @param {Drawing} drawing */
function drawLabels(layer, graph, { grid, places, view, scene, shown, clicked, pinned, measure }) {
  const must = new Set([...scene.focus, ...scene.found, ...pinned]);
  const wanted = scene.labelled
    .filter((node) => shown[node])
    .slice(0, 4 * MOST_LABELS)
    .map((node) => {
      const letters = [...nameOf(graph, node)];
      const text =
        letters.length > LONGEST ? `${letters.slice(0, LONGEST - 1).join("")}…` : letters.join("");
      const [x, y] = view.apply([places.x[node], places.y[node]]);
      return {
        node,
        text,
        width: measure(text) + 4,
        x,
        y,
        tolerance: must.has(node) ? Infinity : 1,
      };
    });
  const dots = [];
  for (const [node, radius] of places.radius.entries()) {
    if (radius === 0 || !shown[node] || (scene.lit.size && !scene.lit.has(node))) continue;
    dots.push({ x: view.applyX(places.x[node]), y: view.applyY(places.y[node]) });
  }
  const folds = places.folds.map((fold) => ({ x: view.applyX(fold.x), y: view.applyY(fold.y) }));
  const look = (/** @type {number} */ node) =>
    `${node === clicked ? "chosen" : ""} ${isAutomatic(graph, node) ? "automatic" : ""}`.trim();
  const room = { left: TICKS_END, width: grid.width, height: grid.height };
  const labels = placeLabels(wanted, [...dots, ...folds], room, MOST_LABELS);
  const names = labels.map(({ node, anchor, ...label }) => ({
    ...label,
    attributes: { class: look(node), "text-anchor": anchor },
  }));
  write(layer, names);
}
