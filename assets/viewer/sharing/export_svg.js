// Pictures as files of their own: what style sheets say is written into the elements.
import { select, symbol, symbolCircle, symbolDiamond, symbolSquare } from "../../vendor/d3.js";
import { ANSWER, EMBEDDING, ERROR } from "../graph/graph.js";
import { colourOf } from "../link_graph/paint.js";

/** @typedef {import("../link_graph/link_graph.js").LinkGraph} LinkGraph */

const SVG = "http://www.w3.org/2000/svg";
const STYLES = [
  "fill",
  "fill-opacity",
  "stroke",
  "stroke-width",
  "stroke-dasharray",
  "stroke-linejoin",
  "stroke-opacity",
  "opacity",
  "paint-order",
  "font-family",
  "font-size",
  "font-style",
  "font-weight",
  "text-anchor",
  "display",
];

/**
 * A copy of a picture of the page that looks the same without the page's style sheet.
 * @param {SVGSVGElement} picture
 * @returns {string}
 */
export function pictureAsSvg(picture) {
  const copy = withStyles(picture);
  copy.removeAttribute("class");
  const { width, height } = picture.viewBox.baseVal ?? picture.getBoundingClientRect();
  if (width) copy.setAttribute("width", String(width));
  if (height) copy.setAttribute("height", String(height));
  return serialise(copy, getComputedStyle(document.body).backgroundColor);
}

/**
 * The link graph as it is seen now, unzoomed: lines, nodes, and what is written.
 * @param {LinkGraph} linkGraph
 * @returns {string}
 */
export function linkGraphAsSvg(linkGraph) {
  const { graph, shown, grid, places, palette, scene } = linkGraph;
  if (!grid || !places || !palette || !scene) throw new Error("drawn before it was laid out");
  const svg = select(document.createElementNS(SVG, "svg"))
    .attr("viewBox", `0 0 ${grid.width} ${grid.height}`)
    .attr("width", grid.width)
    .attr("height", grid.height);
  const { source, target, run } = graph.links;
  const focused = scene.focus.length > 0;
  const links = focused ? scene.links : linkGraph.linesAtRest();
  const measure = focused ? run : graph.flow;
  const most = links.reduce((max, link) => Math.max(max, Math.abs(measure[link])), 0) || 1;
  const thickest = focused ? 4 : 2.2;
  svg
    .append("g")
    .attr("fill", "none")
    .attr("opacity", focused ? 0.8 : 0.3)
    .selectAll("path")
    .data(links)
    .join("path")
    .attr("d", (link) => {
      const [x0, y0] = [places.x[source[link]], places.y[source[link]]];
      const [x1, y1] = [places.x[target[link]], places.y[target[link]]];
      const middle = (y0 + y1) / 2;
      return `M${x0} ${y0}C${x0} ${middle} ${x1} ${middle} ${x1} ${y1}`;
    })
    .attr("stroke", (link) => (run[link] >= 0 ? palette.positive : palette.negative))
    .attr("stroke-dasharray", (link) => (run[link] >= 0 ? null : "5 3"))
    .attr("stroke-width", (link) => 0.5 + (thickest - 0.5) * (Math.abs(measure[link]) / most));
  const nodes = Array.from(shown.keys()).filter(
    (node) => shown[node] && graph.kinds[node] !== ANSWER && places.radius[node] > 0,
  );
  svg
    .append("g")
    .selectAll("path")
    .data(nodes)
    .join("path")
    .attr("transform", (node) => `translate(${places.x[node]} ${places.y[node]})`)
    .attr("d", (node) => shapeOf(graph.kinds[node], places.radius[node]))
    .attr("opacity", (node) => (scene.lit.size && !scene.lit.has(node) ? 0.22 : 1))
    .attr("fill", (node) =>
      graph.kinds[node] === ERROR ? palette.surface : colourOf(graph, node, palette),
    )
    .attr("stroke", (node) => (graph.kinds[node] === ERROR ? palette.error : palette.surface));
  const frame = withStyles(/** @type {SVGSVGElement} */ (linkGraph.frame.element));
  svg.append(() => frame);
  return serialise(/** @type {SVGSVGElement} */ (svg.node()), palette.surface);
}

/** @param {number} kind @param {number} radius */
function shapeOf(kind, radius) {
  if (kind === ERROR) return symbol(symbolDiamond, 18)();
  if (kind === EMBEDDING) return symbol(symbolSquare, 4 * radius * radius)();
  return symbol(symbolCircle, Math.PI * radius * radius)();
}

/**
 * @param {SVGSVGElement} picture
 * @returns {SVGSVGElement}
 */
function withStyles(picture) {
  const copy = /** @type {SVGSVGElement} */ (picture.cloneNode(true));
  const originals = [picture, ...picture.querySelectorAll("*")];
  [copy, ...copy.querySelectorAll("*")].forEach((element, at) => {
    const style = getComputedStyle(originals[at]);
    for (const name of STYLES) {
      const value = style.getPropertyValue(name);
      if (value) element.setAttribute(name, value);
    }
    for (const { name } of [...element.attributes]) {
      if (name === "class" || name === "style" || name.startsWith("data-")) {
        element.removeAttribute(name);
      }
    }
  });
  for (const link of copy.querySelectorAll("a")) link.removeAttribute("href");
  return copy;
}

/** @param {SVGSVGElement} svg @param {string} background */
function serialise(svg, background) {
  const ground = document.createElementNS(SVG, "rect");
  for (const [name, value] of [
    ["width", "100%"],
    ["height", "100%"],
    ["fill", background],
  ]) {
    ground.setAttribute(name, value);
  }
  svg.prepend(ground);
  return new XMLSerializer().serializeToString(svg);
}
