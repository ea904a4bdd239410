// The annotation file as it would be with somebody's edits in it: the fewest lines change. Pure.
import {
  addedLines,
  apply,
  lineEndOf,
  lineStart,
  list,
  mapping,
  quoted,
  replaced,
  reshaped,
  scalar,
} from "./yaml_text.js";

/** @typedef {import("../state/work.js").Annotations} Annotations */
/** @typedef {import("../state/work.js").Label} Label */
/** @typedef {import("../state/work.js").Group} Group */
/** @typedef {import("./yaml_text.js").Tree} Tree */
/** @typedef {import("./yaml_text.js").Edit} Edit */
/** @typedef {import("./yaml_text.js").Item} Item */

/**
 * @typedef {object} Written  The file as it is.
 * @property {string | null} text  null where there is none
 * @property {Tree | null} tree
 * @property {number} revision  of the graph
 * @property {Annotations} annotations
 */

/** @typedef {"labels" | "groups" | "pins"} Section */

const SECTIONS = /** @type {const} */ (["labels", "groups", "pins"]);

/**
 * @param {Written} written
 * @param {Annotations} wanted
 * @returns {string}
 */
export function proposedText(written, wanted) {
  const { text, tree, annotations } = written;
  if (text === null) return newFile(written.revision, wanted);
  const items = new Map((tree?.items ?? []).map((item) => [item.key, item]));
  /** @type {Edit[]} */
  const edits = [];
  const removed = new Set();
  /** @type {Section[]} */
  const added = [];
  for (const name of SECTIONS) {
    const item = items.get(name);
    if (!item && !isEmpty(wanted[name])) added.push(name);
    else if (item && isEmpty(wanted[name]) && !isEmpty(annotations[name])) removed.add(item);
    else if (item && isBare(item.node) && !tree?.flow)
      edits.push(...filled(text, item.node, name, wanted));
    else if (item) edits.push(...sectionEdits(text, item.node, name, annotations, wanted));
  }
  return apply(text, [...edits, ...rootEdits(text, tree, removed, added, wanted)]);
}

/**
 * @param {string} text
 * @param {Tree | null} tree
 * @param {Set<Item>} removed
 * @param {Section[]} added
 * @param {Annotations} wanted
 * @returns {Edit[]}
 */
function rootEdits(text, tree, removed, added, wanted) {
  if (!removed.size && !added.length) return [];
  const lines = added.flatMap((name) => sectionLines(name, wanted));
  const end = lineEndOf(text);
  if (!tree) return [addedLines(text, text.length, lines)];
  if (!tree.items) {
    const fresh = tree.at[0] === lineStart(text, tree.at[0]) ? "" : end;
    return [replaced(tree, fresh + lines.map((line) => line + end).join(""))];
  }
  if (tree.flow)
    return reshaped(
      text,
      tree,
      removed,
      added.map((name) => inOneLine(name, wanted)),
    );
  const indent = text.slice(lineStart(text, tree.at[0]), tree.at[0]);
  const edits = reshaped(text, tree, removed, []);
  if (!lines.length) return edits;
  return [
    ...edits,
    addedLines(
      text,
      tree.at[1],
      lines.map((line) => indent + line),
    ),
  ];
}

/**
 * @param {string} text
 * @param {Tree} tree
 * @param {Section} name
 * @param {Annotations} annotations
 * @param {Annotations} wanted
 * @returns {Edit[]}
 */
function sectionEdits(text, tree, name, annotations, wanted) {
  if (name === "pins") return listEdits(text, tree, annotations.pins, wanted.pins);
  const before = annotations[name];
  const after = wanted[name];
  const items = tree.items ?? [];
  const edits = items.flatMap((item) => {
    const [was, is] = [before[item.key ?? ""], after[item.key ?? ""]];
    return is && is !== was ? entryEdits(text, item.node, was, is) : [];
  });
  const removed = new Set(items.filter((item) => !after[item.key ?? ""]));
  const added = Object.keys(after).filter((key) => !(key in before));
  const entries = added.map((key) => entryText(name, key, after[key]));
  return [...edits, ...reshaped(text, tree, removed, entries)];
}

/**
 * @param {string} text
 * @param {Tree} tree
 * @param {Label | Group} before
 * @param {Label | Group} after
 * @returns {Edit[]}
 */
function entryEdits(text, tree, before, after) {
  const was = /** @type {Record<string, any>} */ (before);
  const is = Object.fromEntries(fieldsOf(after));
  const items = tree.items ?? [];
  const edits = items.flatMap((item) => {
    const name = item.key ?? "";
    if (name === "nodes")
      return listEdits(text, item.node, was.nodes, /** @type {Group} */ (after).nodes);
    return name in is && is[name] !== fieldText(was[name]) ? [replaced(item.node, is[name])] : [];
  });
  const removed = new Set(items.filter((item) => !((item.key ?? "") in is)));
  const added = Object.keys(is).filter((name) => !items.some((item) => item.key === name));
  return [
    ...edits,
    ...reshaped(
      text,
      tree,
      removed,
      added.map((name) => `${name}: ${is[name]}`),
    ),
  ];
}

/**
 * @param {string} text
 * @param {Tree} tree
 * @param {readonly string[]} before
 * @param {readonly string[]} after
 * @returns {Edit[]}
 */
function listEdits(text, tree, before, after) {
  const items = tree.items ?? [];
  const removed = new Set(items.filter((_, at) => !after.includes(before[at])));
  const added = after.filter((one) => !before.includes(one)).map(quoted);
  return reshaped(text, tree, removed, added);
}

/**
 * A section that holds nothing becomes a block of lines.
 * @param {string} text
 * @param {Tree} tree
 * @param {Section} name
 * @param {Annotations} wanted
 * @returns {Edit[]}
 */
function filled(text, tree, name, wanted) {
  if (isEmpty(wanted[name])) return [];
  if (name === "pins") return [replaced(tree, list(wanted.pins))];
  const start = text.slice(0, tree.at[0]).trimEnd().length;
  const lines = sectionLines(name, wanted).slice(1);
  const end = lineEndOf(text);
  const indent = /^ */.exec(text.slice(lineStart(text, start)))?.[0] ?? "";
  const made = lines.map((line) => end + indent + line).join("");
  return [{ from: start, to: tree.at[1], text: made }];
}

/** @param {Tree} tree */
const isBare = (tree) => !tree.items?.length;

/** @param {object} section */
const isEmpty = (section) => Object.keys(section).length === 0;

/**
 * @param {number} revision
 * @param {Annotations} wanted
 */
function newFile(revision, wanted) {
  const sections = SECTIONS.filter((name) => !isEmpty(wanted[name]));
  const lines = sections.flatMap((name) => sectionLines(name, wanted));
  return [`revision: ${revision}`, ...lines].map((line) => `${line}\n`).join("");
}

/**
 * @param {Section} name
 * @param {Annotations} wanted
 * @returns {string[]}
 */
function sectionLines(name, wanted) {
  if (name === "pins") return [`pins: ${list(wanted.pins)}`];
  return [`${name}:`, ...entriesOf(name, wanted).map((entry) => `  ${entry}`)];
}

/** @param {Section} name @param {Annotations} wanted */
const inOneLine = (name, wanted) =>
  name === "pins"
    ? `pins: ${list(wanted.pins)}`
    : `${name}: {${entriesOf(name, wanted).join(", ")}}`;

/** @param {"labels" | "groups"} name @param {Annotations} wanted */
const entriesOf = (name, wanted) =>
  Object.entries(wanted[name]).map(([key, entry]) => entryText(name, key, entry));

/** @param {"labels" | "groups"} section @param {string} key @param {Label | Group} entry */
const entryText = (section, key, entry) =>
  `${section === "labels" ? quoted(key) : key}: ${mapping(fieldsOf(entry))}`;

/**
 * Fields as they are written, in the order in which people write them.
 * @param {Label | Group} entry
 * @returns {[string, string][]}
 */
function fieldsOf(entry) {
  const names = ["text", "name", "nodes", "by", "confidence", "note"];
  const fields = /** @type {Record<string, any>} */ (entry);
  return names
    .filter((name) => fields[name]?.length)
    .map((name) => [name, fieldText(fields[name])]);
}

/** @param {string | string[]} value */
const fieldText = (value) => (Array.isArray(value) ? list(value) : scalar(value ?? ""));
