// Search, the influence threshold, strength and sign of lines, kinds of node; and apart, so that it
// can stay in sight, how much is hidden and why.
import { afterPaint, hovers, isTyping, make } from "../page/dom.js";
import { generalNodes, learnGeneral, learnWords } from "../graph/general.js";
import { search } from "../graph/search.js";
import { focusOf } from "../state/state.js";
import {
  count,
  kindNames,
  nameClass,
  nameOf,
  placeOf,
  showPercent,
  signWords,
} from "../graph/text.js";
import {
  describeHidden,
  describeLines,
  kindsPresent,
  thresholdRange,
  visibilityOf,
} from "../state/visibility.js";

/** @typedef {import("../graph/graph.js").Graph} Graph */
/** @typedef {import("../state/state.js").Store} Store */

const OFFERED = 8;
const STEPS = 40;
const DECADES = 4; // the weakest step is a ten-thousandth of the strongest line

/**
 * @param {Graph} graph
 * @param {Store} store
 * @param {() => void} leave  moves the focus on to the graph
 */
export const makeControls = (graph, store, leave) =>
  make(
    "div",
    { class: "controls" },
    searchBox(graph, store, leave),
    threshold(graph, store),
    lineStrength(store),
    lineSign(graph, store),
    kinds(graph, store),
  );

/**
 * @param {Graph} graph
 * @param {Store} store
 * @param {() => void} share
 */
export function makeHiddenLine(graph, store, share) {
  const hidden = make("p", { class: "hidden-count", role: "status" });
  const lines = make("p", { class: "lines-left", role: "status" });
  const hint = make(
    "p",
    { class: "hint" },
    `${hovers() ? "Click" : "Tap"} a node for its own lines; these are the strongest of all.`,
  );
  const reset = make(
    "button",
    { type: "button", class: "reset", click: () => store.dispatch({ type: "reset" }) },
    "Reset",
  );
  store.subscribe((state) => {
    hidden.textContent = describeHidden(graph, state, visibilityOf(graph, state));
    lines.textContent = describeLines(graph, state);
    hint.hidden = focusOf(graph, state).length > 0;
  });
  const help = async () => (await import("../page/help.js")).openHelp();
  onKey("?", help);
  const more = make(
    "button",
    { type: "button", class: "more-lines", "aria-expanded": "false", click: () => open(true) },
    "Lines…",
  );
  /** @type {HTMLElement | null} */
  let opened = null;
  /** @param {boolean} toggle */
  async function open(toggle) {
    const { makeLineControls } = await import("./line_controls.js");
    opened ??= makeLineControls(store);
    const close = toggle && opened.isConnected;
    if (close) opened.remove();
    else line.after(opened);
    more.setAttribute("aria-expanded", String(!close));
  }
  const { ends, density } = store.state;
  const line = make(
    "div",
    { class: "hidden-line" },
    hidden,
    lines,
    reset,
    hint,
    more,
    make("button", { type: "button", click: share }, "Share…"),
    make("button", { type: "button", "aria-label": "Keys and search", click: help }, "?"),
  );
  if (ends !== "either" || density !== "usual") afterPaint().then(() => open(false));
  return line;
}

/**
 * The results hang below the box while the focus is in it.
 * @param {Graph} graph
 * @param {Store} store
 * @param {() => void} leave
 */
function searchBox(graph, store, leave) {
  const input = make("input", {
    type: "search",
    id: "viewer-search",
    dir: "auto",
    placeholder: "name, token, word, 22/580",
    autocomplete: "off",
    input: () => store.dispatch({ type: "search", query: input.value }),
    focus: () => learn(),
    keydown: (event) => {
      if (event.key === "Enter") chooseFirst();
      if (event.key === "Escape") store.dispatch({ type: "search", query: "" });
    },
  });
  const found = make("output", { class: "found", for: "viewer-search" });
  const results = make("ul", {
    class: "search-results",
    "aria-label": "Nodes found",
    pointerdown: (event) => event.preventDefault(), // else the focus leaves before the click
  });
  const choose = (/** @type {number} */ node) => {
    store.dispatch({ type: "select", node });
    leave();
  };
  function chooseFirst() {
    const [first] = search(graph, input.value);
    const [head] = named?.headsFound(input.value) ?? [];
    if (first !== undefined) choose(first);
    else if (head) location.hash = head.href;
  }
  let [asked, learned] = [false, false];
  /** @type {typeof import("../page/heads_found.js") | null} */
  let named = null;
  /** Words of texts, and how heads are found, are fetched when somebody searches; what is sought is
   * then sought again. */
  async function learn() {
    if (asked) return;
    asked = true;
    const words = learnWords(graph).catch(() => {}); // what else there is to find is found without
    named = await import("../page/heads_found.js");
    await words;
    learned = true;
    if (input.value) store.dispatch({ type: "search", query: input.value });
  }
  store.subscribe((state, previous) => {
    if (input.value !== state.query) input.value = state.query;
    if (state.query === previous.query && found.textContent && !learned) return;
    learned = false;
    if (state.query) learn();
    const nodes = search(graph, state.query);
    const heads = named?.headsFound(state.query) ?? [];
    const counts = [
      ...(nodes.length || !heads.length ? [count(nodes.length, "node")] : []),
      ...(heads.length ? [count(heads.length, "head")] : []),
    ];
    found.textContent = state.query.trim() ? `${counts.join(", ")} found` : "";
    results.replaceChildren(
      ...heads.map((head) => /** @type {Element} */ (named?.headResult(head))),
      ...nodes.slice(0, OFFERED).map((node) => result(graph, node, choose)),
    );
    results.hidden = nodes.length + heads.length === 0;
  });
  onKey("/", () => input.focus());
  const label = make("label", { for: "viewer-search" }, "Search ", make("kbd", {}, "/"));
  return make("div", { class: "search" }, label, found, input, results);
}

/**
 * A key that works wherever nobody is typing.
 * @param {string} key
 * @param {() => void} act
 */
function onKey(key, act) {
  document.addEventListener("keydown", (event) => {
    if (event.key !== key || isTyping(event) || document.querySelector("dialog[open]")) return;
    event.preventDefault();
    act();
  });
}

/**
 * @param {Graph} graph
 * @param {number} node
 * @param {(node: number) => void} choose
 */
const result = (graph, node, choose) =>
  make(
    "li",
    {},
    make(
      "button",
      { type: "button", "data-node": graph.ids[node], click: () => choose(node) },
      make("span", { class: nameClass(graph, node), dir: "auto" }, nameOf(graph, node)),
      " ",
      make("span", { class: "place" }, placeOf(graph, node)),
    ),
  );

/**
 * @param {Graph} graph
 * @param {Store} store
 */
function threshold(graph, store) {
  const range = thresholdRange(graph);
  if (!range)
    return make("p", { class: "threshold none" }, "This graph gives no influence to filter by.");
  const value = make("output", { for: "viewer-threshold" });
  const slider = make("input", {
    type: "range",
    id: "viewer-threshold",
    min: String(range.low),
    max: String(range.high),
    step: "0.01",
    input: () => {
      const chosen = Number(slider.value);
      store.dispatch({ type: "prune", threshold: chosen >= range.high ? 1 : chosen });
    },
  });
  store.subscribe((state) => {
    const chosen = Math.min(state.threshold, range.high);
    if (Number(slider.value) !== chosen) slider.value = String(chosen);
    const text = state.threshold >= range.high ? "everything" : `top ${showPercent(chosen)}`;
    value.textContent = text;
    slider.setAttribute("aria-valuetext", text);
  });
  const label = make(
    "label",
    { for: "viewer-threshold" },
    graph.account ? "Effects shown " : "Influence shown ",
    value,
  );
  return make("div", { class: "slider threshold" }, label, slider);
}

/** @param {Store} store */
function lineStrength(store) {
  const value = make("output", { for: "viewer-weight" });
  const slider = make("input", {
    type: "range",
    id: "viewer-weight",
    min: "0",
    max: String(STEPS),
    input: () => store.dispatch({ type: "thin", weight: weightAt(Number(slider.value)) }),
  });
  store.subscribe(({ weight }) => {
    if (weightAt(Number(slider.value)) !== weight) slider.value = String(stepOf(weight));
    const text = weight ? `at least ${showPercent(weight)} of the strongest` : "any";
    value.textContent = text;
    slider.setAttribute("aria-valuetext", text);
  });
  const label = make("label", { for: "viewer-weight" }, "Line strength ", value);
  return make("div", { class: "slider weight" }, label, slider);
}

/** @param {number} step */
const weightAt = (step) =>
  step === 0 ? 0 : Number((10 ** (DECADES * (step / STEPS - 1))).toPrecision(2));

/** @param {number} weight */
const stepOf = (weight) =>
  weight === 0 ? 0 : Math.max(1, Math.round(STEPS * (1 + Math.log10(weight) / DECADES)));

/** @type {(-1 | 0 | 1)[]} */
const SIGNS = [0, 1, -1];

/** @param {Graph} graph @param {Store} store */
function lineSign(graph, store) {
  const { up, down } = signWords(graph);
  const names = [`${up} and ${down}`, `only ${up}`, `only ${down}`];
  const choice = make(
    "select",
    {
      id: "viewer-sign",
      change: () => store.dispatch({ type: "keep-sign", sign: SIGNS[choice.selectedIndex] }),
    },
    ...names.map((name) => make("option", {}, name)),
  );
  store.subscribe(({ sign }) => {
    choice.selectedIndex = SIGNS.indexOf(sign);
  });
  return make("div", { class: "sign" }, make("label", { for: "viewer-sign" }, "Lines"), choice);
}

/**
 * @param {Graph} graph
 * @param {Store} store
 */
function kinds(graph, store) {
  const plural = kindNames(graph);
  const boxes = kindsPresent(graph).map((kind) => {
    const change = () => store.dispatch({ type: "toggle-kind", kind });
    const box = make("input", { type: "checkbox", change });
    store.subscribe((state) => {
      box.checked = state.kinds[kind];
    });
    return make("label", {}, box, ` ${plural[kind]}`);
  });
  const fade = graph.examples.pages ? [fadeGeneral(graph, store)] : [];
  return make("fieldset", { class: "kinds" }, make("legend", {}, "Show"), ...boxes, ...fade);
}

/**
 * Which features are general is fetched when somebody asks for it.
 * @param {Graph} graph
 * @param {Store} store
 */
function fadeGeneral(graph, store) {
  const text = make("span", {}, " fade general");
  const box = make("input", { type: "checkbox", change: () => fade(box.checked) });
  /** @param {boolean} on */
  async function fade(on) {
    store.dispatch({ type: "fade", on });
    if (!on) return;
    try {
      await learnGeneral(graph);
      text.textContent = ` fade general (${generalNodes(graph).size})`;
      if (store.state.fade) store.dispatch({ type: "fade", on });
    } catch {
      text.textContent = " fade general (not known)";
    }
  }
  store.subscribe((state) => {
    box.checked = state.fade;
  });
  if (store.state.fade) fade(true);
  const title = `${graph.meta.noun}s that stand in most graphs, and say little about this prompt`;
  return make("label", { title }, box, text);
}
