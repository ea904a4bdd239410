/** Full-text search over the whole site. The index is loaded at the first query, from this site. */

const SHOWN = 20;
const form = /** @type {HTMLElement} */ (document.getElementById("search-form"));
const words = /** @type {HTMLInputElement} */ (document.getElementById("search-words"));
const status = /** @type {HTMLElement} */ (document.getElementById("search-status"));
const results = /** @type {HTMLElement} */ (document.getElementById("search-results"));
const root = new URL("../", location.href);

/** Scripts written without spaces, as `tracer/site/pages/unspaced.py` has them: there each sign is a word. */
const SCRIPTS =
  "\\u0e00-\\u0eff\\u0f00-\\u109f\\u1780-\\u17ff" +
  "\\u1100-\\u11ff\\u3130-\\u318f\\ua960-\\ua97f\\uac00-\\ud7ff" +
  "\\u3005-\\u3007\\u3021-\\u3029\\u3038-\\u303b\\u3041-\\u30ff\\u31f0-\\u31ff\\uff66-\\uff9d" +
  "\\u3100-\\u312f\\u31a0-\\u31bf\\u3400-\\u4dbf\\u4e00-\\u9fff\\uf900-\\ufaff" +
  "\\u{1aff0}-\\u{1b16f}\\u{20000}-\\u{3ffff}";
const SIGN = new RegExp(`[${SCRIPTS}]`, "u");
const UNIT = new RegExp(`[${SCRIPTS}]\\p{M}*|(?:(?![${SCRIPTS}])[\\p{L}\\p{N}\\p{M}_])+`, "gu");
const JOINER = "\u2060";
/** A feature in any spelling: `22/580`, `22_580`, `22-580`, `L22 N580`, with a position or without. */
const FEATURE =
  /(^|\s)(?:l(?:ayer)?\s?(\d+)[\s/_,-]*(?:n(?:euron)?|f(?:eature)?)\s?(\d+)|(\d{1,3})[/_-](\d+)(?:[/_-]\d+)?)(?=\s|$)/gi;
const FEATURES = { filters: { kind: "feature" } };

/** @typedef {{text: string, marked: boolean}} Piece */

/** @type {Promise<any> | undefined} */
let loading;
let asked = 0;

function load() {
  loading ??= import(new URL("pagefind/pagefind.js", root).href).then(async (pagefind) => {
    await pagefind.options({ baseUrl: root.pathname });
    return pagefind;
  });
  return loading;
}

/** Features as their pages spell them for this. */
const spelled = (/** @type {string} */ query) =>
  query.replace(
    FEATURE,
    (_, before, layer, number, first, second) => `${before}L${layer ?? first}N${number ?? second}`,
  );

/** What to ask for: signs in a row as one phrase each, all other words together. */
function questions(/** @type {string} */ query) {
  const words = query.normalize("NFC").split(/\s+/);
  const phrases = words.filter((word) => SIGN.test(word));
  const plain = words.filter((word) => !SIGN.test(word)).join(" ");
  const inRow = phrases.map((word) => `"${(word.match(UNIT) ?? []).join(" ")}"`);
  return plain ? [...inRow, plain] : inRow;
}

/** The pages that answer every question, best first; excerpts are those of the first one. */
async function find(/** @type {any} */ pagefind, /** @type {string} */ query) {
  // A sign is a word in the index, and takes less room than a word.
  await pagefind.options({ excerptLength: SIGN.test(query) ? 72 : 24 });
  if (!SIGN.test(query)) return (await pagefind.search(query)).results;
  const found = await Promise.all(
    questions(query).map(async (one) => (await pagefind.search(one)).results),
  );
  const scores = found.map(
    (results) => new Map(results.map((/** @type {any} */ one) => [one.id, one.score])),
  );
  const score = (/** @type {any} */ one) =>
    scores.reduce((sum, of) => sum + (of.get(one.id) ?? 0), 0);
  return found[0]
    .filter((/** @type {any} */ one) => scores.every((of) => of.has(one.id)))
    .sort((/** @type {any} */ a, /** @type {any} */ b) => score(b) - score(a));
}

/** The text as it was before its words were cut up: a joiner and the space behind it go. */
function whole(/** @type {Piece[]} */ pieces) {
  let cut = false;
  /** @type {Piece[]} */
  const made = [];
  for (const { text, marked } of pieces) {
    /** @type {string} */
    const found = cut ? text.replace(/^ /, "") : text;
    cut = found.endsWith(JOINER) || (cut && text === "");
    const rest = found.replaceAll(`${JOINER} `, "").replaceAll(JOINER, "");
    const last = made.at(-1);
    if (last && last.marked === marked) last.text += rest;
    else if (rest) made.push({ text: rest, marked });
  }
  return made;
}

/** Pagefind marks what it found with `<mark>`; nothing but text and these marks is taken over. */
function excerpt(/** @type {string} */ html) {
  const parsed = new DOMParser().parseFromString(html, "text/html");
  const line = document.createElement("p");
  const pieces = [...parsed.body.childNodes].map((node) => ({
    text: node.textContent ?? "",
    marked: node.nodeName === "MARK",
  }));
  for (const { text, marked } of whole(pieces)) {
    const mark = marked ? document.createElement("mark") : null;
    mark?.append(text);
    line.append(mark ?? text);
  }
  line.dir = "auto";
  return line;
}

function item(/** @type {any} */ found) {
  const entry = document.createElement("li");
  const link = document.createElement("a");
  link.href = found.url;
  link.textContent = whole([{ text: found.meta.title ?? found.url, marked: false }])[0]?.text ?? "";
  const title = document.createElement("h2");
  title.dir = "auto";
  title.append(link);
  entry.append(title, excerpt(found.excerpt));
  return entry;
}

/** Pages of graphs and texts before those of features, which are many. */
async function ordered(/** @type {any} */ pagefind, /** @type {string} */ query) {
  const wanted = spelled(query);
  let found = await find(pagefind, wanted);
  if (!found.length && wanted !== query) found = await find(pagefind, query);
  const kinds = await pagefind.filters();
  if (!kinds.kind) return { pages: found, features: [] };
  const { results } = await pagefind.search(null, FEATURES);
  const ids = new Set(results.map((/** @type {any} */ one) => one.id));
  const isFeature = (/** @type {any} */ one) => ids.has(one.id);
  const features = found.filter(isFeature);
  return { pages: found.filter((/** @type {any} */ one) => !isFeature(one)), features };
}

/** In words. */
function counted(/** @type {number} */ pages, /** @type {number} */ features) {
  const parts = [pages === 1 ? "1 page" : `${pages} pages`];
  if (features) parts.push(features === 1 ? "1 feature" : `${features} features`);
  return features && !pages ? parts[1] : parts.join(" and ");
}

async function search() {
  const query = words.value.trim();
  const turn = ++asked;
  const address = new URL(location.href);
  if (query) address.searchParams.set("q", query);
  else address.searchParams.delete("q");
  history.replaceState(null, "", address);
  if (!query) {
    status.textContent = "";
    results.replaceChildren();
    return;
  }
  try {
    const pagefind = await load();
    const { pages, features } = await ordered(pagefind, query);
    const found = [...pages.slice(0, SHOWN), ...features.slice(0, SHOWN)];
    const shown = await Promise.all(found.map((/** @type {any} */ one) => one.data()));
    if (turn !== asked) return;
    const count = counted(pages.length, features.length);
    const cut = pages.length + features.length > found.length;
    status.textContent = cut ? `${count}; the first ${found.length} are shown` : count;
    results.replaceChildren(...shown.map(item));
  } catch {
    if (turn === asked) status.textContent = "The search index could not be loaded.";
    loading = undefined;
  }
}

form.hidden = false;
status.textContent = "";
form.addEventListener("submit", (event) => event.preventDefault());
words.addEventListener("input", search);
words.value = new URLSearchParams(location.search).get("q") ?? "";
if (words.value) search();
