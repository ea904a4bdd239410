// The circuit's picture with a reader's groups in it: its boxes and what runs between them. Pure.
import { flows } from "./flow.js";
import { lineKey, runsAround } from "./picture.js";
import { routes } from "./routes.js";
import { GAP, stacked } from "./stack.js";
import { EMBEDDING, ERROR, FEATURE } from "../graph/graph.js";

/** @typedef {import("../graph/graph.js").Graph} Graph */
/** @typedef {import("../graph/graph.js").Group} Group */
/** @typedef {import("./flow.js").Facts} Facts */
/** @typedef {import("./picture.js").Box} Box */
/** @typedef {import("./picture.js").Picture} Picture */
/** @typedef {(text: string, size: number, bold: boolean) => number} Measure */

const PADDING = 12;
const HEIGHT = 52;
const LEADING = 16;
const OTHER = "other";
const NO_WORDS = { words: /** @type {string[]} */ ([]), told: /** @type {string[]} */ ([]) };
const WIDEST = 216;

/**
 * @param {Picture} base
 * @param {Graph} graph
 * @param {Group[]} groups  as they are now
 * @param {Facts} facts
 * @param {Measure} measure
 * @returns {Picture}
 */
export function changedPicture(base, graph, groups, facts, measure) {
  const target = graph.indexOf.get(facts.target ?? "") ?? -1;
  const people = groups.filter((group) => group.members.length);
  const boxed = people.filter((group) => !group.members.includes(target));
  if (facts.automatic && !boxed.length) return base;
  const named = people.find((group) => group.members.includes(target));
  const before = new Map(base.boxes.map((box) => [box.key, box]));
  const inBoxes = named && facts.account ? [...boxed, named] : boxed;
  const taken = new Set(inBoxes.flatMap((group) => group.members));
  const others = facts.account ? withoutBox(graph, new Set([...taken, target])) : [];
  const wanted = [...boxed, ...others].map((group) =>
    groupBox(group, before.get(group.key), { graph, measure, base, books: facts.books }),
  );
  const constants = facts.account?.sources ?? {};
  const known = new Set([...taken, ...Object.values(constants).flat()]);
  const words = base.boxes
    .filter((box) => box.kind === "word" || box.kind === "source")
    .map((box) =>
      box.kind === "source"
        ? withNodes(
            box,
            (constants[box.key] ?? []).filter((node) => !taken.has(node)),
          )
        : wordBox(box, graph, facts.wordAt, known),
    );
  const answer = answerBox(base, named, target);
  const bare = stacked(base, words, wanted, answer, graph, facts);
  const counted = facts.books?.count(bare.boxes, facts);
  const placed = counted ? { ...bare, boxes: bare.boxes.map(counted.amounts) } : bare;
  const balance = counted?.balance;
  const lines = counted?.lines ?? flows(graph, placed.boxes, facts);
  const around = runsAround(placed.boxes, balance);
  const route = routes(lines, placed);
  const old = new Map(base.lines.map((line) => [lineKey(line), line]));
  const still = (/** @type {string} */ key) => {
    const box = placed.boxes.find((one) => one.parts.some((part) => part.key === key));
    const was = box && before.get(box.key);
    return was && was.x === box.x && was.y === box.y && was.width === box.width;
  };
  return {
    ...placed,
    balance,
    lines: lines.map((line) => {
      const kept = still(line.source) && still(line.target) && old.get(lineKey(line));
      return { ...line, path: kept ? kept.path : route(line), around: around(line) };
    }),
  };
}

/**
 * The facts with a way to all flows of an account, for groups that the build did not know; where they
 * cannot be had, the drawn links.
 * @param {Facts} facts
 * @param {Graph} graph
 * @returns {Facts}
 */
export function withBooks(facts, graph) {
  const { account } = facts;
  if (account) {
    facts.open = async () => {
      const { loadBooks, booksOfLinks } = await import("./books.js");
      facts.books = await loadBooks(account, graph).catch(() => booksOfLinks(graph, facts));
    };
  }
  return facts;
}

/**
 * What is in no group, as a group.
 * @param {Graph} graph
 * @param {Set<number>} taken
 * @returns {Pick<Group, "key" | "name" | "members">[]}
 */
function withoutBox(graph, taken) {
  const members = [...graph.ids.keys()].filter(
    (node) => graph.kinds[node] === FEATURE && !taken.has(node),
  );
  return members.length ? [{ key: OTHER, name: "in no box", members }] : [];
}

/**
 * @param {Pick<Group, "key" | "name" | "members">} group
 * @param {Box | undefined} before
 * @param {{graph: Graph, measure: Measure, base: Picture, books?: import("./books.js").Books}} given
 * @returns {Box}
 */
function groupBox(group, before, { graph, measure, base, books }) {
  const detail = describeMembers(graph, group.members);
  const [part] = before?.parts ?? [];
  const sameNodes = part && [...part.nodes].sort((a, b) => a - b).join() === group.members.join();
  if (before && sameNodes && before.name === group.name) return before;
  const other = group.key === OTHER;
  const said = other ? NO_WORDS : sameNodes && before ? before : books?.say(group.members);
  const { words, told } = said ?? NO_WORDS;
  const room = Math.min(WIDEST, (base.width - 2 * base.margin - GAP) / 2);
  const texts = [...words, detail].map((text) => measure(text, 12, false));
  const content = Math.max(measure(group.name, 15, true), ...texts);
  const width = Math.max(72, Math.min(content + 2 * PADDING, room));
  const x = before ? before.x + (before.width - width) / 2 : 0;
  const lines = [...words, detail].flatMap((text) => wrapped(text, width - 2 * PADDING, measure));
  const height = books ? HEIGHT + LEADING * (lines.length - 1) : (before?.height ?? HEIGHT);
  const parts = [{ key: group.key, nodes: group.members, x, width, side: "" }];
  const { key, name } = group;
  const kind = other ? "other" : "group";
  const y = before ? before.y + (before.height - height) / 2 : 0;
  const box = { key, kind, name, detail, x, y, width, height, parts, words, told, amount: "" };
  return /** @type {Box} */ (books ? { ...box, lines } : box);
}

/**
 * A text on lines that have room.
 * @param {string} text
 * @param {number} room
 * @param {Measure} measure
 */
function wrapped(text, room, measure) {
  /** @type {string[]} */
  const lines = [];
  for (const word of text.split(" ")) {
    const longer = lines.length ? `${lines[lines.length - 1]} ${word}` : word;
    if (lines.length && measure(longer, 12, false) <= room) lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  return lines;
}

/**
 * What no group holds of a word's tokens.
 * @param {Box} box
 * @param {Graph} graph
 * @param {number[]} wordAt
 * @param {Set<number>} taken
 * @returns {Box}
 */
function wordBox(box, graph, wordAt, taken) {
  const number = Number(box.key.slice(box.key.lastIndexOf("-") + 1));
  const nodes = [];
  for (let node = 0; node < graph.size; node++) {
    const here = graph.kinds[node] === EMBEDDING && wordAt[graph.positions[node]] === number;
    if (here && !taken.has(node)) nodes.push(node);
  }
  return withNodes(box, nodes);
}

/** @param {Box} box @param {number[]} nodes @returns {Box} */
function withNodes(box, nodes) {
  const [part] = box.parts;
  return nodes.join() === part.nodes.join() ? box : { ...box, parts: [{ ...part, nodes }] };
}

/**
 * @param {Picture} base
 * @param {Group | undefined} named  a group that holds the answer names it
 * @param {number} target
 * @returns {Box}
 */
function answerBox(base, named, target) {
  const box = /** @type {Box} */ (base.boxes.find((one) => one.kind === "answer"));
  const nodes = named?.members ?? [target];
  const [part] = box.parts;
  const name = named?.name ?? box.name;
  if (nodes.join() === part.nodes.join() && name === box.name) return box;
  return { ...box, name, parts: [{ ...part, nodes }] };
}

/**
 * How many nodes of what kind, and at which layers.
 * @param {Graph} graph
 * @param {number[]} members
 */
function describeMembers(graph, members) {
  const kinds = new Set(members.map((node) => graph.kinds[node]));
  const only = (/** @type {number} */ kind) => kinds.size === 1 && kinds.has(kind);
  const noun = only(EMBEDDING) ? "word" : only(FEATURE) ? graph.meta.noun : "node";
  const count = `${members.length}\u00a0${noun}${members.length === 1 ? "" : "s"}`;
  const layers = members
    .filter((node) => graph.kinds[node] === FEATURE || graph.kinds[node] === ERROR)
    .map((node) => graph.layers[node]);
  if (!layers.length) return count;
  const [low, high] = [Math.min(...layers), Math.max(...layers)];
  const where = low === high ? `layer\u00a0${low}` : `layers\u00a0${low}–${high}`;
  return `${where}, ${count}`;
}
