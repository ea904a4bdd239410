// Annotations with a reader's edits in them, and the graph as it reads with these. Pure.
import { groupsByNode } from "../graph/graph.js";
import { excluding, including, resolve } from "../graph/references.js";

/** @typedef {import("../graph/graph.js").Graph} Graph */
/** @typedef {import("../state/work.js").Annotations} Annotations */
/** @typedef {import("../state/work.js").Group} Group */
/** @typedef {import("../state/work.js").Work} Work */

/**
 * The annotations with the work in them. Entries that nobody touched stay the same objects.
 * @param {Graph} graph
 * @param {Annotations} annotations
 * @param {Work} work
 * @returns {Annotations}
 */
export function combined(graph, annotations, work) {
  const groups = merged(annotations.groups, work.groups);
  return {
    labels: merged(annotations.labels, work.labels),
    groups,
    pins: pinsOf(graph, annotations, work, groups),
  };
}

/**
 * @template T
 * @param {Record<string, T>} before
 * @param {Record<string, T | null>} changes
 * @returns {Record<string, T>}
 */
function merged(before, changes) {
  /** @type {Record<string, T>} */
  const all = { ...before };
  for (const [key, entry] of Object.entries(changes)) {
    if (entry === null) delete all[key];
    else if (!same(entry, before[key])) all[key] = entry;
  }
  return all;
}

/**
 * Pins that name a group which is gone are gone with it.
 * @param {Graph} graph
 * @param {Annotations} annotations
 * @param {Work} work
 * @param {Record<string, Group>} groups
 */
function pinsOf(graph, annotations, work, groups) {
  const gone = (/** @type {string} */ pin) => pin.startsWith("group:") && !groups[pin.slice(6)];
  const kept = annotations.pins.filter((pin) => !gone(pin));
  const changes = Object.entries(work.pins).filter(([id, on]) => {
    const node = graph.indexOf.get(id);
    return node !== undefined && on !== graph.pins.includes(node);
  });
  if (!changes.length) return kept;
  let pins = annotations.pins.length ? kept : graph.pins.map((node) => graph.ids[node]);
  for (const [id, on] of changes) {
    const node = graph.indexOf.get(id) ?? -1;
    pins = on ? including(graph, pins, node, groups) : excluding(graph, pins, node, groups);
  }
  return pins;
}

/** @param {unknown} a @param {unknown} b */
const same = (a, b) => JSON.stringify(sorted(a)) === JSON.stringify(sorted(b));

/** @param {unknown} value @returns {unknown} */
const sorted = (value) =>
  value && typeof value === "object" && !Array.isArray(value)
    ? Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
    : value;

/**
 * Work without what the annotations say already: a proposal that was accepted is no edit any more.
 * @param {Graph} graph
 * @param {Annotations} annotations
 * @param {Work} work
 * @returns {Work}
 */
export function unsent(graph, annotations, work) {
  const kept = (/** @type {"labels" | "groups"} */ name) =>
    Object.fromEntries(
      Object.entries(work[name]).filter(
        ([key, entry]) => !same(entry, annotations[name][key] ?? null),
      ),
    );
  const pinned = (/** @type {[string, boolean]} */ [id, on]) =>
    on !== graph.pins.includes(graph.indexOf.get(id) ?? -1);
  return {
    ...work,
    labels: /** @type {Work["labels"]} */ (kept("labels")),
    groups: /** @type {Work["groups"]} */ (kept("groups")),
    pins: Object.fromEntries(Object.entries(work.pins).filter(pinned)),
  };
}

/**
 * How many edits there are to send.
 * @param {Work} work
 */
export const amount = ({ labels, groups, pins }) =>
  Object.keys(labels).length + Object.keys(groups).length + Object.keys(pins).length;

/**
 * The graph as it reads with the annotations: other names and groups, the same nodes and links.
 * @param {Graph} graph
 * @param {Annotations} before
 * @param {Annotations} after
 */
export function renamed(graph, before, after) {
  const labels = [...graph.labels];
  const bylines = new Map(graph.bylines);
  for (const key of new Set([...Object.keys(before.labels), ...Object.keys(after.labels)])) {
    if (before.labels[key] === after.labels[key]) continue;
    for (const node of resolve(graph, key)) relabel(graph, after, node, labels, bylines);
  }
  const groups =
    Object.keys(after.groups).length || Object.keys(before.groups).length
      ? Object.entries(after.groups)
          .map(([key, group]) => toGroup(graph, key, group, before.groups[key]))
          .filter((group) => group.members.length)
      : graph.groups;
  return { labels, bylines, groups, groupsOf: groupsByNode(groups, graph.size) };
}

/**
 * One position's own label wins over the feature's at every position.
 * @param {Graph} graph
 * @param {Annotations} annotations
 * @param {number} node
 * @param {(string | null)[]} labels
 * @param {Graph["bylines"]} bylines
 */
function relabel(graph, annotations, node, labels, bylines) {
  const id = graph.ids[node];
  const label = annotations.labels[id] ?? annotations.labels[id.slice(0, id.lastIndexOf("_"))];
  if (label) {
    labels[node] = label.text;
    bylines.set(node, {
      by: label.by ?? null,
      confidence: label.confidence ?? null,
      note: label.note ?? null,
    });
  } else if (bylines.delete(node)) labels[node] = null;
}

/**
 * @param {Graph} graph
 * @param {string} key
 * @param {Group} group
 * @param {Group | undefined} before  as the page has it, whose note is without markup there
 * @returns {import("../graph/graph.js").Group}
 */
function toGroup(graph, key, group, before) {
  const shown = before === group && graph.groups.find((one) => one.key === key);
  if (shown) return shown;
  const { name, by = null, note = null } = group;
  const listed = [...new Set(group.nodes.flatMap((one) => resolve(graph, one)))];
  return { key, name, by, note, members: [...listed].sort((a, b) => a - b), listed };
}
