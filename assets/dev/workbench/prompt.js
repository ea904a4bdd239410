// The prompt: its tokens and the likely next words while one types; what is asked about it.
import { make } from "../../viewer/page/dom.js";
import { Superseded, paused, post } from "./api.js";
import { bar, percent, shown } from "./bars.js";

const PAUSE_MS = 60;

/**
 * @typedef {object} Form
 * @property {() => any} asked  the question as the server takes it
 * @property {(asked: any) => void} fill
 * @property {HTMLButtonElement} trace
 * @property {HTMLButtonElement} cancel
 */

/**
 * @param {HTMLElement} left
 * @param {HTMLElement} right
 * @param {string[]} models
 * @param {(text: string, failed?: boolean) => void} tell
 * @returns {Form}
 */
export function makeForm(left, right, models, tell) {
  /** @type {{target: any, contrast: any[]}} */
  const question = { target: null, contrast: [] };
  let number = 0;
  const prompt = make("textarea", { id: "prompt", rows: "3", spellcheck: "false", input: changed });
  const tokens = make("div", { class: "tokens", "aria-label": "Tokens of the prompt" });
  const other = make("textarea", { id: "other", rows: "2", spellcheck: "false", input: typed });
  const otherTokens = make("div", {
    class: "tokens",
    "aria-label": "Tokens of the counterfactual",
  });
  const otherTold = make("p", { class: "hint" });
  const asks = make("p", { class: "hint", id: "question" });
  const words = make("ul", { class: "words" });
  const chat = make("input", { type: "checkbox", id: "chat", change: changed });
  const model = make("input", { type: "text", id: "model", list: "models", change: changed });
  const list = make(
    "datalist",
    { id: "models" },
    ...models.map((one) => make("option", { value: one })),
  );
  const fetching = make("input", { type: "checkbox", id: "fetch", change: changed });
  const features = make("input", { type: "text", id: "features", change: typed });
  const precision = make(
    "select",
    { id: "precision", change: typed },
    ...["float32", "bf16", "fp16"].map((one) => make("option", {}, one)),
  );
  model.value = models[0] ?? "";
  features.value = "neurons";
  const trace = make("button", { type: "button", class: "main" }, "Trace");
  const cancel = make("button", { type: "button", disabled: true }, "Cancel");
  left.append(
    make("label", { for: "prompt" }, "Prompt"),
    prompt,
    tokens,
    make(
      "label",
      { for: "other" },
      "Counterfactual (another prompt of as many tokens, if you like)",
    ),
    other,
    otherTokens,
    otherTold,
    make(
      "details",
      {},
      make("summary", {}, "Settings"),
      make("label", { for: "model" }, "Model"),
      model,
      list,
      make("label", {}, fetching, " fetch it from the hub, if it is not here"),
      make("label", { for: "features" }, "Features"),
      features,
      make("label", { for: "precision" }, "Number format"),
      precision,
      make("label", {}, chat, " as a turn of a chat"),
    ),
    make("div", { class: "row" }, trace, cancel, asks),
  );
  right.append(
    make("p", { class: "hint" }, "Click a word: why it? Click another: rather than that?"),
    words,
  );
  const read = paused(PAUSE_MS, ask);
  prompt.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) trace.click();
  });
  return { asked, fill, trace, cancel };

  /** Other words have other answers. */
  function changed() {
    question.target = null;
    question.contrast = [];
    typed();
  }

  function typed() {
    number++;
    read();
  }

  function asked() {
    const asChat = chat.checked;
    return {
      prompt: asChat ? "" : prompt.value,
      ...(asChat ? { chat: [{ role: "user", content: prompt.value || " " }] } : {}),
      target: question.target,
      contrast: question.contrast,
      counterfactual: other.value,
      model: model.value,
      features: features.value,
      precision: precision.value,
      fetch: fetching.checked,
    };
  }

  async function ask() {
    const mine = number;
    showQuestion();
    if (!prompt.value.trim()) {
      for (const one of [tokens, words, otherTokens, otherTold]) one.replaceChildren();
      return;
    }
    try {
      const found = await post("read", { ...asked(), target: null, contrast: [] });
      if (mine !== number) return; // typed since
      tell(found.notices.join(" "));
      show(found);
    } catch (error) {
      if (mine === number && !(error instanceof Superseded))
        tell(String(/** @type {Error} */ (error).message), true);
    }
  }

  /** @param {any} found */
  function show(found) {
    tokens.replaceChildren(
      ...found.tokens.map((/** @type {any} */ one) => make("span", {}, one.text)),
    );
    const differ = new Set(found.other?.differ ?? []);
    otherTokens.replaceChildren(
      ...(found.other?.tokens ?? []).map((/** @type {any} */ one, /** @type {number} */ at) =>
        make("span", { class: differ.has(at) ? "differs" : "" }, one.text),
      ),
    );
    const answer = found.other?.answer;
    otherTold.textContent = found.other
      ? found.other.told || `Its answer: “${shown(answer.text)}”, ${percent(answer.probability)}.`
      : "";
    words.replaceChildren(
      ...found.words.map((/** @type {any} */ one) => make("li", {}, word(one))),
    );
    showQuestion();
  }

  /** @param {any} one */
  function word(one) {
    const button = make(
      "button",
      { type: "button", "aria-pressed": "false", click: () => choose(one.text) },
      make("span", { class: "text" }, shown(one.text)),
      bar(one.probability),
      make("span", { class: "number" }, percent(one.probability)),
    );
    button.dataset.text = one.text;
    return button;
  }

  /** @param {string} text */
  function choose(text) {
    if (question.target === text) {
      question.target = null;
      question.contrast = [];
    } else if (question.target === null) question.target = text;
    else if (question.contrast.includes(text)) {
      question.contrast = question.contrast.filter((one) => one !== text);
    } else question.contrast = [...question.contrast, text];
    showQuestion();
  }

  function showQuestion() {
    const { target, contrast } = question;
    const why = target === null ? "Why the likeliest word?" : `Why “${shown(target)}”`;
    const rather = contrast.map((one) => `“${shown(one)}”`).join(", ");
    asks.textContent = target === null ? why : `${why}${rather ? ` rather than ${rather}` : ""}?`;
    for (const button of words.querySelectorAll("button")) {
      const text = button.dataset.text ?? "";
      button.setAttribute("aria-pressed", String(text === target || contrast.includes(text)));
      button.classList.toggle("against", contrast.includes(text));
    }
  }

  /** @param {any} given */
  function fill(given) {
    chat.checked = Boolean(given.chat);
    prompt.value = given.chat ? (given.chat.at(-1)?.content ?? "") : (given.prompt ?? "");
    other.value = given.counterfactual ?? "";
    if (given.model) model.value = given.model;
    if (given.features) features.value = given.features;
    if (given.precision) precision.value = given.precision;
    question.target = given.target ?? null;
    question.contrast = given.contrast ?? [];
    typed();
  }
}
