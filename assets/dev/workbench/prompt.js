// The prompt: its tokens and the likely next words while one types; what is asked about it.
import { make } from "../../viewer/page/dom.js";
import { Superseded, paused, post } from "./api.js";
import { bar, percent, shown } from "./bars.js";
import { makeSettings } from "./settings.js";
import { makeTurns } from "./turns.js";

const OTHER = {
  prompt: "Counterfactual (another prompt of as many tokens, if you like)",
  chat: "Counterfactual (another last turn of as many tokens, if you like)",
};
const PAUSE_MS = 5; // several keys of one stroke; what is stale by then is dropped

/**
 * @typedef {object} Form
 * @property {() => any} asked  the question as the server takes it
 * @property {(asked: any, quiet?: boolean) => void} fill  quietly: nothing runs until it is touched
 * @property {HTMLButtonElement} trace
 * @property {HTMLButtonElement} cancel
 */

/**
 * @param {HTMLElement} left
 * @param {HTMLElement} right
 * @param {any} found  what the server has
 * @param {(text: string, failed?: boolean) => void} tell
 * @returns {Form}
 */
export function makeForm(left, right, found, tell) {
  /** @type {{target: any, contrast: any[]}} */
  const question = { target: null, contrast: [] };
  let number = 0;
  let quiet = false;
  /** @type {string | null} of the chat template of an opened graph */
  let day = null;
  const prompt = make("textarea", { id: "prompt", rows: "3", spellcheck: "false", input: changed });
  const tokens = make("div", {
    class: "tokens",
    "aria-label": "Tokens of the prompt",
    role: "group",
  });
  const other = make("textarea", { id: "other", rows: "2", spellcheck: "false", input: typed });
  const otherName = make("label", { for: "other" }, OTHER.prompt);
  const otherTokens = make("div", {
    class: "tokens",
    "aria-label": "Tokens of the counterfactual",
    role: "group",
  });
  const otherTold = make("p", { class: "hint" });
  const asks = make("p", { class: "hint", id: "question" });
  const words = make("ul", { class: "words", "aria-label": "Likely next words" });
  const chat = make("input", { type: "checkbox", id: "chat", change: toChat });
  const turns = makeTurns(changed);
  const settings = makeSettings(found, changed);
  const trace = make("button", { type: "button", class: "main" }, "Trace");
  const cancel = make("button", { type: "button", disabled: true }, "Cancel");
  left.append(
    turns.element,
    make("label", { for: "prompt" }, "Prompt"),
    prompt,
    tokens,
    make("label", { class: "plain" }, chat, " a turn of a chat"),
    otherName,
    other,
    otherTokens,
    otherTold,
    settings.element,
    make("div", { class: "row" }, trace, cancel, asks),
  );
  right.append(
    make("p", { class: "hint" }, "Click a word: why it? Click another: rather than that?"),
    words,
  );
  const read = paused(PAUSE_MS, ask);
  for (const one of [left, right]) {
    one.addEventListener("focusin", touched);
    one.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) trace.click();
    });
  }
  return { asked, fill, trace, cancel };

  /** What a link filled in runs once a person turns to it. */
  function touched() {
    if (!quiet) return;
    quiet = false;
    read();
  }

  /** Other words have other answers. */
  function changed() {
    question.target = null;
    question.contrast = [];
    typed();
  }

  function typed() {
    number++;
    quiet = false;
    read();
  }

  function toChat() {
    showKind();
    changed();
  }

  function showKind() {
    turns.element.hidden = !chat.checked;
    otherName.textContent = chat.checked ? OTHER.chat : OTHER.prompt;
  }

  function asked() {
    const last = { role: "user", content: prompt.value || " " };
    return {
      prompt: chat.checked ? "" : prompt.value,
      ...(chat.checked ? { chat: [...turns.turns(), last], chat_date: day } : {}),
      target: question.target,
      contrast: question.contrast,
      counterfactual: other.value,
      ...settings.asked(),
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
      const read = await post("read", { ...asked(), target: null, contrast: [] });
      if (mine !== number) return; // typed since
      tell(read.notices.join(" "));
      show(read);
    } catch (error) {
      if (mine === number && !(error instanceof Superseded))
        tell(String(/** @type {Error} */ (error).message), true);
    }
  }

  /** @param {any} read */
  function show(read) {
    tokens.replaceChildren(
      ...read.tokens.map((/** @type {any} */ one) => make("span", {}, one.text)),
    );
    const differ = new Set(read.other?.differ ?? []);
    otherTokens.replaceChildren(
      ...(read.other?.tokens ?? []).map((/** @type {any} */ one, /** @type {number} */ at) =>
        make("span", { class: differ.has(at) ? "differs" : "" }, one.text),
      ),
    );
    const answer = read.other?.answer;
    otherTold.textContent = read.other
      ? read.other.told || `Its answer: “${shown(answer.text)}”, ${percent(answer.probability)}.`
      : "";
    words.replaceChildren(...read.words.map((/** @type {any} */ one) => make("li", {}, word(one))));
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
    const why = target === null ? "Why the likeliest word?" : `Why ${named(target)}`;
    const rather = contrast.map(named).join(", ");
    asks.textContent = target === null ? why : `${why}${rather ? ` rather than ${rather}` : ""}?`;
    for (const button of words.querySelectorAll("button")) {
      const text = button.dataset.text ?? "";
      button.setAttribute("aria-pressed", String(text === target || contrast.includes(text)));
      button.classList.toggle("against", contrast.includes(text));
    }
  }

  /** @param {any} given @param {boolean} [quietly] */
  function fill(given, quietly = false) {
    chat.checked = Boolean(given.chat);
    showKind();
    day = given.chat_date ?? null;
    turns.fill((given.chat ?? []).slice(0, -1));
    prompt.value = given.chat ? (given.chat.at(-1)?.content ?? "") : (given.prompt ?? "");
    other.value = given.counterfactual ?? "";
    settings.fill(given);
    question.target = given.target ?? null;
    question.contrast = given.contrast ?? [];
    typed();
    if (!quietly) return;
    read.forget();
    quiet = true;
    showQuestion();
  }
}

/** A word, or its number where it cannot be written. @param {any} word */
const named = (word) => (typeof word === "string" ? `“${shown(word)}”` : `word ${word.id}`);
