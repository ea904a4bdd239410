// Fetches the graph, puts the panels together, and says so plainly when that fails.
import { takeOverCircuit } from "./circuit_section.js";
import { makeConnections } from "./connections.js";
import { makeControls, makeHiddenLine } from "./controls.js";
import { Details } from "./details.js";
import { make, prefersStill } from "./dom.js";
import { openTheWayToEditing } from "./edit_gate.js";
import { signEmbedded } from "./embed.js";
import { makeLegend } from "./legend.js";
import { helpOnQuestionMark } from "./help.js";
import { LinkGraph } from "./link_graph.js";
import { makeLiveGraph } from "./live_graph.js";
import { fetchJson, loadGraph } from "./load.js";
import { followPageLinks } from "./page_links.js";
import { strongestPaths } from "./paths.js";
import { onToItsRevision } from "./revision.js";
import { createStore, focusOf } from "./state.js";
import { describe, describeEffect, nameOf } from "./text.js";
import { followAddress, readState } from "./url.js";

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
 * @param {import("./graph.js").Graph} parsed
 */
function show(element, parsed) {
  const store = createStore(parsed, readState(parsed, location.search));
  const live = makeLiveGraph(parsed, store);
  const { graph } = live;
  const linkGraph = new LinkGraph(graph, store);
  const side = make("div", { class: "viewer-side" });
  const share = async () => {
    const { openShare } = await import("./share.js");
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
  linkGraph.start();
  side.append(
    new Details(graph, store, () => linkGraph.shown).element,
    makeConnections(graph, store, () => linkGraph.drawn),
  );
  pointOut(graph, linkGraph, side);
  followAddress(graph, store, (given) => live.write(given));
  const jump = () => {
    element.scrollIntoView({ behavior: prefersStill() ? "auto" : "smooth", block: "start" });
    linkGraph.stage.focus({ preventScroll: true });
  };
  const circuit = takeOverCircuit(graph, store, jump);
  const fetchData = (/** @type {string} */ address) => fetchJson(address, "its data file");
  openTheWayToEditing(element, live, store, { side, circuit, fetchData });
  followPageLinks(graph, store, element, linkGraph.stage);
  helpOnQuestionMark();
  setTimeout(() => strongestPaths(graph, 0)); // found once, so that no click has to wait for them
  signEmbedded(element);
}

/**
 * A row under the pointer shows its node in the graph.
 * @param {import("./graph.js").Graph} graph
 * @param {LinkGraph} linkGraph
 * @param {HTMLElement} side
 */
function pointOut(graph, linkGraph, side) {
  side.addEventListener("pointerover", (event) => {
    const row = event.target instanceof Element ? event.target.closest("[data-node]") : null;
    linkGraph.hover(graph.indexOf.get(row?.getAttribute("data-node") ?? "") ?? -1);
  });
  side.addEventListener("pointerleave", () => linkGraph.hover(-1));
}

/**
 * Says aloud what was selected.
 * @param {import("./graph.js").Graph} graph
 * @param {import("./state.js").Store} store
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
