// Links of the page around the viewer that name nodes light them up here instead of leaving.
import { prefersStill } from "../page/dom.js";
import { nodesFrom } from "../state/url.js";

/**
 * @param {import("../graph/graph.js").Graph} graph
 * @param {import("../state/state.js").Store} store
 * @param {HTMLElement} viewer
 * @param {HTMLElement} stage  gets the focus, so that the keyboard goes on from there
 */
export function followPageLinks(graph, store, viewer, stage) {
  document.addEventListener("click", (event) => {
    const link = event.target instanceof Element && event.target.closest("a[data-nodes]");
    const modified = event.ctrlKey || event.metaKey || event.shiftKey || event.altKey;
    if (!link || modified || event.defaultPrevented) return;
    const ids = (link.getAttribute("data-nodes") ?? "").split(/\s+/);
    const nodes = nodesFrom(graph, ids);
    if (!nodes.length) return;
    event.preventDefault();
    store.dispatch({ type: "show", nodes });
    viewer.scrollIntoView({ behavior: prefersStill() ? "auto" : "smooth", block: "start" });
    stage.focus({ preventScroll: true });
  });
}
