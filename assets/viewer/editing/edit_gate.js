// The way into editing. What it needs is fetched when somebody edits, has unsent edits, or opens a link
// that brings names or groups along.
import { make } from "../page/dom.js";
import { loadEdits, saveEdits, storageKey } from "./edit_store.js";
import { FRESH } from "../state/history.js";
import { nodesOf } from "../graph/node_names.js";

/** @typedef {import("../state/state.js").Store} Store */

const BRINGS_WORK = ["supernodes", "clerps", "hide"];

/**
 * @param {HTMLElement} viewer
 * @param {import("./live_graph.js").Live} live
 * @param {Store} store
 * @param {object} page
 * @param {Promise<import("../panels/panels.js").Panels>} page.panels
 * @param {(address: string) => Promise<any>} page.fetchData
 */
export function openTheWayToEditing(viewer, live, store, { panels, fetchData }) {
  const { edit, revision } = viewer.dataset;
  if (!edit) return;
  const query = location.search;
  const words = make(
    "p",
    { class: "edit-count" },
    "See something that has no name yet, or a wrong one?",
  );
  const begin = make(
    "button",
    { type: "button", click: () => start(true) },
    "Edit names and groups",
  );
  const bar = make("div", { class: "edit-bar" }, words, make("div", { class: "buttons" }, begin));
  viewer.querySelector(".viewer-main")?.before(bar);
  let started = false;

  /** @param {boolean} [wanted]  by somebody who pressed the button, whose focus stays in the bar */
  async function start(wanted = false) {
    if (started) return;
    started = true;
    try {
      const [{ startEditing }, file, around] = await Promise.all([
        import("./editing.js"),
        fetchData(edit ?? ""),
        panels,
      ]);
      startEditing(viewer, bar, live, store, { ...around, file, query });
      /** @type {HTMLElement | null} */
      const next = bar.querySelector("button:enabled");
      if (wanted) next?.focus();
    } catch (error) {
      const why = error instanceof Error ? error.message : error;
      bar.textContent = `Names and groups cannot be edited here: ${why}.`;
    }
  }

  const key = storageKey(live.parsed.meta.slug, Number(revision));
  const kept = loadEdits(key);
  if (kept !== FRESH) store.dispatch({ type: "resume", edits: kept });
  if (kept !== FRESH || brings(live.parsed, new URLSearchParams(query))) start();
  let seen = store.state.edits;
  const save = () => {
    const { edits } = store.state;
    const fresh = edits !== seen && edits !== live.visited;
    seen = edits;
    return !fresh || saveEdits(key, edits);
  };
  addEventListener("pagehide", save); // the last edit may not have been painted yet
  store.subscribe(({ edits }) => {
    if (edits !== FRESH && edits !== kept) start();
    if (!save()) {
      bar.append(
        make(
          "p",
          { class: "edit-note" },
          "This browser does not keep edits; propose them before you leave.",
        ),
      );
    }
  });
  addEventListener("storage", (event) => {
    if (event.key === key) store.dispatch({ type: "resume", edits: loadEdits(key) });
  });
  listenForUndo(store);
}

/**
 * Whether an address holds work, or names what this graph has not, which is to be told.
 * @param {import("../graph/graph.js").Graph} graph
 * @param {URLSearchParams} given
 */
function brings(graph, given) {
  const ids = ["pinnedIds", "clickedId"].flatMap((name) => (given.get(name) ?? "").split(","));
  const unknown = ids.some((id) => id && id !== "null" && !nodesOf(graph, id).length);
  return unknown || BRINGS_WORK.some((name) => given.has(name));
}

/** @param {Store} store */
function listenForUndo(store) {
  document.addEventListener("keydown", (event) => {
    if (!(event.ctrlKey || event.metaKey) || event.altKey || document.querySelector("dialog[open]"))
      return;
    const typing =
      event.target instanceof Element &&
      event.target.closest("input, textarea, select, [contenteditable]");
    const key = event.key.toLowerCase();
    if (typing || (key !== "z" && key !== "y")) return;
    event.preventDefault();
    store.dispatch({ type: key === "y" || event.shiftKey ? "redo" : "undo" });
  });
}
