// How much of the answers runs through each node and each link of the graph that is shown.
// Ameisen et al. 2025, "Circuit Tracing", node influence: weights are taken absolute and divided by
// their sum at each target, and followed down from the answers. Links lead upwards through the
// layers, so one pass from the top layer to the bottom is exact. Shares of all influence, the same
// sums as the build makes (tracer/site/graph/influence.py): stored, they would make the data file a
// tenth larger.

/**
 * @param {Int32Array} layers
 * @param {Pick<import("./graph.js").Links, "source" | "weight" | "inputStart">} links
 * @param {import("./graph.js").Answer[]} answers
 */
export function influenceOf(layers, links, answers) {
  const importance = new Float64Array(layers.length);
  const flow = new Float64Array(links.weight.length);
  const whole = answers.reduce((sum, { probability }) => sum + (probability ?? 1), 0) || 1;
  for (const { node, probability } of answers) importance[node] = (probability ?? 1) / whole;
  const order = Uint32Array.from(layers, (_, node) => node);
  order.sort((a, b) => layers[b] - layers[a]);
  for (const node of order) {
    const [start, end] = [links.inputStart[node], links.inputStart[node + 1]];
    let total = 0;
    for (let link = start; link < end; link++) total += Math.abs(links.weight[link]);
    if (total === 0 || importance[node] === 0) continue;
    const scale = importance[node] / total;
    for (let link = start; link < end; link++) {
      flow[link] = Math.abs(links.weight[link]) * scale;
      importance[links.source[link]] += flow[link];
    }
  }
  return { importance, flow };
}
