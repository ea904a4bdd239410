// What is seen first: fetches the graph and draws it with its controls, and says so plainly when that
// fails. Everything else follows in panels.js.
import { makeControls, makeHiddenLine } from "./link_graph/controls.js";
import { afterPaint, make } from "./page/dom.js";
import { openTheWayToEditing } from "./editing/edit_gate.js";
import { makeLegend } from "./link_graph/legend.js";
import { LinkGraph } from "./link_graph/link_graph.js";
import { makeLiveGraph } from "./editing/live_graph.js";
import { fetchJson, loadGraph } from "./graph/load.js";
import { onToItsRevision } from "./state/revision.js";
import { createStore, focusOf } from "./state/state.js";
import { describe, describeEffect, nameOf } from "./graph/text.js";
import { followAddress, readState } from "./state/url.js";

const viewer = document.getElementById("viewer");
if (viewer && !onToItsRevision(viewer.dataset.revision ?? "")) open(viewer);

/** @param {HTMLElement} element */
async function open(element) {
  const status = /** @type {HTMLElement} */ (element.querySelector(".viewer-status"));
  status.textContent = "Loading the graph …";
  try {
    show(element, await loadGraph(element.dataset.graph ?? ""));
    status.remove();
  } catch (error) {
    status.classList.add("failed");
    status.textContent =
      "The interactive graph could not be shown: " +
      `${error instanceof Error ? error.message : error}. The rest of this page does not need it. ` +
      "Reload to try again.";
  }
}

/**
 * @param {HTMLElement} element
 * @param {import("./graph/graph.js").Graph} parsed
 */
function show(element, parsed) {
  const store = createStore(parsed, readState(parsed, location.search));
  const live = makeLiveGraph(parsed, store);
  const { graph } = live;
  const linkGraph = new LinkGraph(graph, store);
  const side = make("div", { class: "viewer-side" });
  const share = async () => {
    const { openShare } = await import("./sharing/share.js");
    openShare(graph, store, linkGraph, element.dataset.revision ?? "");
  };
  element.append(
    makeControls(graph, store, () => linkGraph.stage.focus({ preventScroll: true })),
    makeHiddenLine(graph, store, share),
    make(
      "div",
      { class: "viewer-main" },
      make(
        "div",
        { class: "viewer-graph" },
        linkGraph.element,
        make("div", { class: "graph-foot" }, makeLegend(graph), linkGraph.buttons),
      ),
      side,
    ),
    liveRegion(graph, store),
  );
  const panels = openPanels(element, side, linkGraph);
  const fetchData = (/** @type {string} */ address) => fetchJson(address, "its data file");
  openTheWayToEditing(element, live, store, { panels, fetchData });
  linkGraph.start();
  followAddress(graph, store, (given) => live.write(given));
}

/**
 * @param {HTMLElement} viewer
 * @param {HTMLElement} side
 * @param {LinkGraph} linkGraph
 */
async function openPanels(viewer, side, linkGraph) {
  try {
    const [{ fillPanels }] = await Promise.all([import("./panels/panels.js"), afterPaint()]);
    return fillPanels(viewer, side, linkGraph);
  } catch (error) {
    side.textContent = "What belongs here could not be loaded. Reload to try again.";
    throw error;
  }
}

/**
 * Says aloud what was selected.
 * @param {import("./graph/graph.js").Graph} graph
 * @param {import("./state/state.js").Store} store
 */
function liveRegion(graph, store) {
  const region = make("p", { class: "visually-hidden announcement", "aria-live": "polite" });
  store.subscribe((state, previous) => {
    if (state.clicked === previous.clicked && state.pinned === previous.pinned) return;
    const focus = focusOf(graph, state);
    if (!focus.length) region.textContent = "Nothing selected.";
    else if (focus.length > 1) region.textContent = `${focus.length} nodes highlighted.`;
    else {
      const [node] = focus;
      const effect = describeEffect(graph, node) ?? "";
      region.textContent = `${nameOf(graph, node)}. ${describe(graph, node)} ${effect}`;
    }
  });
  return region;
}
