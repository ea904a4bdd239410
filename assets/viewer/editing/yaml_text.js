// Edits a YAML text without a parser, from a tree of where everything stands in it: what is not
// changed keeps its place, its spelling and its comments. Pure.
//
// By hand, for npm's `yaml` (2.9, 30 KB gzipped) writes a whole file anew: comments stay, but 50 of the
// 118 lines of our own examples change that nobody touched, and all of a file with CRLF. Its token
// tree keeps them and leaves taking entries out and putting some in to its caller, which is this module.

/**
 * @typedef {object} Tree
 * @property {[number, number]} at
 * @property {boolean} [flow]  in brackets, as opposed to a block of lines
 * @property {Item[]} [items]
 *
 * @typedef {{key?: string, from: number, node: Tree}} Item
 * @typedef {{from: number, to: number, text: string}} Edit
 */

/** Words that some readers of YAML take for something else than text. */
const WORDS = /^(?:null|true|false|yes|no|on|off|y|n)$/i;
const PLAIN = /^[A-Za-z](?:[A-Za-z0-9 ()'/_.+-]*[A-Za-z0-9()'/_.+-])?$/;
/** Characters that YAML takes for line breaks or refuses, where JSON lets them stand. */
const UNSAFE = /[\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff]/g;

/**
 * Plain words stay plain; anything else is quoted as JSON, which YAML reads too.
 * @param {string} text
 */
export const scalar = (text) => (PLAIN.test(text) && !WORDS.test(text) ? text : quoted(text));

/** Without NUL and halves of characters, which no annotation file may hold. @param {string} text */
export const quoted = (text) =>
  JSON.stringify(text.replace(/[\0\p{Cs}]/gu, "\ufffd")).replace(
    UNSAFE,
    (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );

/** @param {readonly string[]} ids */
export const list = (ids) => `[${ids.map(quoted).join(", ")}]`;

/**
 * One entry on one line.
 * @param {[string, string][]} fields  names, and values as they are written
 */
export const mapping = (fields) => `{${fields.map((field) => field.join(": ")).join(", ")}}`;

/** @param {string} text */
export const lineEndOf = (text) => (text.includes("\r\n") ? "\r\n" : "\n");

/**
 * @param {string} text
 * @param {Edit[]} edits  which do not overlap; at one place, the first comes first
 */
export function apply(text, edits) {
  const order = edits.map((edit, at) => ({ ...edit, at }));
  order.sort((a, b) => a.from - b.from || a.to - b.to || a.at - b.at);
  let made = "";
  let place = 0;
  for (const edit of order) {
    made += text.slice(place, edit.from) + edit.text;
    place = edit.to;
  }
  return made + text.slice(place);
}

/**
 * @param {Tree} tree
 * @param {string} text
 * @returns {Edit}
 */
export const replaced = (tree, text) => ({ from: tree.at[0], to: tree.at[1], text });

/**
 * Takes items out of a collection and adds others at its end; at least one item must be left.
 * @param {string} text  the whole file
 * @param {Tree} tree
 * @param {Set<Item>} removed
 * @param {string[]} added  each on one line, for a list without its dash
 * @returns {Edit[]}
 */
export function reshaped(text, tree, removed, added) {
  const items = tree.items ?? [];
  if (!removed.size && !added.length) return [];
  if (!tree.flow) return inLines(text, items, removed, added);
  if (items.length === removed.size) {
    return [{ from: tree.at[0] + 1, to: tree.at[1] - 1, text: added.join(", ") }];
  }
  return inBrackets(items, removed, added);
}

/**
 * A removed item takes the comma before it along; one without a kept item before it, the comma after.
 * @param {Item[]} items
 * @param {Set<Item>} removed
 * @param {string[]} added
 * @returns {Edit[]}
 */
function inBrackets(items, removed, added) {
  const edits = [];
  let kept = false;
  for (const [at, item] of items.entries()) {
    if (!removed.has(item)) kept = true;
    else if (kept) edits.push({ from: items[at - 1].node.at[1], to: item.node.at[1], text: "" });
    else edits.push({ from: item.from, to: items[at + 1].from, text: "" });
  }
  const end = items[items.length - 1].node.at[1];
  const more = added.map((one) => `, ${one}`).join("");
  return more ? [...edits, { from: end, to: end, text: more }] : edits;
}

/**
 * @param {string} text
 * @param {Item[]} items
 * @param {Set<Item>} removed
 * @param {string[]} added
 * @returns {Edit[]}
 */
function inLines(text, items, removed, added) {
  const edits = items
    .filter((item) => removed.has(item))
    .map((item) => ({
      from: lineStart(text, item.from),
      to: nextLine(text, item.node.at[1]),
      text: "",
    }));
  const [first] = items;
  const indent = text.slice(lineStart(text, first.from), first.from);
  const dash = first.key === undefined ? "- " : "";
  const lines = added.map((one) => indent + dash + one);
  if (lines.length) edits.push(addedLines(text, items[items.length - 1].node.at[1], lines));
  return edits;
}

/**
 * Lines put below the one that `place` is in.
 * @param {string} text
 * @param {number} place
 * @param {string[]} lines
 * @returns {Edit}
 */
export function addedLines(text, place, lines) {
  const end = lineEndOf(text);
  const at = nextLine(text, place);
  const whole = at === lineStart(text, at);
  const before = whole ? "" : end;
  return { from: at, to: at, text: before + lines.map((line) => line + end).join("") };
}

/**
 * A mark of byte order is no part of its line.
 * @param {string} text
 * @param {number} place
 */
export function lineStart(text, place) {
  while (place > 0 && !/[\r\n\ufeff]/.test(text[place - 1])) place--;
  return place;
}

/** @param {string} text @param {number} place */
function nextLine(text, place) {
  const rest = text.slice(place).search(/\r\n|\r|\n/);
  if (rest < 0) return text.length;
  const at = place + rest;
  return at + (text.startsWith("\r\n", at) ? 2 : 1);
}
