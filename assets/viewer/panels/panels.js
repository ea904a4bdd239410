// What stands around the link graph and can wait until that is seen: the panel beside it, the circuit's
// own ways, and the links of the page.
import { takeOverCircuit } from "../circuit/section.js";
import { makeConnections } from "./connections.js";
import { Details } from "./details.js";
import { prefersStill, whenIdle } from "../page/dom.js";
import { followPageLinks } from "./page_links.js";
import { strongestPaths } from "../graph/paths.js";

/** @typedef {ReturnType<typeof fillPanels>} Panels */

/**
 * @param {HTMLElement} viewer
 * @param {HTMLElement} side
 * @param {import("../link_graph/link_graph.js").LinkGraph} linkGraph
 */
export function fillPanels(viewer, side, linkGraph) {
  const { graph, store, stage } = linkGraph;
  const keep = savedIn(side, graph, store);
  side.append(
    new Details(graph, store, () => linkGraph.shown, keep).element,
    makeConnections(graph, store, () => linkGraph.drawn),
  );
  if (location.hash.startsWith("#saved=")) keep().then(() => viewer.scrollIntoView());
  pointOut(graph, linkGraph, side);
  followPageLinks(graph, store, viewer, stage);
  if (document.documentElement.classList.contains("embedded"))
    import("../sharing/embed.js").then(({ signEmbedded }) => signEmbedded(viewer));
  const heads = document.getElementById("heads");
  if (heads) import("../circuit/heads.js").then(({ showHeads }) => showHeads(heads));
  whenIdle(() => strongestPaths(graph, 0)); // found once, so that no click has to wait for them
  stage.id = "viewer-stage";
  document.querySelector('.skip[href="#viewer"]')?.setAttribute("href", "#viewer-stage");
  const jump = () => {
    viewer.scrollIntoView({ behavior: prefersStill() ? "auto" : "smooth", block: "start" });
    stage.focus({ preventScroll: true });
  };
  return { side, circuit: takeOverCircuit(graph, store, jump) };
}

/**
 * What a reader saved in the link stands above all else, once there is any.
 * @param {HTMLElement} side
 * @param {import("../graph/graph.js").Graph} graph
 * @param {import("../state/state.js").Store} store
 */
function savedIn(side, graph, store) {
  /** @type {Promise<ReturnType<typeof import("../sharing/saved.js").makeSaved>> | null} */
  let saved = null;
  return () =>
    (saved ??= import("../sharing/saved.js").then(({ makeSaved }) => {
      const made = makeSaved(graph, store);
      side.prepend(made.element);
      return made;
    }));
}

/**
 * A row under the pointer shows its node in the graph.
 * @param {import("../graph/graph.js").Graph} graph
 * @param {import("../link_graph/link_graph.js").LinkGraph} linkGraph
 * @param {HTMLElement} side
 */
function pointOut(graph, linkGraph, side) {
  side.addEventListener("pointerover", (event) => {
    const row = event.target instanceof Element ? event.target.closest("[data-node]") : null;
    linkGraph.hover(graph.indexOf.get(row?.getAttribute("data-node") ?? "") ?? -1);
  });
  side.addEventListener("pointerleave", () => linkGraph.hover(-1));
}
