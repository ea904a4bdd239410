// The effect on the answer that runs between the boxes of a circuit. Pure; the same sums and the
// same choice of lines as the build makes for the picture (tracer/site/circuit/lines.py), needed
// again where a reader's groups are not the built ones.

/** @typedef {import("../graph/graph.js").Graph} Graph */
/** @typedef {import("./picture.js").Box} Box */

/**
 * @typedef {object} Facts  From the build, so that both use the same numbers.
 * @property {boolean} automatic
 * @property {string | null} target  the node of the explained answer
 * @property {number[]} gain  effect on the answer per unit of input that strengthens a node
 * @property {number[]} wordAt  the number of the word that a token belongs to, or −1
 * @property {number} weakest
 * @property {number} intoABox
 * @property {number} intoTheAnswer
 * @property {Account} [account]
 * @property {import("./books.js").Books} [books]  once they are here
 * @property {() => Promise<void>} [open]  fetches them
 * @property {Promise<void>} [opened]
 *
 * @typedef {object} Account
 * @property {string} graphId
 * @property {string} flows  the packed flows' address
 * @property {string} words  the same of what features push
 * @property {string[]} inputs  what each node is called where it flows in
 * @property {string} unit
 * @property {number} quantity
 * @property {number} held  the share of all flows that the drawn links hold
 * @property {Record<string, number[]>} sources  nodes that flow in and are no words
 *
 * @typedef {{source: string, target: string, share: number, net?: number, gross?: number}} Flow
 */

/**
 * The lines worth drawing between these boxes, of which the last one is the answer.
 * @param {Graph} graph
 * @param {Box[]} boxes
 * @param {Facts} facts
 * @returns {Flow[]}
 */
export function flows(graph, boxes, facts) {
  const home = new Map(boxes.flatMap((box, at) => box.parts.map((part) => [part.key, at])));
  return strongest(allFlows(graph, boxes, facts.gain), home, boxes.length - 1, facts);
}

/** @param {Graph} graph @param {Box[]} boxes @param {number[]} gain @returns {Flow[]} */
function allFlows(graph, boxes, gain) {
  const partsOf = partsByNode(boxes);
  const { source, target, weight } = graph.links;
  /** @type {Map<string, Flow>} */
  const sums = new Map();
  for (let link = 0; link < source.length; link++) {
    const [from, to] = [partsOf.get(source[link]), partsOf.get(target[link])];
    if (!from || !to) continue;
    const along = weight[link] * gain[target[link]];
    for (const a of from) {
      for (const b of to) if (a.box !== b.box) add(sums, a.key, b.key, along);
    }
  }
  const answer = new Set(boxes[boxes.length - 1].parts.map((part) => part.key));
  const all = [...sums.values()].filter(({ share }) => share);
  const whole = all.reduce(
    (sum, flow) => sum + (answer.has(flow.target) ? Math.abs(flow.share) : 0),
    0,
  );
  const scaled = (/** @type {number} */ share) =>
    whole ? Math.max(-1, Math.min(1, share / whole)) : 0;
  return all.map((flow) => ({ ...flow, share: scaled(flow.share) }));
}

/** @param {Map<string, Flow>} sums @param {string} source @param {string} target @param {number} along */
function add(sums, source, target, along) {
  const key = `${source} > ${target}`;
  const sum = sums.get(key);
  if (sum) sum.share += along;
  else sums.set(key, { source, target, share: along });
}

/** @param {Box[]} boxes */
function partsByNode(boxes) {
  /** @type {Map<number, {box: number, key: string}[]>} */
  const partsOf = new Map();
  boxes.forEach((box, at) => {
    for (const { key, nodes } of box.parts) {
      for (const node of nodes) {
        const parts = partsOf.get(node);
        if (parts) parts.push({ box: at, key });
        else partsOf.set(node, [{ box: at, key }]);
      }
    }
  });
  return partsOf;
}

/** @param {string} a @param {string} b */
const byName = (a, b) => Number(a > b) - Number(a < b);

/**
 * Strong lines, few into each box, and whatever a group hangs by.
 * @param {Flow[]} all
 * @param {Map<string, number>} home
 * @param {number} answer
 * @param {Facts} facts
 * @returns {Flow[]}
 */
export function strongest(all, home, answer, { weakest, intoABox, intoTheAnswer }) {
  const size = (/** @type {Flow} */ flow) => Math.abs(flow.share);
  const boxOf = (/** @type {string} */ key) => /** @type {number} */ (home.get(key));
  const ranked = [...all].sort(
    (a, b) => size(b) - size(a) || byName(a.source, b.source) || byName(a.target, b.target),
  );
  const into = new Map();
  const kept = new Set();
  const waysIn = new Map();
  const waysOut = new Map();
  for (const flow of ranked) {
    const [from, to] = [boxOf(flow.source), boxOf(flow.target)];
    const room = to === answer ? intoTheAnswer : intoABox;
    if (size(flow) >= weakest && (into.get(to) ?? 0) < room) {
      into.set(to, (into.get(to) ?? 0) + 1);
      kept.add(flow);
    }
    if (!waysIn.has(to)) waysIn.set(to, flow);
    if (!waysOut.has(from)) waysOut.set(from, flow);
  }
  // Without its strongest way in and way out a group would look cut off, which it is not.
  for (const group of waysIn.keys()) {
    if (group === answer) continue;
    kept.add(waysIn.get(group));
    if (waysOut.has(group)) kept.add(waysOut.get(group));
  }
  return [...kept];
}
