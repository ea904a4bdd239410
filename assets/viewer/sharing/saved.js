// Subgraphs that a reader saved under a name, in the address behind the `#`: each its nodes, and the
// groups that were made by then. A link carries them; nothing is kept anywhere else. What an address
// says is taken for data: ids that this graph has not are left out.
import { make } from "../page/dom.js";
import { freeKey } from "../graph/references.js";
import { isSet } from "../state/state.js";
import { nodesFrom } from "../state/url.js";
import { count } from "../graph/text.js";

/** @typedef {import("../graph/graph.js").Graph} Graph */
/** @typedef {import("../state/state.js").Store} Store */
/** @typedef {[name: string, ids: string[], groups: [name: string, ...ids: string[]][]]} Saved */

export const MARK = "#saved=";
const LONGEST = 6000; // as state and edits in an address
const LONGEST_NAME = 80;
const MOST = 40;

/** @param {string} hash @returns {Saved[]} */
export function readSaved(hash) {
  if (!hash.startsWith(MARK)) return [];
  try {
    const rows = JSON.parse(decodeURIComponent(hash.slice(MARK.length)));
    return rows.slice(0, MOST).map((/** @type {any} */ row) => toSaved(row));
  } catch {
    return []; // cut off on its way
  }
}

/** @param {any} row @returns {Saved} */
function toSaved([name, ids, groups = []]) {
  const texts = (/** @type {any[]} */ list) => list.map(String);
  return [String(name).slice(0, LONGEST_NAME), texts(ids), groups.map(texts)];
}

/** @param {Saved[]} saved */
export const writeSaved = (saved) =>
  saved.length ? MARK + encodeURIComponent(JSON.stringify(saved)) : "";

/**
 * The list of them, and the way to save one more.
 * @param {Graph} graph
 * @param {Store} store
 */
export function makeSaved(graph, store) {
  let saved = readSaved(location.hash);
  const list = make("ul", { class: "saved-list" });
  const said = make("p", { class: "amount", role: "status" });
  const element = make(
    "section",
    { class: "saved", "aria-label": "Saved in this link" },
    make("h3", {}, "Saved in this link"),
    list,
    said,
  );

  /** @param {Saved[]} next */
  function keep(next) {
    const hash = writeSaved(next);
    if (hash.length > LONGEST) {
      said.textContent = "That would make the link too long: take another one out first.";
      return;
    }
    saved = next;
    said.textContent = saved.length ? "The page’s address holds these; share or bookmark it." : "";
    history.replaceState(null, "", location.pathname + location.search + hash);
    show();
  }

  function show() {
    element.hidden = saved.length === 0;
    list.replaceChildren(...saved.map((one) => row(one)));
  }

  /** @param {Saved} one */
  function row(one) {
    const [name, ids] = one;
    const nodes = nodesFrom(graph, ids);
    const open = make(
      "button",
      { type: "button", disabled: nodes.length === 0, click: () => openOne(one, nodes) },
      make("span", { dir: "auto" }, name),
      make("span", { class: "amount" }, ` ${count(nodes.length, "node")}`),
    );
    const remove = make(
      "button",
      {
        type: "button",
        "aria-label": `Remove ${name}`,
        click: () => keep(saved.filter((other) => other !== one)),
      },
      "Remove",
    );
    return make("li", {}, open, remove);
  }

  /** @param {Saved} one @param {number[]} nodes */
  function openOne([, , groups], nodes) {
    for (const [name, ...ids] of groups) {
      const members = nodesFrom(graph, ids);
      const there = graph.groups.some((group) => isSet(members, group.members));
      if (!members.length || there) continue;
      const key = freeKey(name, (wanted) => graph.groups.some((group) => group.key === wanted));
      const group = { name, nodes: members.map((node) => graph.ids[node]) };
      store.dispatch({ type: "edit", edit: { edit: "group", key, group } });
    }
    store.dispatch({ type: "show", nodes });
  }

  addEventListener("hashchange", () => {
    if (!location.hash.startsWith(MARK)) return;
    saved = readSaved(location.hash);
    show();
  });
  show();
  return {
    element,
    /** @param {string} name @param {number[]} nodes */
    save(name, nodes) {
      const { groups } = store.state.edits.work;
      /** @type {[string, ...string[]][]} */
      const made = graph.groups
        .filter((group) => groups[group.key])
        .map((group) => [group.name, ...group.members.map((node) => graph.ids[node])]);
      const ids = nodes.map((node) => graph.ids[node]);
      const others = saved.filter(([other]) => other !== name);
      /** @type {Saved} */
      const own = [name.slice(0, LONGEST_NAME), ids, made];
      keep([...others, own].slice(-MOST));
    },
  };
}

/**
 * Asks for a name in the place of the button that was pressed.
 * @param {HTMLElement} button
 * @param {string} proposed
 * @param {(name: string) => void} save
 */
export function askName(button, proposed, save) {
  const input = make("input", {
    "aria-label": "Name",
    value: proposed,
    maxlength: "80",
    dir: "auto",
  });
  const form = make(
    "form",
    {
      class: "save-name",
      submit: (event) => {
        event.preventDefault();
        if (input.value.trim()) save(input.value.trim());
        form.replaceWith(button);
        button.focus();
      },
      keydown: (event) => {
        if (event.key === "Escape") form.replaceWith(button);
      },
    },
    input,
    make("button", {}, "Save"),
  );
  button.replaceWith(form);
  input.select();
}
