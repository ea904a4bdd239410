// All flows of a graph's account, so that whatever groups a reader makes add up and say what they
// read and push: the twin of tracer/site/circuit/balance.py, of tracer/documents/parts/ledger.py and
// of tracer/site/circuit/box_words.py. Fetched when somebody regroups.
import { strongest } from "./flow.js";
import { pushed, reads, readFlows, readPushes } from "./ledger.js";
import { showAmount } from "./words.js";
import { EMBEDDING, ERROR } from "../graph/graph.js";
import { showPercent, showToken } from "../graph/text.js";

/** @typedef {import("../graph/graph.js").Graph} Graph */
/** @typedef {import("./flow.js").Account} Account */
/** @typedef {import("./flow.js").Facts} Facts */
/** @typedef {import("./flow.js").Flow} Flow */
/** @typedef {import("./picture.js").Box} Box */
/** @typedef {(run: (source: number, target: number, flow: number) => void, answer: number) => void} EachRun */

const MOST_READ = 3;
const LEAST_READ = 0.05;
const SHARED_OUT = "is shared out";
const [PUSHED, OPPOSED, SHORTLY] = [6, 4, 3];

/**
 * @typedef {object} Books
 * @property {number | null} held  the share of all flows that they hold; null for all
 * @property {(boxes: Box[], facts: Facts) => Counted} count
 * @property {(members: number[]) => {words: string[], told: string[]}} say
 *
 * @typedef {object} Counted
 * @property {Flow[]} lines  those worth drawing
 * @property {import("./picture.js").Balance} balance
 * @property {(box: Box) => Box} amounts  with what flows through it
 */

/**
 * @param {Account} account
 * @param {Graph} graph
 * @returns {Promise<Books>}
 */
export async function loadBooks(account, graph) {
  const fetched = async (/** @type {string} */ address) => {
    const answer = await fetch(address);
    if (!answer.ok) throw new Error(`${address} answers ${answer.status}`);
    return answer.arrayBuffer();
  };
  const [flows, words] = await Promise.all([
    fetched(account.flows).then((data) => readFlows(data, account.graphId)),
    fetched(account.words)
      .then((data) => readPushes(data, account.graphId))
      .catch(() => null),
  ]);
  return booksOf(flows, words, account, graph);
}

/**
 * @param {import("./ledger.js").Flows} flows
 * @param {import("./ledger.js").Pushes | null} pushes
 * @param {Account} account
 * @param {Graph} graph
 * @returns {Books}
 */
export function booksOf(flows, pushes, account, graph) {
  const nodeOf = (/** @type {string} */ id) => graph.indexOf.get(id) ?? -1;
  const features = flows.features.map(nodeOf);
  const inputs = flows.inputs.map(nodeOf);
  const place = new Map(features.map((node, at) => [node, at]));
  /** @type {EachRun} */
  const each = (run, answer) => {
    features.forEach((target, t) => {
      flows.between[t].forEach((flow, s) => run(features[s], target, flow));
      flows.entering[t].forEach((flow, s) => run(inputs[s], target, flow));
      run(target, answer, flows.leaving[t]);
    });
    inputs.forEach((source, s) => run(source, answer, flows.straight[s]));
  };
  /** @type {[number, number][]} */
  const shares = inputs.map((node, s) => [
    node,
    flows.entering.reduce((sum, row) => sum + row[s], flows.straight[s]),
  ]);
  return {
    held: null,
    count: (boxes, facts) => count(boxes, facts, { each, shares, account, held: null, graph }),
    say(members) {
      const group = members.map((node) => place.get(node) ?? -1).filter((at) => at >= 0);
      const names = inputs.map((node) => account.inputs[node]);
      return inWords(names, reads(flows, group), pushes, pushed(flows, pushes, group));
    },
  };
}

/**
 * Where the packed flows cannot be had: what the drawn links hold.
 * @param {Graph} graph
 * @param {Facts} facts
 * @returns {Books}
 */
export function booksOfLinks(graph, { gain, account }) {
  const { source, target, weight } = graph.links;
  /** @type {EachRun} */
  const each = (run) =>
    source.forEach((from, link) => run(from, target[link], weight[link] * gain[target[link]]));
  const inputs = [...graph.ids.keys()].filter(
    (node) =>
      (graph.kinds[node] === EMBEDDING || graph.kinds[node] === ERROR) &&
      !Number.isNaN(graph.effect[node]),
  );
  const shares = inputs.map((node) => /** @type {[number, number]} */ ([node, graph.effect[node]]));
  const held = account?.held ?? 0;
  const given = { each, shares, account: /** @type {Account} */ (account), held, graph };
  return {
    held,
    count: (boxes, facts) => count(boxes, facts, given),
    say: () => ({ words: [], told: [] }),
  };
}

/**
 * @param {Box[]} boxes  the last of them is the answer
 * @param {Facts} facts
 * @param {{each: EachRun, shares: [number, number][], account: Account, held: number | null, graph: Graph}} given
 * @returns {Counted}
 */
function count(boxes, facts, { each, shares, account, held, graph }) {
  const parts = boxes.flatMap((box, at) => box.parts.map((part) => ({ ...part, at })));
  const answer = parts[parts.length - 1];
  /** @type {Map<number, string[]>} */
  const homes = new Map();
  for (const { key, nodes } of parts) {
    for (const node of nodes) homes.set(node, [...(homes.get(node) ?? []), key]);
  }
  /** @type {Map<string, {source: string, target: string, net: number, gross: number}>} */
  const sums = new Map();
  each(
    (from, to, flow) => {
      const [starts, ends] = [homes.get(from) ?? [], homes.get(to) ?? []];
      if (!flow) return;
      for (const start of starts) {
        for (const end of ends) {
          if (start !== end) add(sums, start, end, flow / starts.length / ends.length);
        }
      }
    },
    graph.indexOf.get(facts.target ?? "") ?? -1,
  );
  const lines = [...sums.values()];
  const whole = lines.reduce(
    (sum, line) => sum + (line.target === answer.key ? Math.abs(line.net) : 0),
    0,
  );
  const flows = lines.map((line) => {
    const share = whole ? Math.max(-1, Math.min(1, line.net / whole)) : 0;
    return { ...line, share };
  });
  const home = new Map(parts.map(({ key, at }) => [key, at]));
  const drawn = strongest(flows, home, boxes.length - 1, facts);
  const filled = parts.filter(({ nodes }) => nodes.length);
  const own = new Map(filled.map(({ key }) => [key, 0]));
  for (const [node, share] of shares) {
    const keys = homes.get(node) ?? [];
    for (const key of keys) own.set(key, (own.get(key) ?? 0) + share / keys.length);
  }
  const balance = balanceOf({ flows, drawn, own, answer: answer.key, unit: account.unit, held });
  const amounts = (/** @type {Box} */ box) => {
    const through = balance.parts[box.parts[0].key]?.[0] ?? null;
    const amount = box.kind === "answer" ? box.amount : through === null ? "" : showAmount(through);
    const shared = box.parts[0].nodes.filter((node) => (homes.get(node) ?? []).length > 1).length;
    const told = [...box.told.filter((one) => !one.includes(SHARED_OUT)), ...sharedWords(shared)];
    return { ...box, amount, told };
  };
  return { lines: drawn, balance, amounts };
}

/** Of nodes that are in other groups as well. @param {number} count */
function sharedWords(count) {
  if (!count) return [];
  if (count === 1) {
    return [`1 of its nodes is in another group too: what flows through it ${SHARED_OUT}.`];
  }
  return [`${count} of its nodes are in other groups too: what flows through them ${SHARED_OUT}.`];
}

/**
 * @param {Map<string, {source: string, target: string, net: number, gross: number}>} sums
 * @param {string} source
 * @param {string} target
 * @param {number} flow
 */
function add(sums, source, target, flow) {
  const key = `${source} > ${target}`;
  const sum = sums.get(key) ?? { source, target, net: 0, gross: 0 };
  sum.net += flow;
  sum.gross += Math.abs(flow);
  sums.set(key, sum);
}

/**
 * @param {{flows: Flow[], drawn: Flow[], own: Map<string, number>, answer: string, unit: string, held: number | null}} given
 * @returns {import("./picture.js").Balance}
 */
function balanceOf({ flows, drawn, own, answer, unit, held }) {
  /** @type {Record<string, import("./picture.js").Sums>} */
  const parts = {};
  for (const [key, brought] of own) parts[key] = [brought, brought, 0, 0, 0, 0];
  const kept = new Set(drawn);
  for (const flow of flows) {
    const [from, to, net] = [parts[flow.source], parts[flow.target], flow.net ?? 0];
    to[0] = (to[0] ?? 0) + net;
    if (flow.source === answer) from[0] = (from[0] ?? 0) - net;
    if (kept.has(flow)) continue;
    to[2] += 1;
    to[3] += net;
    from[4] += 1;
    from[5] += net;
  }
  if (held !== null) {
    for (const [key, sums] of Object.entries(parts)) if (!own.get(key)) sums[0] = null;
  }
  return { unit, held, parts };
}

/**
 * What a group reads and pushes, computed and not tested.
 * @param {string[]} names  of what flows in
 * @param {number[]} values  what of the group stems from each
 * @param {import("./ledger.js").Pushes | null} pushes
 * @param {number[]} sizes  what it pushes
 */
export function inWords(names, values, pushes, sizes) {
  const ranked = sizes.map((size, at) => size * (pushes?.weights[at] ?? 0));
  const [rising, falling] = strongestWords(pushes?.words ?? [], ranked);
  const [up, down] = [rising.slice(0, PUSHED), falling.slice(0, OPPOSED)];
  const against =
    -ranked.reduce((a, b) => Math.min(a, b), 0) > ranked.reduce((a, b) => Math.max(a, b), 0);
  const read = strongestReads(names, values);
  const shortly = (against ? down : up).slice(0, SHORTLY).join(", ");
  const words = read.length
    ? [
        `reads ${read
          .slice(0, 2)
          .map(([name]) => name)
          .join(", ")}`,
      ]
    : [];
  const told = read.length
    ? [
        `It reads ${read.map(([name, share]) => `${name} ${showPercent(Math.abs(share))}`).join(", ")}.`,
      ]
    : [];
  if (shortly) words.push(`${against ? "against" : "pushes"} ${shortly}`, "not tested");
  if (up.length) told.push(`It pushes ${up.join(", ")}.`);
  if (down.length) told.push(`It pushes down ${down.join(", ")}.`);
  if (up.length || down.length) {
    told.push("These words were computed, and not tested in the model.");
  }
  return { words, told };
}

/**
 * Those that differ in capitals or spaces only are one.
 * @param {string[]} words
 * @param {number[]} values
 */
function strongestWords(words, values) {
  const order = [...words.keys()].sort((a, b) => values[b] - values[a]);
  return [
    distinct(order.filter((at) => values[at] > 0).map((at) => words[at])),
    distinct(
      order
        .filter((at) => values[at] < 0)
        .reverse()
        .map((at) => words[at]),
    ),
  ];
}

/** @param {string[]} words */
function distinct(words) {
  const seen = new Map();
  for (const word of words.map((one) => one.trim())) {
    const plain = word.toLowerCase();
    if (word && !seen.has(plain)) seen.set(plain, word);
  }
  return [...seen.values()].map(showToken);
}

/**
 * Shares of the absolute sum, those of one name joined.
 * @param {string[]} names
 * @param {number[]} values
 * @returns {[string, number][]}
 */
function strongestReads(names, values) {
  const whole = values.reduce((sum, value) => sum + Math.abs(value), 0);
  /** @type {Map<string, number>} */
  const joined = new Map();
  names.forEach((name, at) => joined.set(name, (joined.get(name) ?? 0) + values[at]));
  const ranked = [...joined].sort(([, a], [, b]) => Math.abs(b) - Math.abs(a)).slice(0, MOST_READ);
  return ranked
    .filter(([, value]) => whole && Math.abs(value) >= LEAST_READ * whole)
    .map(([name, value]) => [showToken(name), value / whole]);
}
