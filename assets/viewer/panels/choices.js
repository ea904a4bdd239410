// Graphs to choose from where they are too many for a page: an index in files, sorted by name, of
// which those are fetched that hold what somebody types or what the address names.
import { fetchOnce } from "../graph/load.js";
import { make } from "../page/dom.js";

const SHOWN = 100;

/** @typedef {[name: string, title: string, data: string, folder: string]} Listed */

/**
 * @param {HTMLElement} section
 * @param {HTMLSelectElement[]} selects
 */
export function offerMany(section, selects) {
  const choices = /** @type {HTMLElement} */ (section.querySelector(".choices"));
  /** @type {string[]} */
  const firsts = JSON.parse(choices.dataset.files ?? "[]");
  const fields = selects.map(
    ({ id }) =>
      /** @type {HTMLInputElement} */ (section.querySelector(`#${id.replace("side", "find")}`)),
  );
  const file = (/** @type {number} */ number) =>
    /** @type {Promise<Listed[]>} */ (
      fetchOnce(`graphs/${number}.json`, "a part of the list of graphs")
    );

  /** The number of the file in which a name would stand. @param {string} name */
  const fileOf = (name) => Math.max(0, firsts.filter((first) => first <= name).length - 1);

  /** The first graphs whose name begins so. @param {string} start */
  async function beginningWith(start) {
    /** @type {Listed[]} */
    const found = [];
    for (let at = fileOf(start); at < firsts.length && found.length < SHOWN; at++) {
      if (at > fileOf(start) && !firsts[at].startsWith(start)) break;
      found.push(...(await file(at)).filter(([name]) => name.startsWith(start)));
    }
    return found.slice(0, SHOWN);
  }

  /** @param {HTMLSelectElement} select @param {Listed[]} listed */
  function fill(select, listed) {
    const kept = [...select.options].filter(({ value, selected }) => !value || selected);
    const there = new Set(kept.map(({ value }) => value));
    select.replaceChildren(
      ...kept,
      ...listed
        .filter(([name]) => !there.has(name))
        .map(([name, title, data, folder]) =>
          make(
            "option",
            { dir: "auto", value: name, "data-graph": `../${data}`, "data-page": `../${folder}` },
            title === name ? name : `${name}: ${title}`,
          ),
        ),
    );
  }

  fields.forEach((field, side) => {
    field.disabled = false;
    let asked = 0;
    field.addEventListener("input", async () => {
      const mine = ++asked;
      const listed = await beginningWith(field.value.trim()).catch(() => []);
      if (mine === asked) fill(selects[side], listed);
    });
  });

  return {
    /** Make sure that these names can be chosen; "" is none yet. @param {string[]} names */
    offer: (names) =>
      Promise.all(
        names.map(async (name, side) => {
          const all = name ? await file(fileOf(name)) : await beginningWith("");
          const mine = all.filter(([one]) => one === name);
          fill(selects[side], name ? [...mine, ...all.slice(0, SHOWN)] : all);
        }),
      ),
  };
}
