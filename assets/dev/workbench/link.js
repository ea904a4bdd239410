// Links: a model, a prompt, what is asked about it, limits, and pokes. Opening one fills the form and starts
// nothing.

/** @typedef {import("./work.js").Poke} Poke */

const TEXTS = ["prompt", "counterfactual", "model", "features", "precision"];
const MOST_POKES = 40;

/**
 * @typedef {object} Linked
 * @property {string | null} session
 * @property {string | null} graph  of the gallery
 * @property {any} asked  null where the link asks nothing
 * @property {Poke[]} pokes
 */

/**
 * @param {string} search
 * @returns {Linked}
 */
export function readLink(search) {
  const given = new URLSearchParams(search);
  /** @type {any} */
  const asked = {};
  for (const name of TEXTS) if (given.has(name)) asked[name] = given.get(name);
  if (given.has("target")) asked.target = word(given.get("target") ?? "");
  if (given.has("contrast")) asked.contrast = given.getAll("contrast").map(word);
  const chat = parsed(given.get("chat"));
  if (Array.isArray(chat)) asked.chat = chat;
  const settings = parsed(given.get("settings"));
  if (settings && typeof settings === "object") asked.settings = settings;
  const pokes = parsed(given.get("pokes"));
  return {
    session: given.get("session"),
    graph: given.get("graph"),
    asked: asked.prompt || asked.chat ? asked : null,
    pokes: Array.isArray(pokes) ? pokes.slice(0, MOST_POKES).map(whole) : [],
  };
}

/**
 * @param {any} asked
 * @param {Poke[]} pokes
 * @param {string | undefined} graph  of the gallery, where it is one's
 */
export function linkTo(asked, pokes, graph) {
  const given = new URLSearchParams();
  if (graph) given.set("graph", graph);
  else {
    for (const name of TEXTS) if (asked[name]) given.set(name, asked[name]);
    if (asked.chat) given.set("chat", JSON.stringify(asked.chat));
    if (Object.keys(asked.settings ?? {}).length)
      given.set("settings", JSON.stringify(asked.settings));
    if (asked.target) given.set("target", written(asked.target));
    for (const one of asked.contrast ?? []) given.append("contrast", written(one));
  }
  if (pokes.length) given.set("pokes", JSON.stringify(pokes));
  return `${location.origin}/workbench/?${given}`;
}

/** @param {any} poke @returns {Poke} */
const whole = (poke) => ({ kind: "ablate", name: "?", value: 0, on: true, nodes: [], ...poke });

/** A word is text, or its number in the vocabulary. @param {any} one */
const written = (one) => (typeof one === "string" ? one : JSON.stringify(one));

/** @param {string} text */
const word = (text) => (/^\{"id":\d+\}$/.test(text) ? JSON.parse(text) : text);

/** @param {string | null} text */
function parsed(text) {
  try {
    return text === null ? null : JSON.parse(text);
  } catch {
    return null;
  }
}
