// What became of the answer when the selection was really taken away, as bars: measured when the
// evidence was written, so nothing is computed here. Of anything else, the command that measures it.
import { make } from "../page/dom.js";
import { FEATURE } from "../graph/graph.js";
import { describeScores } from "../graph/subgraph.js";
import { isSet } from "../state/state.js";
import { showPercent, showSigned } from "../graph/text.js";

/** @typedef {import("../graph/graph.js").Graph} Graph */
/** @typedef {{before: number, after: number, share: boolean, band?: [number, number]}} Measured */

const NAMED = 12; // beyond so many nodes a command is too long to be typed

/**
 * @param {Graph} graph
 * @param {number[]} nodes  the selection
 * @returns {HTMLElement | null}
 */
export function makeTried(graph, nodes) {
  const own = graph.account !== null || graph.meta.replacement !== null;
  const features = nodes.filter((node) => graph.kinds[node] === FEATURE);
  if (!own || !features.length) return null;
  const parts = nodes.length === 1 ? ofNode(graph, nodes[0]) : ofGroup(graph, nodes);
  const list = document.getElementById("try");
  return make(
    "section",
    { class: "what-if", "aria-label": "What if it were not there?" },
    make("h4", {}, "What if it were not there?"),
    ...(parts ?? notMeasured(graph, features)),
    list ? make("p", {}, make("a", { href: "#try" }, "All that was tried")) : null,
  );
}

/** @param {Graph} graph @param {number} node */
function ofNode(graph, node) {
  const found = graph.ablations?.of.get(node);
  if (!graph.ablations || !found) return null;
  const { unit, before } = graph.ablations;
  const { actual, predicted, probability, control } = found;
  const known = before !== null && probability !== null;
  const beside = control === null ? "" : ` Its control, as loud: ${showSigned(control)}.`;
  return [
    known ? bars({ before, after: probability, share: true }) : null,
    make(
      "p",
      { class: "ablation" },
      `Set to zero in the real model: ${showSigned(actual)} ${unit}, predicted ` +
        `${showSigned(predicted)}.${beside}`,
    ),
    precomputed(),
  ];
}

/** @param {Graph} graph @param {number[]} nodes */
function ofGroup(graph, nodes) {
  const found = graph.tried.find((one) => isSet(one.nodes, nodes));
  if (!found) return null;
  const show = showing(found.share);
  const { band } = found;
  const others = band
    ? ` With others as loud in their place: ${show(band[0])} to ${show(band[1])}.`
    : "";
  return [
    bars(found),
    make(
      "p",
      { class: "ablation" },
      `The ${found.of}, with all of it set to zero in the real model.${others}`,
    ),
    precomputed(),
  ];
}

const precomputed = () =>
  make("p", { class: "amount" }, "Measured before this page was made; nothing is computed here.");

/** @param {boolean} share */
const showing = (share) =>
  share ? showPercent : (/** @type {number} */ value) => value.toFixed(2).replace("-", "−");

/**
 * @param {Graph} graph
 * @param {number[]} nodes
 */
function notMeasured(graph, nodes) {
  const group = graph.groups.find((one) => isSet(one.members, nodes));
  const said = make("p", { class: "none" }, "That was not measured. ");
  const scores = group || nodes.length === 1 ? "" : describeScores(graph, nodes);
  if (scores) said.append(`By the graph, they hold ${scores}. `);
  if (!group && nodes.length > NAMED) {
    said.append("Name these nodes as a group, and a command with its name measures it.");
    return [said];
  }
  const named = group ? [`group:${group.key}`] : nodes.map((node) => graph.ids[node]);
  const words = ["tracer steer", graph.meta.slug, ...named.map((one) => `--ablate ${one}`)];
  said.append("Measuring it takes the model, and one command: ", make("code", {}, words.join(" ")));
  return [said];
}

/** @param {Measured} measured */
function bars({ before, after, share, band }) {
  const values = [before, after, ...(band ?? []), 0];
  const [low, high] = share ? [0, 1] : [Math.min(...values), Math.max(...values)];
  const at = (/** @type {number} */ value) => (100 * (value - low)) / (high - low || 1);
  const show = showing(share);
  const row = (/** @type {string} */ name, /** @type {number} */ value) => {
    const track = make("span", { class: "track", "aria-hidden": "true" });
    const bar = make("span", { class: name });
    place(bar, at(0), at(value));
    if (band) {
      const behind = make("span", { class: "band" });
      place(behind, at(band[0]), at(band[1]));
      track.append(behind);
    }
    track.append(bar);
    return [make("dt", {}, name), make("dd", {}, track, show(value))];
  };
  return make("dl", { class: "before-after" }, ...row("before", before), ...row("after", after));
}

/** @param {HTMLElement} bar @param {number} from @param {number} to  in percent */
function place(bar, from, to) {
  const [start, end] = [Math.min(from, to), Math.max(from, to)];
  bar.style.setProperty("--from", `${start}%`);
  bar.style.setProperty("--long", `${Math.max(0.6, end - start)}%`);
}
