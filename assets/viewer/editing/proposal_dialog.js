// Shows what edits would change in the annotation file, and ways to send it.
import { patchOf, patchText, shownLines } from "./diff.js";
import { make } from "../page/dom.js";

/**
 * @typedef {object} Forge
 * @property {string} name
 * @property {string} edit
 * @property {string} new
 * @property {string} name_as  the parameter that names a new file
 * @property {boolean} fills  whether `value` fills a new file in
 *
 * @typedef {object} Proposal
 * @property {string} file
 * @property {string | null} before  null where there is no such file yet
 * @property {string} after
 * @property {string[]} warnings  what would be refused, and what to do
 * @property {Forge | null} forge
 */

const LONGEST_ADDRESS = 7000;

/** @param {Proposal} proposal */
export function showProposal(proposal) {
  const { file, before, after, warnings, forge } = proposal;
  const patch = patchOf(file, before, after);
  const patched = patchText(patch);
  const status = make("p", { class: "proposal-status", role: "status" });
  const name = file.slice(file.lastIndexOf("/") + 1);
  const copy = (/** @type {string} */ what, /** @type {string} */ text) => async () => {
    status.textContent = (await copied(text))
      ? `The ${what} is on your clipboard.`
      : `This browser does not let pages copy; download the ${what} instead.`;
  };
  const dialog = make(
    "dialog",
    { class: "proposal", "aria-labelledby": "proposal-title", close: () => dialog.remove() },
    make("h2", { id: "proposal-title" }, "Propose changes"),
    make(
      "p",
      {},
      before === null ? "This new file holds your edits: " : "Your edits change this file: ",
      make("code", {}, file),
    ),
    ...warnings.map((text) => make("p", { class: "proposal-warning", role: "alert" }, text)),
    diffTable(patch, before ?? ""),
    make("ol", {}, ...steps(proposal).map((step) => make("li", {}, step))),
    make(
      "p",
      { class: "buttons" },
      forge
        ? make(
            "button",
            { type: "button", class: "main", click: () => toForge() },
            forgeButton(proposal),
          )
        : null,
      make("button", { type: "button", click: copy("whole file", after) }, "Copy the file"),
      make("button", { type: "button", click: copy("patch", patched) }, "Copy the patch"),
      make("button", { type: "button", click: () => download(name, after) }, "Download the file"),
      make(
        "button",
        { type: "button", click: () => download(`${name}.patch`, patched) },
        "Download the patch",
      ),
      make("button", { type: "button", click: () => dialog.close() }, "Close"),
    ),
    status,
  );
  async function toForge() {
    if (!forge) return;
    const { address, filled } = forgeAddress(proposal, forge);
    if (!filled) await copy("whole file", after)();
    open(address, "_blank", "noopener");
  }
  document.body.append(dialog);
  dialog.showModal();
}

/** @param {Proposal} proposal */
const forgeButton = ({ before, forge }) =>
  before === null
    ? `Make the file on ${forge?.name}`
    : `Copy the file and edit it on ${forge?.name}`;

/** @param {Proposal} proposal */
function steps(proposal) {
  const { file, before, forge } = proposal;
  if (!forge) {
    return [
      "This gallery does not say where its repository is, so there is no page to open.",
      `Copy or download the file, put it at ${file} in a copy of the repository, and open a pull request; or send it to the people who keep this gallery.`,
    ];
  }
  const send = "Describe why you think so, and propose the change as a pull request.";
  if (before === null && forgeAddress(proposal, forge).filled) {
    return [`${forge.name} opens with the new file filled in.`, send];
  }
  if (before === null) {
    return [
      `The button copies the file and opens ${forge.name}.`,
      `Make a new file ${file} there and paste what was copied.`,
      send,
    ];
  }
  return [
    `The button copies the whole edited file and opens it on ${forge.name}.`,
    "Replace everything there with what was copied: nothing but your edits differs.",
    send,
  ];
}

/**
 * Only a new file can be filled in by an address, and only a short one.
 * @param {Proposal} proposal
 * @param {Forge} forge
 */
export function forgeAddress({ file, before, after }, forge) {
  if (before !== null) return { address: forge.edit, filled: false };
  if (!forge.name_as) return { address: forge.new, filled: false };
  const bare = `${forge.new}?${forge.name_as}=${encodeURIComponent(file.slice(file.lastIndexOf("/") + 1))}`;
  const full = `${bare}&value=${encodeURIComponent(after)}`;
  const filled = forge.fills && full.length <= LONGEST_ADDRESS;
  return { address: filled ? full : bare, filled };
}

/** @param {import("./diff.js").Patch} patch @param {string} before */
function diffTable(patch, before) {
  const lines = shownLines(patch, before).map(({ kind, text }) =>
    make("span", { class: kind }, `${text}\n`),
  );
  return make("pre", { class: "diff", tabindex: "0", "aria-label": "What changes" }, ...lines);
}

/** @param {string} text */
async function copied(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}

/**
 * @param {string} name
 * @param {string} text
 */
export function download(name, text) {
  const address = URL.createObjectURL(new Blob([text], { type: "text/plain" }));
  const link = make("a", { href: address, download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}

/**
 * @param {string} question
 * @param {string} yes
 * @param {() => void} act
 */
export function confirmFirst(question, yes, act) {
  const agreed = () => {
    dialog.close();
    act();
  };
  const dialog = make(
    "dialog",
    { class: "proposal", "aria-label": question, close: () => dialog.remove() },
    make("p", {}, question),
    make(
      "p",
      { class: "buttons" },
      make("button", { type: "button", click: () => dialog.close() }, "Keep them"),
      make("button", { type: "button", class: "main", click: agreed }, yes),
    ),
  );
  document.body.append(dialog);
  dialog.showModal();
}
