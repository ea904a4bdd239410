// A reader's names and groups in an address, as the viewers of circuit-tracer and Neuronpedia write
// them. `v=1` marks an address of ours, whose list of groups is complete. What such an address says
// is taken for data: ids that this graph has not are left out and told.
import { oneLine } from "./edit_form.js";
import { nodesOf, nodesOfAll } from "../graph/node_names.js";
import { freeKey, featureKey, resolve } from "../graph/references.js";
import { NO_WORK } from "../state/work.js";

/** @typedef {import("../graph/graph.js").Graph} Graph */
/** @typedef {import("../state/work.js").Annotations} Annotations */
/** @typedef {import("../state/work.js").Work} Work */

export const WORK_NAMES = ["v", "supernodes", "clerps", "hide"];
/** Beyond this many characters programs begin to cut addresses off. */
export const LONGEST = 6000;

/**
 * Work that makes an address too long stays out of it.
 * @param {URLSearchParams} given
 * @param {Graph} graph
 * @param {Work} work
 */
export function writeShortWork(given, graph, work) {
  writeWork(given, graph, work);
  if (given.toString().length > LONGEST) for (const name of WORK_NAMES) given.delete(name);
}

/**
 * @param {URLSearchParams} given
 * @param {Graph} graph  with the names and groups of now
 * @param {Work} work
 */
export function writeWork(given, graph, work) {
  for (const name of WORK_NAMES) given.delete(name);
  const labels = Object.entries(work.labels);
  if (Object.keys(work.groups).length) {
    const groups = graph.groups;
    const rows = groups.map(({ name, listed }) => [name, ...listed.map((one) => graph.ids[one])]);
    given.set("supernodes", JSON.stringify(rows));
  }
  if (labels.length) {
    given.set("clerps", JSON.stringify(labels.map(([key, label]) => [key, label?.text ?? ""])));
  }
  if (work.hidden.length) given.set("hide", work.hidden.join(","));
  if (WORK_NAMES.some((name) => given.has(name))) given.set("v", "1");
}

/**
 * @param {Graph} graph
 * @param {Annotations} annotations
 * @param {string} query
 * @returns {{work: Work, left: string[]}}  and what this graph knows nothing of
 */
export function readWork(graph, annotations, query) {
  const given = new URLSearchParams(query);
  /** @type {string[]} */
  const left = [];
  const work = {
    ...NO_WORK,
    labels: labelsFrom(graph, rowsOf(given, "clerps", left), left),
    groups: groupsFrom(graph, annotations, rowsOf(given, "supernodes", left), given.has("v"), left),
    hidden: idsIn(graph, given.get("hide")?.split(",") ?? [], left),
  };
  for (const name of ["pinnedIds", "clickedId"]) {
    idsIn(graph, given.get(name)?.split(",") ?? [], left);
  }
  return { work, left: [...new Set(left)] };
}

/**
 * Rows of text in a parameter; null where it is not there.
 * @param {URLSearchParams} given
 * @param {string} name
 * @param {string[]} left
 * @returns {string[][] | null}
 */
function rowsOf(given, name, left) {
  const text = given.get(name);
  if (!text || text === "null") return null;
  try {
    const rows = JSON.parse(text);
    if (Array.isArray(rows)) {
      return rows.filter(Array.isArray).map((row) => row.map((one) => String(one ?? "")));
    }
  } catch {
    // told below
  }
  left.push(`${name}, which cannot be read`);
  return null;
}

/**
 * @param {Graph} graph
 * @param {string[][] | null} rows
 * @param {string[]} left
 */
function labelsFrom(graph, rows, left) {
  /** @type {Work["labels"]} */
  const labels = {};
  if (!rows) return labels;
  for (const [name = "", text = ""] of rows) {
    const keys = labelKeys(graph, name);
    if (!keys.length) left.push(name);
    for (const key of keys) labels[key] = oneLine(text) ? { text: oneLine(text) } : null;
  }
  return labels;
}

/**
 * What labels call the nodes that a name means: one feature wherever it stands, or each node.
 * @param {Graph} graph
 * @param {string} name
 * @returns {string[]}
 */
function labelKeys(graph, name) {
  const nodes = nodesOf(graph, name);
  if (graph.indexOf.has(name)) return [name];
  const key = nodes.length ? featureKey(graph.ids[nodes[0]]) : null;
  if (key && resolve(graph, key).join() === nodes.join()) return [key];
  return nodes.map((node) => graph.ids[node]);
}

/**
 * @param {Graph} graph
 * @param {Annotations} annotations
 * @param {string[][] | null} rows
 * @param {boolean} complete  groups that are not listed were taken away
 * @param {string[]} left
 */
function groupsFrom(graph, annotations, rows, complete, left) {
  /** @type {Work["groups"]} */
  const groups = {};
  if (!rows) return groups;
  const before = Object.entries(annotations.groups);
  const kept = new Set();
  for (const [label = "", ...ids] of rows) {
    const nodes = idsIn(graph, ids, left);
    const name = oneLine(label) || "a group";
    if (!nodes.length) continue;
    const [key, old] = before.find(([, group]) => group.name === name) ?? [];
    if (key === undefined) {
      groups[freeKey(name, (one) => one in groups || one in annotations.groups)] = { name, nodes };
    } else {
      kept.add(key);
      const shown = graph.groups.find((group) => group.key === key);
      const same =
        shown?.members
          .map((node) => graph.ids[node])
          .sort()
          .join() === [...nodes].sort().join();
      if (!same) groups[key] = { ...old, name, nodes };
    }
  }
  if (complete) for (const [key] of before) if (!kept.has(key)) groups[key] = null;
  return groups;
}

/**
 * @param {Graph} graph
 * @param {string[]} ids
 * @param {string[]} left
 */
function idsIn(graph, ids, left) {
  const named = ids.filter((id) => id && id !== "null");
  left.push(...named.filter((id) => !nodesOf(graph, id).length));
  return nodesOfAll(graph, named).map((node) => graph.ids[node]);
}

/**
 * What was left out of an address, on one line.
 * @param {string[]} left
 */
export function describeLeft(left) {
  if (!left.length) return "";
  const few = left.slice(0, 3).map((one) => (one.length > 40 ? `${one.slice(0, 39)}…` : one));
  const more = left.length > 3 ? ` and ${left.length - 3} more` : "";
  return `Left out of the link, as this graph has no such thing: ${few.join(", ")}${more}.`;
}
