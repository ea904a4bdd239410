// What the selected node is, in words; for a set of nodes its members; for nothing, where to begin.
import { hovers, make, nextFrame } from "../page/dom.js";
import { makeExamples } from "./examples.js";
import { makeFeaturePage } from "./feature_page.js";
import { ANSWER, EMBEDDING, ERROR, FEATURE } from "../graph/graph.js";
import { makeRows } from "./node_rows.js";
import { makePaths } from "./path_lists.js";
import { focusOf, sameNodes } from "../state/state.js";
import {
  count,
  describe,
  describeEffect,
  isAutomatic,
  nameOf,
  quoteToken,
  showNumber,
  showPercent,
  showSigned,
  titleOf,
} from "../graph/text.js";

/** @typedef {import("../graph/graph.js").Graph} Graph */
/** @typedef {import("../state/state.js").State} State */
/** @typedef {import("../state/state.js").Store} Store */
/** @typedef {import("../graph/graph.js").Group} Group */

export class Details {
  /**
   * @param {Graph} graph
   * @param {Store} store
   * @param {() => Uint8Array} shown  which nodes are visible now
   * @param {() => Promise<ReturnType<typeof import("../sharing/saved.js").makeSaved>>} keep  the
   *   list of what was saved
   */
  constructor(graph, store, shown, keep) {
    this.graph = graph;
    this.store = store;
    this.shown = shown;
    this.keep = keep;
    this.awaited = false;
    this.element = make("section", { class: "details", "aria-label": "Node details" });
    store.subscribe((state, previous) => {
      const same =
        state.clicked === previous.clicked &&
        state.pinned === previous.pinned &&
        state.edits === previous.edits;
      if (!this.element.childElementCount) this.update();
      else if (!same && !this.awaited) {
        this.awaited = true;
        nextFrame(() => this.update()); // what was clicked is seen first
      }
    });
  }

  update() {
    this.awaited = false;
    const { state } = this.store;
    const focus = focusOf(this.graph, state);
    if (state.clicked >= 0) this.element.replaceChildren(...this.oneNode(state.clicked, state));
    else if (focus.length) this.element.replaceChildren(...this.severalNodes(focus));
    else this.element.replaceChildren(...this.whereToBegin());
  }

  /** @param {number} node */
  choose(node) {
    this.store.dispatch({ type: "select", node });
  }

  /** @param {number} node @param {State} state */
  oneNode(node, state) {
    const { graph } = this;
    const pinned = state.pinned.includes(node);
    const pin = () => this.store.dispatch({ type: "pin", node });
    const groups = graph.groupsOf[node];
    return [
      heading(titleOf(graph, node), isAutomatic(graph, node)),
      make("p", { class: "sentence" }, describe(graph, node)),
      effectLine(graph, node),
      byline(graph, node),
      explanation(graph, node),
      words(graph, node),
      figures(graph, node),
      groups.length
        ? make("p", {}, "Part of ", ...groups.map((group) => this.groupButton(group)))
        : null,
      this.later([node]),
      make(
        "p",
        { class: "buttons" },
        make(
          "button",
          { type: "button", "aria-pressed": String(pinned), click: pin },
          pinned ? "Unpin" : "Pin",
        ),
        this.saveButton([node], nameOf(graph, node)),
        this.clearButton(),
      ),
      makePaths(graph, node, {
        choose: (one) => this.choose(one),
        show: (nodes) => this.store.dispatch({ type: "show", nodes }),
      }),
      makeFeaturePage(graph, node),
      examples(graph, node),
    ].filter((part) => part !== null);
  }

  /** @param {number[]} nodes */
  severalNodes(nodes) {
    const { graph } = this;
    const group = graph.groups.find((one) => sameNodes(one.members, nodes));
    return [
      heading(group ? group.name : count(nodes.length, "pinned node")),
      group ? make("p", { class: "sentence" }, `A group of ${count(nodes.length, "node")}.`) : null,
      group?.by ? make("p", { class: "byline" }, `Grouped by ${group.by}.`) : null,
      group?.note ? make("p", { class: "note", dir: "auto" }, group.note) : null,
      this.later(nodes),
      this.rowsOf(nodes, "Members"),
      make(
        "p",
        { class: "buttons" },
        this.saveButton(nodes, group?.name ?? ""),
        this.clearButton(),
      ),
    ].filter((part) => part !== null);
  }

  clearButton() {
    const clear = () => this.store.dispatch({ type: "clear" });
    return make("button", { type: "button", click: clear }, "Clear");
  }

  /** Keeps the selection under a name, in the address. @param {number[]} nodes @param {string} name */
  saveButton(nodes, name) {
    const button = make("button", { type: "button", click: ask }, "Save in the link…");
    const { keep } = this;
    async function ask() {
      const [{ askName }, saved] = await Promise.all([import("../sharing/saved.js"), keep()]);
      askName(button, name, (given) => saved.save(given, nodes));
    }
    return button;
  }

  /**
   * What is fetched when something is selected: what became of the answer without it.
   * @param {number[]} nodes
   */
  later(nodes) {
    const place = make("div", { class: "later" });
    import("./tried.js").then(({ makeTried }) => place.append(makeTried(this.graph, nodes) ?? ""));
    return place;
  }

  whereToBegin() {
    const { graph } = this;
    const strongest = strongestFeatures(graph).slice(0, 50);
    const title = `${hasEffects(graph) ? "Strongest" : "Most influential"} ${graph.meta.noun}s`;
    const answer = graph.answerOf.get(graph.meta.answer ?? -1);
    return [
      heading("Where to begin"),
      make(
        "p",
        { class: "sentence" },
        `${hovers() ? "Click" : "Tap"} a node to see what feeds it and what it feeds, or start from one of these.`,
      ),
      graph.account
        ? make(
            "p",
            { class: "amount" },
            `Drawn links hold ${showPercent(graph.account.linksHold)} of all that flows.`,
          )
        : null,
      answer
        ? make(
            "p",
            { class: "buttons" },
            make(
              "button",
              { type: "button", click: () => this.choose(answer.node) },
              graph.meta.asked ?? `The answer ${quoteToken(answer.token)}`,
            ),
            ...graph.groups.map((group) => this.groupButton(group)),
          )
        : null,
      strongest.length ? make("h4", {}, title) : null,
      strongest.length ? this.rowsOf(strongest, title) : null,
    ].filter((part) => part !== null);
  }

  /** @param {Group} group */
  groupButton(group) {
    return make(
      "button",
      {
        type: "button",
        class: "group",
        click: () => this.store.dispatch({ type: "show", nodes: group.members }),
      },
      group.name,
    );
  }

  /** @param {number[]} nodes @param {string} label */
  rowsOf(nodes, label) {
    const { graph } = this;
    const known = hasEffects(graph);
    const rows = nodes.map((node) => {
      const effect = graph.effect[node];
      if (!known)
        return { node, value: graph.importance[node], text: showPercent(graph.importance[node]) };
      return { node, value: effect || 0, text: Number.isNaN(effect) ? "" : showSigned(effect) };
    });
    return makeRows(graph, rows, {
      shown: this.shown(),
      label,
      choose: (node) => this.choose(node),
    });
  }
}

/** @param {Graph} graph */
const hasEffects = (graph) => graph.effect.some((value) => !Number.isNaN(value));

/**
 * By the size of their effect, or by influence where effects are unknown.
 * @param {Graph} graph
 */
function strongestFeatures(graph) {
  const size = hasEffects(graph)
    ? (/** @type {number} */ node) => Math.abs(graph.effect[node]) || 0
    : (/** @type {number} */ node) => graph.importance[node];
  const features = Array.from(graph.kinds.keys()).filter((node) => graph.kinds[node] === FEATURE);
  return features.sort((a, b) => size(b) - size(a) || a - b);
}

/** @param {string} text @param {boolean} [automatic] */
const heading = (text, automatic = false) =>
  make("h3", { class: automatic ? "node-name automatic" : "node-name", dir: "auto" }, text);

/** @param {Graph} graph @param {number} node */
function effectLine(graph, node) {
  const text = describeEffect(graph, node);
  if (text === null) return null;
  return make("p", { class: graph.effect[node] < 0 ? "effect opposes" : "effect supports" }, text);
}

/** @param {Graph} graph @param {number} node */
function byline(graph, node) {
  const line = graph.bylines.get(node);
  if (!line || (!line.by && !line.confidence && !line.note)) return null;
  const by = line.by ? `Named by ${line.by}` : "Named";
  const sure = line.confidence ? `, with ${line.confidence} confidence` : "";
  return make(
    "div",
    {},
    line.by || line.confidence ? make("p", { class: "byline" }, `${by}${sure}.`) : null,
    line.note ? make("p", { class: "note", dir: "auto" }, line.note) : null,
  );
}

/**
 * What there is to say about a node that nobody has named.
 * @param {Graph} graph
 * @param {number} node
 */
function explanation(graph, node) {
  if (graph.kinds[node] === ERROR)
    return graph.labels[node] ? make("p", { dir: "auto" }, graph.labels[node]) : null;
  if (graph.kinds[node] !== FEATURE || graph.labels[node]) return null;
  const why = isAutomatic(graph, node) ? " Its name here is automatic." : "";
  return make("p", { class: "none" }, `Nobody has named this ${graph.meta.noun} yet.${why}`);
}

/**
 * What a feature reads and pushes, found without anyone having said so.
 * @param {Graph} graph
 * @param {number} node
 */
function words(graph, node) {
  const found = graph.account?.words.get(node);
  if (!found) return null;
  const reads = found.reads.map(
    ([word, share]) => `${word} ${share < 0 ? "−" : ""}${Math.abs(share)}\u00a0%`,
  );
  const list = make("dl", { class: "figures found-words", "aria-label": "Automatic words" });
  for (const [term, texts] of /** @type {[string, string[]][]} */ ([
    ["Reads", reads],
    ["Pushes", found.pushes],
    ["Down", found.opposes],
  ])) {
    if (texts.length)
      list.append(make("dt", {}, term), make("dd", { dir: "auto" }, texts.join(", ")));
  }
  return list;
}

/**
 * Texts that make a feature active, or how to come by them.
 * @param {Graph} graph
 * @param {number} node
 */
function examples(graph, node) {
  if (graph.kinds[node] !== FEATURE) return null;
  const found = makeExamples(graph, node);
  if (found) return found;
  const own = graph.account !== null || graph.meta.replacement !== null; // of another program's graph the model is not known
  const command = own ? "find-examples TEXTS" : "import-examples SLUG FILES";
  return make(
    "p",
    { class: "none" },
    `There are no texts here that make this ${graph.meta.noun} active. `,
    make("code", {}, `tracer ${command.replace("SLUG", graph.meta.slug)}`),
    own
      ? " looks for some in texts of yours."
      : " takes over files of circuit-tracer or Neuronpedia.",
  );
}

/** @param {Graph} graph @param {number} node */
function figures(graph, node) {
  /** @type {[string, string][]} */
  const pairs = [];
  if (!Number.isNaN(graph.activation[node])) {
    pairs.push(["Activation", showNumber(graph.activation[node])]);
  }
  if (graph.kinds[node] < EMBEDDING && graph.influence[node] >= 0) {
    const name = graph.account ? "Strength" : "Influence";
    const of = graph.account ? " of all effects" : "";
    pairs.push([name, `within the top ${showPercent(graph.influence[node])}${of}`]);
  }
  if (!graph.account && graph.kinds[node] !== ANSWER && graph.importance[node] > 0) {
    pairs.push(["Carries", `${showPercent(graph.importance[node])} of this graph's influence`]);
  }
  pairs.push(["Id", graph.ids[node]]);
  const list = make("dl", { class: "figures" });
  for (const [term, value] of pairs) list.append(make("dt", {}, term), make("dd", {}, value));
  return list;
}
