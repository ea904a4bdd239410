// Texts that make a feature active, what it promotes, and how its activations are spread; fetched
// when the feature is selected, because nobody looks at all of them.
import { select } from "../../vendor/d3.js";
import { make } from "../page/dom.js";
import { keyOf } from "../graph/general.js";
import { fetchOnce } from "../graph/load.js";
import { showNumber, showPercent, showToken } from "../graph/text.js";

/** @typedef {import("../graph/graph.js").Graph} Graph */
/** @typedef {{tokens: string[], tokens_acts_list: number[]}} Example */
/** @typedef {{quantile_name: string, below?: boolean, examples: Example[]}} Quantile */

const AT_FIRST = 3; // examples of a range; the others unfold
const AROUND = 16; // tokens shown on each side of the strongest
const SHADES = 5;
const LOGITS = 10;

/**
 * @param {Graph} graph
 * @param {number} node
 * @returns {HTMLElement | null}  null where the graph has no examples of this feature
 */
export function makeExamples(graph, node) {
  const key = keyOf(graph.ids[node]);
  if (!graph.examples.keys.has(key)) return null;
  const address = `${graph.examples.address}${encodeURIComponent(key)}.json`;
  const body = make(
    "div",
    { class: "examples" },
    make("p", { class: "none" }, "Loading examples …"),
  );
  fetchOnce(address, "the file of examples").then(
    (data) => body.replaceChildren(...showExamples(data, sideOf(graph, node))),
    (error) => body.replaceChildren(make("p", { class: "none" }, `No examples: ${error.message}.`)),
  );
  return body;
}

/**
 * A neuron is active above zero or below, where it promotes what it suppresses above; other
 * features know one side only.
 * @param {Graph} graph
 * @param {number} node
 * @returns {"above" | "below" | null}
 */
function sideOf(graph, node) {
  if (graph.meta.noun !== "neuron") return null;
  return graph.activation[node] < 0 ? "below" : "above";
}

/**
 * What is like the selected node comes first.
 * @param {any} data
 * @param {"above" | "below" | null} side
 */
function showExamples(data, side) {
  /** @type {Quantile[]} */
  const quantiles = data.examples_quantiles;
  const acts = quantiles.flatMap(({ examples }) => examples.flatMap((one) => one.tokens_acts_list));
  const most = Math.max(...acts.map(Math.abs), 0);
  const rare = data.activation_frequency;
  const here = side ? `, ${side} zero as here` : "";
  const ends = [data.top_logits ?? [], data.bottom_logits ?? []];
  const [up, down] = side === "below" ? ends.reverse() : ends;
  const ordered = [...quantiles];
  if (side === "below") ordered.sort((a, b) => Number(b.below ?? false) - Number(a.below ?? false));
  return [
    logits(`Promotes${here}`, up),
    logits(`Suppresses${here}`, down),
    rare === undefined
      ? null
      : make("p", { class: "amount" }, `Active on ${showPercent(rare)} of tokens.`),
    histogram(data),
    ...ordered.map((one) => quantile(one, most)),
    origin(data.found_in),
  ].filter((part) => part !== null);
}

/**
 * Which texts were read, for what they do not hold cannot be found in them.
 * @param {{texts?: string[] | number, tokens?: number} | undefined} from
 */
function origin(from) {
  const texts = typeof from?.texts === "number" ? `${from.texts} texts` : from?.texts?.join(", ");
  if (!texts) return null;
  const tokens = (from?.tokens ?? 0).toLocaleString("en");
  return make("p", { class: "amount" }, `Found in ${tokens} tokens of ${texts}.`);
}

/** @param {string} title @param {string[]} tokens */
function logits(title, tokens) {
  if (!tokens.length) return null;
  return make(
    "div",
    {},
    make("h4", {}, title),
    make(
      "ul",
      { class: "logits", "aria-label": title },
      ...tokens.slice(0, LOGITS).map((token) => make("li", { dir: "auto" }, showToken(token))),
    ),
  );
}

/** @param {Quantile} quantile @param {number} most */
function quantile({ quantile_name: name, below, examples }, most) {
  const lines = examples.map((one) => example(one, most, below ? -1 : 1));
  const rest = lines.slice(AT_FIRST);
  return make(
    "div",
    {},
    make("h4", {}, name),
    ...lines.slice(0, AT_FIRST),
    rest.length ? make("details", {}, make("summary", {}, `${rest.length} more`), ...rest) : null,
  );
}

/**
 * Shaded by activation; the number is there for the pointer and for screen readers, and the
 * strongest token is underlined, so that shade is not all.
 * @param {Example} example
 * @param {number} most
 * @param {1 | -1} sign  whether the strongest is the highest or the lowest
 */
function example({ tokens, tokens_acts_list: acts }, most, sign) {
  const peak = acts.reduce((best, act, at) => (sign * act > sign * acts[best] ? at : best), 0);
  const [from, to] = [Math.max(0, peak - AROUND), Math.min(tokens.length, peak + AROUND + 1)];
  const pieces = tokens.slice(from, to).map((token, index) => {
    const act = acts[from + index];
    const text = token.replace(/\s/g, (space) => (space === " " ? " " : showToken(space)));
    const strongest = from + index === peak ? " strongest" : "";
    const shade = most && Math.round((SHADES * Math.abs(act)) / most);
    if (!shade && !(strongest && act)) return text;
    const below = act < 0 ? " below" : "";
    return make(
      "mark",
      {
        class: `shade-${Math.max(shade, 1)}${below}${strongest}`,
        title: `activation ${showNumber(act)}`,
      },
      text,
    );
  });
  const [before, after] = [from > 0 ? "… " : "", to < tokens.length ? " …" : ""];
  return make("p", { class: "example", dir: "auto" }, before, ...pieces, after);
}

/** @param {any} data */
function histogram({ histogram: counts, act_min: low, act_max: high }) {
  if (!Array.isArray(counts) || !counts.length || !Number.isFinite(high)) return null;
  const most = Math.max(...counts) || 1;
  const range = `from ${showNumber(low ?? 0)} to ${showNumber(high)}`;
  const svg = select(document.createElementNS("http://www.w3.org/2000/svg", "svg"))
    .attr("class", "histogram")
    .attr("viewBox", `0 0 ${counts.length} 20`)
    .attr("preserveAspectRatio", "none")
    .attr("role", "img")
    .attr("aria-label", `How often the feature is how active, ${range}`);
  svg
    .selectAll("rect")
    .data(counts)
    .join("rect")
    .attr("x", (_, at) => at + 0.1)
    .attr("width", 0.8)
    .attr("y", (count) => 20 - 20 * (count / most))
    .attr("height", (count) => 20 * (count / most));
  return make(
    "div",
    {},
    make("h4", {}, "Activations"),
    /** @type {Element} */ (svg.node()),
    make("p", { class: "amount" }, range),
  );
}
