// What was tapped, said where the tap was: a finger does not hover, and on a phone the panel is below
// the screen. Fetched with the first tap.
import { linksOf, strongest } from "../graph/neighbours.js";
import { describe, describeEffect, nameClass, nameOf, placeOf } from "../graph/text.js";
import { make, prefersStill } from "../page/dom.js";

/** @typedef {import("./link_graph.js").LinkGraph} LinkGraph */

const WIDTH = 280;
const GAP = 14;
const TOLD = 2;

/** @param {LinkGraph} linkGraph */
export function makeTapSheet(linkGraph) {
  const { graph, store, stage } = linkGraph;
  const element = make("section", { class: "tap-sheet", "aria-label": "What was tapped" });
  const choose = (/** @type {number} */ node) => {
    store.dispatch({ type: "select", node });
    show(node);
  };

  /** @param {number} node */
  function show(node) {
    const [x, y] = linkGraph.spotOf(node);
    const effect = describeEffect(graph, node);
    element.replaceChildren(
      make("strong", { class: nameClass(graph, node), dir: "auto" }, nameOf(graph, node)),
      make("span", { class: "place" }, placeOf(graph, node)),
      make("p", {}, describe(graph, node), effect ? ` ${effect}` : ""),
      ...ends(node),
      make(
        "p",
        { class: "buttons" },
        make("button", { type: "button", click: below }, "All about it"),
        make("button", { type: "button", click: hide }, "Close"),
      ),
    );
    linkGraph.element.append(element);
    const left = Math.max(0, Math.min(x - WIDTH / 2, stage.clientWidth - WIDTH));
    const place = (/** @type {number} */ top) => {
      element.style.transform = `translate(${left}px, ${top}px)`;
      return element.getBoundingClientRect();
    };
    const { bottom, top, height } = place(y + GAP);
    if (bottom > innerHeight && top - height - 2 * GAP >= 0) place(y - GAP - height);
  }

  /** The strongest of what feeds it, and of what it feeds. @param {number} node */
  function ends(node) {
    const { source, target } = graph.links;
    const all = linksOf(graph, [node]);
    const into = all.filter((link) => target[link] === node);
    const out = all.filter((link) => source[link] === node);
    return [...told("Fed by", into, source), ...told("Feeds", out, target)];
  }

  /** @param {string} title @param {number[]} links @param {ArrayLike<number>} far */
  function told(title, links, far) {
    const best = strongest(graph, links, (link) => linkGraph.shown[far[link]] === 1, TOLD).links;
    if (!best.length) return [];
    const buttons = best.map((link) =>
      make(
        "button",
        { type: "button", dir: "auto", click: () => choose(far[link]) },
        nameOf(graph, far[link]),
      ),
    );
    return [make("p", { class: "buttons" }, title, ...buttons)];
  }

  function below() {
    const side = stage.closest(".viewer")?.querySelector(".viewer-side");
    side?.scrollIntoView({ behavior: prefersStill() ? "auto" : "smooth", block: "start" });
    hide();
  }

  function hide() {
    element.remove();
  }

  store.subscribe(({ clicked }) => {
    if (clicked < 0) hide();
  });
  return show;
}
