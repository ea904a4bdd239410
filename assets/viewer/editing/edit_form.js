// The forms in which a reader names a node or a group.
import { make } from "../page/dom.js";

const LONGEST_NAME = 200;
const LONGEST_NOTE = 4000;
const AUTHOR = "tracer author";
const INVISIBLE = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\s]+/gu;

/** @typedef {{name: string, note?: string, by?: string, confidence?: string, here: boolean}} Said */

/**
 * @param {object} what
 * @param {string} what.title
 * @param {Partial<Said>} what.said  what there is so far
 * @param {boolean} [what.confidence]  whether to ask how sure they are
 * @param {string} [what.here]  the choice between one position and all, in words
 * @param {(said: Said) => void} what.keep
 * @param {() => void} what.close
 */
export function makeForm({ title, said, confidence, here, keep, close }) {
  const name = make("input", {
    required: true,
    maxlength: String(LONGEST_NAME),
    autocomplete: "off",
    dir: "auto",
  });
  name.value = said.name ?? "";
  const note = make("textarea", { rows: "3", dir: "auto", maxlength: String(LONGEST_NOTE) });
  note.value = said.note ?? "";
  const by = make("input", { maxlength: "100", autocomplete: "name", dir: "auto" });
  by.value = author();
  const sure = make(
    "select",
    {},
    ...[["", "not said"], ...["low", "medium", "high"].map((one) => [one, one])].map(
      ([value, text]) => make("option", { value }, text),
    ),
  );
  sure.value = said.confidence ?? "";
  const only = make("input", { type: "checkbox" });
  only.checked = said.here ?? false;
  const submit = (/** @type {Event} */ event) => {
    event.preventDefault();
    const text = oneLine(name.value);
    if (!text) return name.setCustomValidity("Write a name");
    rememberAuthor(oneLine(by.value));
    keep({
      name: text,
      note: note.value.trim() || undefined,
      by: oneLine(by.value) || undefined,
      confidence: sure.value || undefined,
      here: only.checked,
    });
  };
  const form = make(
    "form",
    {
      class: "edit-form",
      "aria-label": title,
      submit,
      keydown: (event) => {
        if (event.key === "Escape") close();
      },
    },
    labelled("Name", name),
    labelled("Note, may hold Markdown", note),
    confidence ? labelled("How sure", sure) : null,
    labelled("Your name, if you want it shown", by),
    here ? make("label", { class: "check" }, only, ` ${here}`) : null,
    make(
      "p",
      { class: "buttons" },
      make("button", { type: "submit" }, "Keep"),
      make("button", { type: "button", click: close }, "Cancel"),
    ),
  );
  name.addEventListener("input", () => name.setCustomValidity(""));
  return { form, focus: () => name.select() };
}

/** @param {string} text @param {Element} field */
const labelled = (text, field) => make("label", {}, text, field);

/**
 * A name stands on one line of a file.
 * @param {string} text
 */
export const oneLine = (text) => text.replace(INVISIBLE, " ").trim().slice(0, LONGEST_NAME);

function author() {
  try {
    return localStorage.getItem(AUTHOR) ?? "";
  } catch {
    return "";
  }
}

/** @param {string} name */
function rememberAuthor(name) {
  try {
    localStorage.setItem(AUTHOR, name);
  } catch {
    // the next form asks again
  }
}
