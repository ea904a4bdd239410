// The graph as the panels see it: the parsed one, with the names and groups of the edits so far.
import { NO_ANNOTATIONS, NO_WORK, combined, renamed } from "./work.js";

/** @typedef {import("./graph.js").Graph} Graph */

/**
 * @param {Graph} graph
 * @param {import("./state.js").Store} store
 */
export function makeLiveGraph(graph, store) {
  /** @type {import("./work.js").Annotations | null} */
  let written = null;
  /** @type {import("./work.js").Work | null} */
  let seen = null;
  let wanted = NO_ANNOTATIONS;
  /** @type {Partial<Graph>} */
  let names = {};

  function follow() {
    const { work } = store.state.edits;
    if (!written || work === seen) return;
    seen = work;
    wanted = combined(graph, written, work);
    names =
      work.labels === NO_WORK.labels && work.groups === NO_WORK.groups
        ? {}
        : renamed(graph, written, wanted);
  }

  const live = Object.create(graph);
  for (const name of /** @type {const} */ (["labels", "bylines", "groups", "groupsOf"])) {
    Object.defineProperty(live, name, {
      get() {
        follow();
        return names[name] ?? graph[name];
      },
    });
  }
  return {
    graph: /** @type {Graph} */ (live),
    /** The annotations with the edits in them. */
    get wanted() {
      follow();
      return wanted;
    },
    /** @param {import("./work.js").Annotations} annotations  as the page was built with */
    start(annotations) {
      written = annotations;
      seen = null;
    },
  };
}
