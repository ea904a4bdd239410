// A box opened: its members as rows over the picture, each of which selects its node.
import { clip, draw } from "./paint.js";
import { nodesIn } from "./picture.js";
import { EMBEDDING, ERROR } from "../graph/graph.js";
import { nameOf, placeOf, showSigned } from "../graph/text.js";

/** @typedef {import("../graph/graph.js").Graph} Graph */
/** @typedef {import("./picture.js").Box} Box */
/** @typedef {import("./picture.js").Picture} Picture */

const ROW = 28;
const HEAD = 34;
const MOST = 8;
const WIDTH = 250;

/**
 * @param {Graph} graph
 * @param {Picture} picture
 * @param {Box} box
 * @param {[number, number]} moved
 * @param {import("./change.js").Measure} measure
 * @param {{chosen: number, select: (node: number) => void, all: () => void, close: () => void}} act
 */
export function drawMembers(graph, picture, box, moved, measure, act) {
  const nodes = nodesIn(box).sort((a, b) => weight(graph, b) - weight(graph, a) || a - b);
  const listed = nodes.slice(0, nodes.length > MOST ? MOST - 1 : MOST);
  const more = nodes.length - listed.length;
  const width = Math.min(picture.width - 2 * picture.margin, Math.max(WIDTH, box.width));
  const height = HEAD + ROW * (listed.length + (more ? 1 : 0)) + 8;
  const x = within(
    box.x + moved[0] + (box.width - width) / 2,
    width,
    picture.width,
    picture.margin,
  );
  const y = within(box.y + moved[1], height, picture.height, picture.margin);
  const rows = listed.map((node, at) =>
    button(
      `member${node === act.chosen ? " chosen" : ""}`,
      `${nameOf(graph, node)}, ${placeOf(graph, node)}, ${figure(graph, node)}`,
      () => act.select(node),
      draw("rect", {
        class: "row",
        x: x + 4,
        y: y + HEAD + ROW * at,
        width: width - 8,
        height: ROW - 2,
        rx: 5,
      }),
      mark(graph, node, x + 18, y + HEAD + ROW * at + 13),
      draw(
        "text",
        { class: "member-name", x: x + 30, y: y + HEAD + ROW * at + 17.5 },
        clip(nameOf(graph, node), width - 150, 13, measure),
        draw("tspan", { class: "member-place" }, `  ${layerOf(graph, node)}`),
      ),
      draw(
        "text",
        { class: "member-value", x: x + width - 14, y: y + HEAD + ROW * at + 17.5 },
        figure(graph, node),
      ),
    ),
  );
  if (more) {
    const top = y + HEAD + ROW * listed.length;
    rows.push(
      button(
        "member",
        `${more} more members, in the list below`,
        act.all,
        draw("rect", { class: "row", x: x + 4, y: top, width: width - 8, height: ROW - 2, rx: 5 }),
        draw(
          "text",
          { class: "member-name", x: x + 30, y: top + 17.5 },
          `and ${more} more, listed below`,
        ),
      ),
    );
  }
  return draw(
    "g",
    { class: "members", role: "group", "aria-label": `Members of ${box.name}` },
    draw("rect", { class: "sheet", x, y, width, height, rx: 9 }),
    draw(
      "text",
      { class: "members-title", x: x + 14, y: y + 22 },
      clip(box.name, width - 60, 15, measure, true),
    ),
    ...rows,
    button(
      "close",
      `Close ${box.name}`,
      act.close,
      draw("rect", { class: "row", x: x + width - 34, y: y + 4, width: 28, height: 28, rx: 5 }),
      draw("path", { d: `M${x + width - 25} ${y + 13}l10 10m0 -10l-10 10` }),
    ),
  );
}

/** @param {number} at @param {number} size @param {number} room @param {number} margin */
const within = (at, size, room, margin) => Math.max(margin, Math.min(at, room - margin - size));

/**
 * @param {string} kind
 * @param {string} label
 * @param {() => void} act
 * @param {Element[]} content
 */
function button(kind, label, act, ...content) {
  const element = draw(
    "g",
    { class: kind, role: "button", tabindex: 0, "aria-label": label },
    ...content,
  );
  element.addEventListener("click", act);
  element.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    event.stopPropagation();
    act();
  });
  return element;
}

/** @param {Graph} graph @param {number} node @param {number} x @param {number} y */
function mark(graph, node, x, y) {
  const effect = graph.effect[node];
  const kind = Number.isNaN(effect) ? "feature" : effect < 0 ? "opposes" : "supports";
  if (graph.kinds[node] === ERROR) {
    return draw("path", { class: `mark ${kind}`, d: `M${x - 5} ${y}l5 -5l5 5l-5 5Z` });
  }
  return draw("circle", { class: `mark ${kind}`, cx: x, cy: y, r: 4.5 });
}

/** @param {Graph} graph @param {number} node */
const weight = (graph, node) => Math.abs(graph.effect[node]) || graph.importance[node];

/** @param {Graph} graph @param {number} node */
const layerOf = (graph, node) =>
  graph.kinds[node] < EMBEDDING ? `layer ${graph.layers[node]}` : "";

/** @param {Graph} graph @param {number} node */
const figure = (graph, node) =>
  Number.isNaN(graph.effect[node]) ? "" : showSigned(graph.effect[node]);
