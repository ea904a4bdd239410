// What the shapes, colours and lines mean, always in sight under the graph.
import { select, symbol, symbolCircle, symbolDiamond, symbolSquare } from "../../vendor/d3.js";
import { ERROR } from "../graph/graph.js";
import { make } from "../page/dom.js";

const SHAPES = { circle: symbolCircle, diamond: symbolDiamond, square: symbolSquare };

/** @param {import("../graph/graph.js").Graph} graph */
export function makeLegend(graph) {
  const { account, meta } = graph;
  const { noun } = meta;
  const asked = meta.asked ?? "the answer";
  const effects = graph.effect.some((value) => !Number.isNaN(value));
  const features = effects
    ? [
        item(mark("circle", "supports"), `${noun} that supports the answer`),
        item(mark("circle", "opposes"), `${noun} that opposes it`),
      ]
    : [item(mark("circle", "feature"), noun)];
  return make(
    "ul",
    { class: "legend", "aria-label": "Legend" },
    ...features,
    account && !graph.kinds.includes(ERROR)
      ? null
      : item(
          mark("diamond", "error"),
          noun === "neuron" ? "neurons not listed" : "what the features leave unexplained",
        ),
    item(mark("square", "embedding"), "token of the prompt"),
    account ? item(mark("square", "constant"), "there for every prompt: the start, biases") : null,
    item(lineMark("supports"), account ? `flows to ${asked}` : "strengthens"),
    item(lineMark("opposes"), account ? "flows against it" : "weakens"),
    account ? make("li", {}, "wider: more flows") : null,
    make("li", {}, effects ? "larger: stronger effect" : "larger: more influence"),
  );
}

/** @param {Element} sign @param {string} text */
const item = (sign, text) => make("li", {}, sign, text);

/** @param {keyof typeof SHAPES} shape @param {string} meaning */
function mark(shape, meaning) {
  const svg = picture(16);
  svg
    .append("path")
    .attr("class", meaning)
    .attr("transform", "translate(8 8)")
    .attr("d", symbol(SHAPES[shape], shape === "diamond" ? 40 : 70)());
  return /** @type {Element} */ (svg.node());
}

/** @param {string} meaning */
function lineMark(meaning) {
  const svg = picture(28);
  svg
    .append("line")
    .attr("class", meaning)
    .attr("x1", 2)
    .attr("x2", 26)
    .attr("y1", 8)
    .attr("y2", 8);
  return /** @type {Element} */ (svg.node());
}

/** @param {number} width */
const picture = (width) =>
  select(document.createElementNS("http://www.w3.org/2000/svg", "svg"))
    .attr("width", width)
    .attr("height", 16)
    .attr("aria-hidden", "true");
