// Where a selected feature has its page, and in which other graphs it stands.
import { make } from "../page/dom.js";
import { pageOf, rootOf } from "../graph/general.js";
import { fetchOnce } from "../graph/load.js";
import { count, showSigned } from "../graph/text.js";

/** @typedef {import("../graph/graph.js").Graph} Graph */
/** @typedef {[string, string, string[], number | null]} Place  slug, title, nodes, effect */
/** @typedef {{auroc: number | null, confident: boolean | null, below: boolean | null, by?: string | null}} Suggestion */
/** @typedef {{called: {kind: string, text: string}, suggestion: Suggestion | null, general: boolean, of: number, graphs: Place[]}} Also */

const AT_FIRST = 5;

/**
 * @param {Graph} graph
 * @param {number} node
 * @returns {HTMLElement | null}  null for what has no page
 */
export function makeFeaturePage(graph, node) {
  const address = pageOf(graph, node);
  if (address === null) return null;
  const body = make(
    "div",
    { class: "feature-page" },
    make("p", {}, make("a", { href: address }, `All about this ${graph.meta.noun}`)),
  );
  fetchOnce(`${address}also.json`, "where it stands").then(
    (found) => body.append(...also(graph, found)),
    () => {}, // the page says it, too
  );
  return body;
}

/** @param {Graph} graph @param {Also} found */
function also(graph, { called, suggestion: tried, general, of, graphs }) {
  const others = graphs.filter(([slug]) => slug !== graph.meta.slug);
  const rows = others.map((one) => row(graph, one));
  const rest = rows.slice(AT_FIRST);
  return [
    called.kind === "suggested" ? suggestion(called.text, tried) : null,
    general
      ? make(
          "p",
          { class: "amount" },
          `General: it stands in ${graphs.length} of ${of} graphs, so it says little about any one prompt.`,
        )
      : null,
    rows.length ? make("h4", {}, `Also in ${count(rows.length, "graph")}`) : null,
    rows.length ? make("ul", { class: "also-in" }, ...rows.slice(0, AT_FIRST)) : null,
    rest.length
      ? make(
          "details",
          {},
          make("summary", {}, `${rest.length} more`),
          make("ul", { class: "also-in" }, ...rest),
        )
      : null,
  ].filter((part) => part !== null);
}

/** @param {string} name @param {Suggestion | null} tried */
function suggestion(name, tried) {
  const side = tried?.below ? ", of where it is below zero" : "";
  const score = typeof tried?.auroc === "number" ? ` (AUROC ${tried.auroc.toFixed(2)})` : "";
  const by = tried?.by ? ` by a language model, ${tried.by}` : "";
  const trust = tried?.confident === false ? "; do not rely on it" : "";
  return make(
    "p",
    { class: "amount", dir: "auto" },
    `Suggested name${by}${side}, checked by nobody: `,
    make("span", { class: "automatic" }, name),
    `${score}${trust}.`,
  );
}

/** @param {Graph} graph @param {Place} place */
function row(graph, [slug, title, nodes, effect]) {
  const query = new URLSearchParams(
    nodes.length === 1 ? { clickedId: nodes[0] } : { pinnedIds: nodes.join(",") },
  );
  const address = `${rootOf(graph)}graphs/${encodeURIComponent(slug)}/?${query}#viewer`;
  return make(
    "li",
    { dir: "auto" },
    make("a", { href: address }, title),
    effect === null ? "" : ` ${showSigned(effect)}`,
  );
}
