// The graph as the panels see it: the parsed one, with the names and groups of the edits so far. What
// works these out is loaded with the first edit.

/** @typedef {import("../graph/graph.js").Graph} Graph */
/** @typedef {import("../state/work.js").Annotations} Annotations */
/** @typedef {{labels: Graph["labels"], bylines: Graph["bylines"], groups: Graph["groups"], groupsOf: Graph["groupsOf"]}} Names */

const NAMES = /** @type {const} */ (["labels", "bylines", "groups", "groupsOf"]);

/**
 * @param {Graph} graph
 * @param {import("../state/state.js").Store} store
 */
export function makeLiveGraph(graph, store) {
  /** @type {((work: import("../state/work.js").Work) => {wanted: Annotations, names: Names}) | null} */
  let read = null;
  /** @type {import("../state/work.js").Work | null} */
  let seen = null;
  /** @type {{wanted: Annotations, names: Names}} */
  let now = { wanted: { labels: {}, groups: {}, pins: [] }, names: graph };

  function follow() {
    const { work } = store.state.edits;
    if (read && work !== seen) now = read(work);
    seen = work;
    return now;
  }

  const live = Object.create(graph);
  for (const name of NAMES) {
    Object.defineProperty(live, name, { get: () => follow().names[name] });
  }
  return {
    graph: /** @type {Graph} */ (live),
    parsed: graph,
    /** The annotations with the edits in them. */
    get wanted() {
      return follow().wanted;
    },
    /** What a link brought along, which is not kept until somebody edits it. */
    visited: /** @type {import("../state/history.js").History | null} */ (null),
    /** Puts edits into an address. @type {(given: URLSearchParams) => void} */
    write: () => {},
    /** @param {NonNullable<typeof read>} how */
    start(how) {
      read = how;
      seen = null;
    },
  };
}

/** @typedef {ReturnType<typeof makeLiveGraph>} Live */
