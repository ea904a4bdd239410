// What lies packed beside a graph with an account, and sums over it: the twin of
// tracer/documents/parts/. Pure, but for the inflating.

/**
 * @typedef {object} Flows  as tracer/documents/parts/flows.py has them
 * @property {string[]} features
 * @property {string[]} inputs
 * @property {number[]} effects
 * @property {number[]} leaving
 * @property {number[]} straight
 * @property {number[][]} between
 * @property {number[][]} entering
 *
 * @typedef {object} Pushes  as tracer/documents/parts/words.py has them
 * @property {string[]} words
 * @property {number[]} weights
 * @property {number[][]} rows
 */

const LINEAR = 1e-4;
const STEPS = 32767;
const BEND = STEPS / Math.asinh(1 / LINEAR);
const MOST = 31;

/**
 * @param {ArrayBuffer} data
 * @param {string} graphId
 * @returns {Promise<Flows>}
 * @throws {Error} where the file is damaged or of another graph
 */
export async function readFlows(data, graphId) {
  const { head, body } = await unpack(data, "flows", graphId);
  const { features, inputs, largest } = head;
  const [k, m] = [features.length, inputs.length];
  const plain = 4 * (2 * k + m);
  const count = (k * (k - 1)) / 2 + k * m;
  if (body.length !== plain + 2 * count) throw new Error("the flows are cut short");
  const numbers = floats(body, 2 * k + m);
  let at = plain;
  const row = (/** @type {number} */ size) =>
    Array.from({ length: size }, () => {
      const code = (((body[at] << 8) | body[count + at++]) << 16) >> 16;
      return Math.sinh(code / BEND) * LINEAR * largest;
    });
  const between = [];
  const entering = [];
  for (let t = 0; t < k; t++) {
    between.push(row(t));
    entering.push(row(m));
  }
  return {
    features,
    inputs,
    effects: numbers.slice(0, k),
    leaving: numbers.slice(k, 2 * k),
    straight: numbers.slice(2 * k),
    between,
    entering,
  };
}

/**
 * @param {ArrayBuffer} data
 * @param {string} graphId
 * @returns {Promise<Pushes>}
 * @throws {Error} where the file is damaged or of another graph
 */
export async function readPushes(data, graphId) {
  const { head, body } = await unpack(data, "words", graphId);
  const { words, features: k } = head;
  const n = words.length;
  if (body.length !== 4 * (n + k) + n * k) throw new Error("the words are cut short");
  const numbers = floats(body, n + k);
  const codes = body.subarray(4 * (n + k));
  const rows = Array.from({ length: k }, (_, at) =>
    Array.from(codes.subarray(at * n, (at + 1) * n), (code) => (code - MOST) * numbers[n + at]),
  );
  return { words, weights: numbers.slice(0, n), rows };
}

/**
 * @param {ArrayBuffer} data
 * @param {string} part
 * @param {string} graphId
 */
async function unpack(data, part, graphId) {
  const bytes = new Uint8Array(data);
  const end = bytes.indexOf(10);
  const head = JSON.parse(new TextDecoder().decode(bytes.subarray(0, Math.max(0, end))));
  if (head.tracer !== part || head.format !== 1 || head.graph_id !== graphId) {
    throw new Error(`these are no ${part} of this graph`);
  }
  const packed = new Blob([bytes.subarray(end + 1)]).stream();
  const stream = packed.pipeThrough(new DecompressionStream("deflate"));
  return { head, body: new Uint8Array(await new Response(stream).arrayBuffer()) };
}

/** @param {Uint8Array} body @param {number} count */
function floats(body, count) {
  const view = new DataView(body.buffer, body.byteOffset);
  return Array.from({ length: count }, (_, at) => view.getFloat32(4 * at, true));
}

/**
 * What the words of `pushes` lose when a group is silenced together.
 * @param {Flows} flows
 * @param {Pushes | null} pushes
 * @param {number[]} group  places of features
 */
export function pushed(flows, pushes, group) {
  if (!pushes) return [];
  const inside = new Set(group);
  /** @type {number[]} */
  const missing = [];
  const handed = (/** @type {number} */ t) =>
    flows.effects[t]
      ? flows.between[t].reduce((sum, flow, s) => sum + missing[s] * flow, 0) / flows.effects[t]
      : 0;
  for (let t = 0; t < flows.features.length; t++) missing.push(inside.has(t) ? 1 : handed(t));
  const total = pushes.words.map(() => 0);
  for (const at of group) {
    const factor = 1 - handed(at); // what members hand on to each other is counted once
    pushes.rows[at].forEach((value, word) => (total[word] += factor * value));
  }
  return total;
}

/**
 * What of a group's effect stems from each of the inputs, over all paths.
 * @param {Flows} flows
 * @param {number[]} group  places of features
 */
export function reads(flows, group) {
  const inside = new Set(group);
  const total = flows.inputs.map(() => 0);
  const carried = flows.features.map(() => 0);
  for (let t = carried.length - 1; t >= 0; t--) {
    const effect = flows.effects[t];
    const reach = inside.has(t) ? 1 : effect ? carried[t] / effect : 0;
    if (!reach) continue;
    flows.between[t].forEach((flow, s) => {
      if (!inside.has(s)) carried[s] += reach * flow;
    });
    flows.entering[t].forEach((flow, s) => (total[s] += reach * flow));
  }
  return total;
}
