// How lines run in a picture that was changed: from box to box, beside the boxes they pass. Pure.
import { strokeWidth } from "./picture.js";

/** @typedef {import("./picture.js").Box} Box */
/** @typedef {import("./picture.js").Part} Part */
/** @typedef {import("./picture.js").Picture} Picture */
/** @typedef {import("./flow.js").Flow} Flow */
/** @typedef {{top: number, bottom: number, boxes: Box[]}} Row */
/** @typedef {{box: Box, part: Part}} End */
/** @typedef {{x: number, width: number}} Lane */

const LANE = 10;
const ASIDE = 7;

/**
 * @param {Flow[]} flows
 * @param {Omit<Picture, "lines">} picture
 * @returns {(flow: Flow) => string}  the path of each of these lines
 */
export function routes(flows, picture) {
  const rows = rowsOf(picture.boxes.filter((box) => box.kind !== "word"));
  const ends = new Map(
    picture.boxes.flatMap((box) => box.parts.map((part) => [part.key, { box, part }])),
  );
  const end = (/** @type {string} */ key) => /** @type {End} */ (ends.get(key));
  const upward = flows.filter((flow) => isUpward(end(flow.source).box, end(flow.target).box));
  const starts = ports(upward, "source", "target", end);
  const stops = ports(upward, "target", "source", end);
  /** @type {Map<Row, Lane[]>} */
  const taken = new Map();
  const paths = new Map();
  for (const flow of flows) {
    const [from, to] = [end(flow.source), end(flow.target)];
    if (!starts.has(flow)) {
      paths.set(flow, sideways(from, to));
      continue;
    }
    const start = { x: starts.get(flow) ?? 0, y: from.box.y };
    const stop = { x: stops.get(flow) ?? 0, y: to.box.y + to.box.height };
    const passed = rows.filter((row) => row.bottom < start.y && row.top > stop.y);
    const width = Math.max(LANE, strokeWidth(flow.share, picture.stroke));
    paths.set(flow, upwards(start, stop, passed, taken, picture, width));
  }
  return (flow) => paths.get(flow) ?? "";
}

/** @param {Box} source @param {Box} target */
const isUpward = (source, target) => target.y + target.height < source.y;

/**
 * Boxes that stand side by side, from below.
 * @param {Box[]} boxes
 * @returns {Row[]}
 */
export function rowsOf(boxes) {
  /** @type {Row[]} */
  const rows = [];
  for (const box of [...boxes].sort((a, b) => middle(b) - middle(a) || a.x - b.x)) {
    const row = rows[rows.length - 1];
    if (row && Math.abs(middle(row.boxes[0]) - middle(box)) < 1) {
      row.boxes.push(box);
      row.top = Math.min(row.top, box.y);
      row.bottom = Math.max(row.bottom, box.y + box.height);
    } else rows.push({ top: box.y, bottom: box.y + box.height, boxes: [box] });
  }
  return rows;
}

/** @param {Box} box */
const middle = (box) => box.y + box.height / 2;

/**
 * Line ends stand along an edge in the order of where the lines go, so that few cross.
 * @param {Flow[]} flows
 * @param {"source" | "target"} here
 * @param {"source" | "target"} there
 * @param {(key: string) => End} end
 */
function ports(flows, here, there, end) {
  const at = new Map();
  const centre = (/** @type {Flow} */ flow) => {
    const { part } = end(flow[there]);
    return part.x + part.width / 2;
  };
  for (const key of new Set(flows.map((flow) => flow[here]))) {
    const together = flows.filter((flow) => flow[here] === key);
    together.sort((a, b) => centre(a) - centre(b) || (a[there] < b[there] ? -1 : 1));
    const { x, width } = end(key).part;
    together.forEach((flow, number) =>
      at.set(flow, x + width * (0.15 + (0.7 * (number + 0.5)) / together.length)),
    );
  }
  return at;
}

/** @typedef {{x: number, y: number}} Point */

/**
 * @param {Point} start
 * @param {Point} stop
 * @param {Row[]} passed  from below
 * @param {Map<Row, Lane[]>} taken
 * @param {Omit<Picture, "lines">} picture
 * @param {number} width  the room that the line needs
 */
function upwards(start, stop, passed, taken, picture, width) {
  let path = `M${start.x.toFixed(1)} ${start.y.toFixed(1)}`;
  let at = start;
  for (const row of passed) {
    const share = (start.y - (row.top + row.bottom) / 2) / (start.y - stop.y);
    const lanes = taken.get(row) ?? [];
    taken.set(row, lanes);
    const lane = { x: start.x + share * (stop.x - start.x), width };
    const x = freeLane(lane, row, lanes, picture);
    lanes.push({ x, width });
    path += bend(at, { x, y: row.bottom }) + `V${row.top.toFixed(1)}`;
    at = { x, y: row.top };
  }
  return path + bend(at, stop);
}

/**
 * The nearest way past a row of boxes that no other line takes.
 * @param {Lane} wanted
 * @param {Row} row
 * @param {Lane[]} taken
 * @param {{width: number, margin: number}} picture
 */
function freeLane({ x: wanted, width: room }, row, taken, { width, margin }) {
  const blocked = (/** @type {number} */ x) =>
    row.boxes.some((box) => x > box.x - room / 2 && x < box.x + box.width + room / 2) ||
    taken.some((other) => Math.abs(other.x - x) < (other.width + room) / 2);
  for (let off = 0; off < width; off += LANE / 2) {
    for (const x of [wanted - off, wanted + off]) {
      if (x > margin && x < width - margin && !blocked(x)) return x;
    }
  }
  return wanted;
}

/** @param {Point} from @param {Point} to */
function bend(from, to) {
  const reach = Math.max(20, Math.abs(from.y - to.y) / 2);
  const points = [from.x, from.y - reach, to.x, to.y + reach, to.x, to.y];
  return `C${points.map((value) => value.toFixed(1)).join(" ")}`;
}

/**
 * Between the sides that face each other, a little apart for each way.
 * @param {End} from
 * @param {End} to
 */
function sideways(from, to) {
  const rightward = from.part.x + from.part.width / 2 < to.part.x + to.part.width / 2;
  const apart = rightward ? ASIDE : -ASIDE;
  const x1 = rightward ? from.part.x + from.part.width : from.part.x;
  const x2 = rightward ? to.part.x : to.part.x + to.part.width;
  const [y1, y2] = [middle(from.box) + apart, middle(to.box) + apart];
  return `M${x1.toFixed(1)} ${y1.toFixed(1)}L${x2.toFixed(1)} ${y2.toFixed(1)}`;
}
