// What differs between two texts, line by line. Pure.

/** @typedef {{sign: " " | "-" | "+", text: string}} Row */

const AROUND = 2;

/**
 * Lines that stay, go and come, in order, each with its end.
 * @param {string} before
 * @param {string} after
 * @returns {Row[]}
 */
export function lineDiff(before, after) {
  const [a, b] = [linesOf(before), linesOf(after)];
  let head = 0;
  while (head < a.length && head < b.length && a[head] === b[head]) head++;
  let tail = 0;
  const most = Math.min(a.length, b.length) - head;
  while (tail < most && a[a.length - 1 - tail] === b[b.length - 1 - tail]) tail++;
  return [
    ...a.slice(0, head).map(row(" ")),
    ...middleDiff(a.slice(head, a.length - tail), b.slice(head, b.length - tail)),
    ...a.slice(a.length - tail).map(row(" ")),
  ];
}

/** @param {Row["sign"]} sign */
const row = (sign) => (/** @type {string} */ text) => ({ sign, text });

/** With their ends, for a file may have none at its last line. @param {string} text */
const linesOf = (text) => text.match(/[^\n]*\n|[^\n]+$/g) ?? [];

/**
 * By the longest common sequence; what goes is said before what comes.
 * @param {string[]} a
 * @param {string[]} b
 * @returns {Row[]}
 */
function middleDiff(a, b) {
  const longest = Array.from({ length: a.length + 1 }, () => new Uint16Array(b.length + 1));
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      longest[i][j] =
        a[i] === b[j] ? longest[i + 1][j + 1] + 1 : Math.max(longest[i + 1][j], longest[i][j + 1]);
    }
  }
  /** @type {Row[]} */
  const rows = [];
  let [i, j] = [0, 0];
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      rows.push(row(" ")(a[i++]));
      j++;
    } else if (j >= b.length || (i < a.length && longest[i + 1][j] >= longest[i][j + 1])) {
      rows.push(row("-")(a[i++]));
    } else rows.push(row("+")(b[j++]));
  }
  return rows;
}

/**
 * The patch that `git apply` takes.
 * @param {string} file
 * @param {string | null} before  null where the file is new
 * @param {string} after
 */
export function patchText(file, before, after) {
  const rows = lineDiff(before ?? "", after);
  const heads =
    before === null ? ["--- /dev/null", `+++ b/${file}`] : [`--- a/${file}`, `+++ b/${file}`];
  return [...heads, ...hunks(rows)].map((line) => `${line}\n`).join("");
}

/** @param {Row[]} rows */
function hunks(rows) {
  const lines = [];
  let at = 0;
  while (at < rows.length) {
    const first = rows.findIndex((one, index) => index >= at && one.sign !== " ");
    if (first < 0) break;
    let end = first;
    for (let index = first; index < rows.length && index <= end + 2 * AROUND + 1; index++) {
      if (rows[index].sign !== " ") end = index;
    }
    const from = Math.max(at, first - AROUND);
    const to = Math.min(rows.length, end + AROUND + 1);
    lines.push(`@@ ${range("-", rows, from, to)} ${range("+", rows, from, to)} @@`);
    for (const { sign, text } of rows.slice(from, to)) {
      lines.push(sign + text.replace(/\n$/, ""));
      if (!text.endsWith("\n")) lines.push("\\ No newline at end of file");
    }
    at = to;
  }
  return lines;
}

/** @param {"-" | "+"} side @param {Row[]} rows @param {number} from @param {number} to */
function range(side, rows, from, to) {
  const counts = (/** @type {Row} */ one) => one.sign === " " || one.sign === side;
  const start = rows.slice(0, from).filter(counts).length;
  const length = rows.slice(from, to).filter(counts).length;
  return `${side}${length ? start + 1 : start},${length}`;
}
