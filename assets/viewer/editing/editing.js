// Edits: fetched with what they need, kept in the browser, undone, shared, proposed.
import { amount, combined, renamed, unsent } from "./annotations.js";
import { changedPicture, withBooks } from "../circuit/change.js";
import { make } from "../page/dom.js";
import { EditPanel } from "./edit_panel.js";
import { isNothing } from "./edit_store.js";
import { FRESH } from "../state/history.js";
import { warningsOf } from "./named_groups.js";
import { proposedText } from "./proposal.js";
import { confirmFirst, download, showProposal } from "./proposal_dialog.js";
import { count, grouped } from "../graph/text.js";
import { NO_WORK } from "../state/work.js";
import {
  LONGEST,
  WORK_NAMES,
  describeLeft,
  readWork,
  writeShortWork,
  writeWork,
} from "./work_address.js";

/** @typedef {import("../state/state.js").Store} Store */
/** @typedef {import("./live_graph.js").Live} Live */

const FORMAT = 2;

/**
 * @param {HTMLElement} viewer
 * @param {HTMLElement} bar
 * @param {Live} live
 * @param {Store} store
 * @param {object} page
 * @param {HTMLElement} page.side
 * @param {ReturnType<typeof import("../circuit/section.js").takeOverCircuit>} page.circuit
 * @param {any} page.file  what the page's edit file holds
 * @param {string} page.query  of the address that was opened
 * @throws {Error} when the file is of another format
 */
export function startEditing(viewer, bar, live, store, { side, circuit, file, query }) {
  if (file?.format !== FORMAT) throw new Error("its file is of another format");
  const { parsed } = live;
  // What all graphs of the feature source share is shown here, and changed elsewhere.
  const shown = (/** @type {import("../state/work.js").Annotations} */ one) => ({
    ...one,
    labels: { ...file.shared, ...one.labels },
  });
  live.start((work) => {
    const wanted = combined(parsed, file.annotations, work);
    const named = Object.keys(work.labels).length || Object.keys(work.groups).length;
    const names = named ? renamed(parsed, shown(file.annotations), shown(wanted)) : parsed;
    return { wanted, names };
  });
  const said = resume(live, store, file, query);
  live.write = (given) => writeShortWork(given, live.graph, store.state.edits.work);
  bar.replaceChildren();
  bar.append(make("p", { class: "edit-note", role: "status" }, said));
  const { forge } = viewer.dataset;
  fillBar(bar, live, store, { ...file, forge: forge ? JSON.parse(forge) : null });
  const panel = new EditPanel(live.graph, store, () => live.wanted, file.annotations);
  side.querySelector(".details")?.after(panel.element);
  if (!file.circuit) return;
  const facts = withBooks(file.circuit, live.graph);
  circuit?.start(facts, () => live.wanted.groups, changedPicture);
}

/**
 * What the browser kept, unless the address brings other edits; then those are shown, and one's own
 * are one step of undo away.
 * @param {Live} live
 * @param {Store} store
 * @param {any} file
 * @param {string} query
 * @returns {string}  what there is to say about it
 */
function resume(live, store, file, query) {
  const { edits } = store.state;
  const own = unsent(live.parsed, file.annotations, edits.work);
  const shared = readWork(live.parsed, file.annotations, query);
  const left = describeLeft(shared.left);
  store.dispatch({ type: "resume", edits: { ...edits, work: own } });
  const work = unsent(live.parsed, file.annotations, shared.work);
  if (isNothing(work) || saysTheSame(live, own, query)) return left;
  const past = isNothing(own) ? edits.past : [...edits.past, own];
  live.visited = { work, past, future: [] };
  store.dispatch({ type: "resume", edits: live.visited });
  const mine = isNothing(own) ? "" : " Your own unsent edits are one Undo away.";
  return `The link brought names or groups along; they are shown here.${mine} ${left}`.trim();
}

/** @param {Live} live @param {import("../state/work.js").Work} work @param {string} query */
function saysTheSame(live, work, query) {
  const given = new URLSearchParams(query);
  const mine = new URLSearchParams();
  writeWork(mine, live.graph, work);
  return WORK_NAMES.every((name) => given.get(name) === mine.get(name));
}

/**
 * @param {HTMLElement} bar
 * @param {Live} live
 * @param {Store} store
 * @param {any} file
 */
function fillBar(bar, live, store, file) {
  const state = make("p", { class: "edit-count" });
  const note = /** @type {HTMLElement} */ (bar.querySelector(".edit-note"));
  const button = (/** @type {string} */ text, /** @type {() => void} */ click) =>
    make("button", { type: "button", click }, text);
  const undo = button("Undo", () => store.dispatch({ type: "undo" }));
  const redo = button("Redo", () => store.dispatch({ type: "redo" }));
  const propose = button("Propose changes", () =>
    showProposal({
      file: file.file,
      before: file.text,
      after: proposedText(file, live.wanted),
      warnings: warningsOf(file, live.wanted),
      forge: file.forge,
    }),
  );
  const share = button("Copy a link to this view", async () => {
    note.replaceChildren(...(await shareView(live, store, file)));
  });
  const discard = button("Discard edits", () => {
    const all = "Discard all your edits of this graph? They exist in this browser only.";
    confirmFirst(all, "Discard them", () =>
      store.dispatch({ type: "resume", edits: { ...FRESH, work: { ...NO_WORK } } }),
    );
  });
  bar.prepend(state, make("div", { class: "buttons" }, undo, redo, share, propose, discard));
  store.subscribe(({ edits }) => {
    const unsentEdits = amount(unsent(live.graph, file.annotations, edits.work));
    state.textContent = unsentEdits
      ? `${count(unsentEdits, "unsent edit")}, in this browser only`
      : "No edits yet: name nodes and make groups in the panel, then propose them";
    undo.disabled = !edits.past.length;
    redo.disabled = !edits.future.length;
    propose.disabled = unsentEdits === 0;
    discard.disabled = isNothing(edits.work);
  });
}

/**
 * @param {Live} live
 * @param {Store} store
 * @param {any} file
 * @returns {Promise<(Node | string)[]>}  what to say
 */
async function shareView(live, store, file) {
  const given = new URLSearchParams(location.search);
  writeWork(given, live.graph, store.state.edits.work);
  const query = given.toString();
  if (query.length > LONGEST) {
    const text = proposedText(file, live.wanted);
    const name = file.file.slice(file.file.lastIndexOf("/") + 1);
    return [
      `With all these edits the link would be ${grouped(query.length)} characters long, which many programs cut off. Send the file instead: `,
      make("button", { type: "button", click: () => download(name, text) }, `Download ${name}`),
    ];
  }
  const address = `${location.origin}${location.pathname}${query ? `?${query}` : ""}#viewer`;
  try {
    await navigator.clipboard.writeText(address);
    return [
      "The link is on your clipboard. Whoever opens it sees this view with your names and groups; notes stay here.",
    ];
  } catch {
    return [
      "This browser does not let pages copy. The link: ",
      make("a", { href: address }, "this view"),
    ];
  }
}
