// Any two graphs of the gallery side by side: one link graph each, and between them what both use
// and what only one does. The address names the two graphs and the row that is chosen.
import { align } from "./graph/alignment.js";
import { make } from "./page/dom.js";
import { LinkGraph } from "./link_graph/link_graph.js";
import { loadGraph } from "./graph/load.js";
import { createStore, initialState } from "./state/state.js";
import { count, showPercent } from "./graph/text.js";
import { makeVirtualList } from "./panels/virtual_list.js";

/** @typedef {import("./graph/graph.js").Graph} Graph */
/** @typedef {import("./graph/alignment.js").Row} Row */
/** @typedef {import("./graph/alignment.js").Alignment} Alignment */
/** @typedef {{graph: Graph, store: import("./state/state.js").Store, linkGraph: LinkGraph}} Side */

const section = document.getElementById("compare");
if (section) start(section);

/** @param {HTMLElement} section */
function start(section) {
  const status = /** @type {HTMLElement} */ (section.querySelector(".compare-status"));
  const choices = ["a", "b"].map(
    (name) => /** @type {HTMLSelectElement} */ (section.querySelector(`#side-${name}`)),
  );
  const body = make("div", { class: "compared" });
  section.append(body);
  let turn = 0;
  const many =
    section.querySelector("[data-files]") &&
    import("./panels/choices.js").then(({ offerMany }) => offerMany(section, choices));

  async function show() {
    const mine = ++turn;
    body.replaceChildren();
    const given = new URLSearchParams(location.search);
    const wanted = ["a", "b"].map((name) => given.get(name) ?? "");
    await many?.then((list) => list.offer(wanted));
    if (mine !== turn) return;
    choices.forEach((choice, side) => {
      choice.disabled = false;
      choice.value = wanted[side];
      if (choice.selectedIndex < 0) choice.value = "";
    });
    const missing = wanted.find((slug, side) => slug && choices[side].value !== slug);
    if (missing !== undefined) {
      status.textContent = `This gallery has no graph “${missing}”. Choose another.`;
      return;
    }
    if (choices.some(({ value }) => !value)) {
      status.textContent = "Choose two graphs.";
      return;
    }
    status.textContent = "Loading two graphs …";
    try {
      const graphs = await Promise.all(
        choices.map((choice) => loadGraph(choice.selectedOptions[0].dataset.graph ?? "")),
      );
      if (mine !== turn) return;
      const titles = choices.map((choice) => choice.selectedOptions[0]);
      status.textContent = "";
      layOut(body, status, graphs, titles);
    } catch (error) {
      if (mine !== turn) return;
      const why = error instanceof Error ? error.message : error;
      status.textContent = `The graphs could not be shown: ${why}. Reload to try again.`;
    }
  }

  const choose = () => {
    const query = new URLSearchParams();
    ["a", "b"].forEach((name, side) => {
      if (choices[side].value) query.set(name, choices[side].value);
    });
    history.pushState(null, "", `?${query}`);
    show();
  };
  for (const choice of choices) choice.addEventListener("change", choose);
  addEventListener("popstate", show);
  show();
}

/**
 * @param {HTMLElement} body
 * @param {HTMLElement} status
 * @param {Graph[]} graphs
 * @param {HTMLOptionElement[]} titles
 */
function layOut(body, status, graphs, titles) {
  const alignment = align(graphs[0], graphs[1]);
  const sides = graphs.map((graph) => {
    const store = createStore(graph, { ...initialState(graph), pinned: [] });
    return { graph, store, linkGraph: new LinkGraph(graph, store) };
  });
  const rows = [...alignment.shared, ...alignment.onlyLeft, ...alignment.onlyRight];
  const choose = (/** @type {Row | null} */ row) => {
    const parts = [row?.left, row?.right];
    sides.forEach(({ store }, side) =>
      store.dispatch({ type: "show", nodes: parts[side]?.nodes ?? [] }),
    );
    status.textContent = row ? inWords(row) : "";
    remember(row?.key ?? null);
  };
  body.append(
    make("p", { class: "aligned-by" }, explain(alignment, graphs)),
    make("div", { class: "sides" }, ...sides.map((side, at) => column(side, titles[at], at))),
    make(
      "div",
      { class: "alignment" },
      list("In both, largest change first", alignment.shared, choose),
      list("Only on the left", alignment.onlyLeft, choose),
      list("Only on the right", alignment.onlyRight, choose),
    ),
  );
  sides.forEach(({ store, linkGraph }, at) => {
    linkGraph.start();
    store.subscribe((state, previous) => {
      if (state.clicked === previous.clicked || state.clicked < 0) return;
      const row = rows.find((one) => (at ? one.right : one.left)?.nodes.includes(state.clicked));
      if (!row) return;
      const other = (at ? row.left : row.right)?.nodes ?? [];
      sides[1 - at].store.dispatch({ type: "show", nodes: other });
      status.textContent = inWords(row);
    });
  });
  const key = new URLSearchParams(location.search).get("row");
  const row = rows.find((one) => one.key === key);
  if (row) choose(row);
}

/** @param {Alignment} alignment @param {Graph[]} graphs */
function explain({ by }, [left, right]) {
  const whole =
    " Influence is the share of all influence on a graph’s answers that runs through its nodes";
  const influence =
    left.account || right.account
      ? `${whole}, and where that adds up, their effects.`
      : `${whole}.`;
  const sources = `${left.meta.source} and ${right.meta.source}`;
  const how = {
    feature: `Both graphs use the features of ${left.meta.source}, so they are aligned feature by feature, whatever the position.`,
    neuron: `The graphs are of two models of one architecture (${sources}), so they are aligned by layer and number of the neuron. That means something only where one model was made from the other.`,
    name: `The graphs use different features (${sources}), so they are aligned by the names that people gave to groups and features.`,
  };
  return how[by] + influence;
}

/** @param {Side} side @param {HTMLOptionElement} title @param {number} at */
function column({ linkGraph }, title, at) {
  linkGraph.stage.setAttribute("aria-label", `Link graph on the ${at ? "right" : "left"}`);
  return make(
    "section",
    { "aria-label": at ? "Right" : "Left" },
    make("h2", {}, make("a", { href: title.dataset.page ?? "", dir: "auto" }, title.text)),
    linkGraph.element,
  );
}

/**
 * @param {string} title
 * @param {Row[]} rows
 * @param {(row: Row) => void} choose
 */
function list(title, rows, choose) {
  return make(
    "section",
    { class: "aligned", "aria-label": title },
    make("h2", {}, `${title} `, make("span", { class: "amount" }, count(rows.length, "row"))),
    rows.length
      ? makeVirtualList(rows, title, (row) => item(row, choose))
      : make("p", { class: "none" }, "None."),
  );
}

/** @param {Row} row @param {(row: Row) => void} choose */
const item = (row, choose) =>
  make(
    "li",
    {},
    make(
      "button",
      { type: "button", "data-row": row.key, click: () => choose(row) },
      make("span", { class: "name", dir: "auto" }, row.name),
      " ",
      make("span", { class: "place" }, figures(row)),
    ),
  );

/** @param {Row} row */
const figures = ({ left, right }) => `left ${share(left)}, right ${share(right)}`;

/** @param {import("./graph/alignment.js").Part | null} part */
const share = (part) => (part ? showPercent(part.influence, true) : "–");

/** @param {Row} row */
const inWords = (row) => `${row.name}: influence ${figures(row)}.`;

/** @param {string | null} key */
function remember(key) {
  const query = new URLSearchParams(location.search);
  if (query.get("row") === key) return;
  if (key === null) query.delete("row");
  else query.set("row", key);
  history.pushState(null, "", `?${query}`);
}
