// Which nodes feed a node or a set of nodes, which nodes they feed, and the strongest lines of
// both.

/**
 * @typedef {import("./graph.js").Graph} Graph
 * @typedef {{node: number, weight: number}} Neighbour
 */

/**
 * Inputs and outputs of a set, strongest first; what runs along several links to one node is summed,
 * and links inside the set are left out.
 * @param {Graph} graph
 * @param {number[]} nodes
 * @returns {{inputs: Neighbour[], outputs: Neighbour[]}}
 */
export function neighboursOf(graph, nodes) {
  const { source, target, run } = graph.links;
  const own = new Set(nodes);
  /** @type {Map<number, number>} */
  const inputs = new Map();
  /** @type {Map<number, number>} */
  const outputs = new Map();
  for (const link of linksOf(graph, nodes)) {
    const inside = own.has(source[link]);
    if (inside && own.has(target[link])) continue;
    const [sums, node] = inside ? [outputs, target[link]] : [inputs, source[link]];
    sums.set(node, (sums.get(node) ?? 0) + run[link]);
  }
  return { inputs: strongestFirst(inputs), outputs: strongestFirst(outputs) };
}

/**
 * @param {Map<number, number>} sums
 * @returns {Neighbour[]}
 */
function strongestFirst(sums) {
  const rows = Array.from(sums, ([node, weight]) => ({ node, weight }));
  return rows.sort((a, b) => Math.abs(b.weight) - Math.abs(a.weight) || a.node - b.node);
}

/**
 * Every link that touches one of the nodes, once.
 * @param {Graph} graph
 * @param {number[]} nodes
 * @returns {number[]}
 */
export function linksOf(graph, nodes) {
  const { inputStart, outputStart, outputs } = graph.links;
  const found = new Set();
  for (const node of nodes) {
    for (let link = inputStart[node]; link < inputStart[node + 1]; link++) found.add(link);
    for (let at = outputStart[node]; at < outputStart[node + 1]; at++) found.add(outputs[at]);
  }
  return [...found];
}

/**
 * The wanted links that carry most of the answer, strongest first. An input and an output of one
 * node are weighed in the same coin: the part of the answer's influence that runs through them.
 * @param {Graph} graph
 * @param {Iterable<number>} links
 * @param {(link: number) => boolean} wanted
 * @param {number} limit
 * @returns {{links: number[], more: number}}
 */
export function strongest(graph, links, wanted, limit) {
  const { weight } = graph.links;
  const kept = [];
  for (const link of links) if (wanted(link)) kept.push(link);
  kept.sort(
    (a, b) => graph.flow[b] - graph.flow[a] || Math.abs(weight[b]) - Math.abs(weight[a]) || a - b,
  );
  return { links: kept.slice(0, limit), more: Math.max(0, kept.length - limit) };
}

/**
 * The strongest wanted links of the whole graph. Links weaker than the weakest kept so far are
 * passed over unsorted, so 100,000 links stay cheap.
 * @param {Graph} graph
 * @param {(link: number) => boolean} wanted
 * @param {number} limit
 * @returns {number[]}
 */
export function backbone(graph, wanted, limit) {
  /** @type {number[]} */
  let kept = [];
  let floor = 0;
  for (let link = 0; link < graph.flow.length; link++) {
    if (graph.flow[link] <= floor || !wanted(link)) continue;
    kept.push(link);
    if (kept.length >= 4 * limit) {
      kept = strongest(graph, kept, wanted, limit).links;
      floor = graph.flow[kept[limit - 1]];
    }
  }
  return strongest(graph, kept, wanted, limit).links;
}
