// Earlier turns of a chat, above the prompt, which is the last one.
import { make } from "../../viewer/page/dom.js";

const ROLES = ["user", "assistant", "system"];

/** @param {() => void} changed */
export function makeTurns(changed) {
  const list = make("ol", { class: "turns", "aria-label": "Earlier turns" });
  const more = make("button", { type: "button", click: () => add() }, "An earlier turn");
  const element = make("div", {}, list, make("div", { class: "row" }, more));
  element.hidden = true;
  return { element, turns, fill };

  /** @param {{role: string, content: string}} [given] */
  function add(given) {
    const role = make(
      "select",
      { "aria-label": "Who says it", change: changed },
      ...ROLES.map((one) => make("option", {}, one)),
    );
    role.value = given?.role ?? (list.children.length % 2 ? "assistant" : "user");
    const content = make("textarea", { rows: "2", "aria-label": "What is said", input: changed });
    content.value = given?.content ?? "";
    const item = make("li", {}, role, content);
    const click = () => {
      item.remove();
      changed();
    };
    item.append(make("button", { type: "button", "aria-label": "Remove this turn", click }, "×"));
    list.append(item);
    if (!given) content.focus();
  }

  /** Those that say something. */
  function turns() {
    const found = [...list.children].map((item) => ({
      role: /** @type {HTMLSelectElement} */ (item.querySelector("select")).value,
      content: /** @type {HTMLTextAreaElement} */ (item.querySelector("textarea")).value,
    }));
    return found.filter((one) => one.content.trim());
  }

  /** @param {{role: string, content: string}[]} given */
  function fill(given) {
    list.replaceChildren();
    for (const one of given) add(one);
  }
}
