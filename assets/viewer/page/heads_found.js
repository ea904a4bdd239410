// Attention heads that the page tells of, found by name: `head:23.4`, `23.4`, or by what people call
// them.
import { make } from "./dom.js";

/** @typedef {{name: string, title: string, href: string}} FoundHead */

const MOST = 4;

/**
 * @param {string} query
 * @returns {FoundHead[]}
 */
export function headsFound(query) {
  const wanted = query.trim().toLowerCase();
  const name = wanted.replace(/^head:\s*/, "").replace(/^"|"$/g, "");
  if (!name) return [];
  const asked = name !== wanted;
  const found = [];
  for (const one of document.querySelectorAll("#heads [data-head]")) {
    const own = one.getAttribute("data-head") ?? "";
    const title = one.querySelector("h3")?.textContent?.trim() ?? `Head ${own}`;
    const called = title.toLowerCase().includes(name) && (asked || name.length > 2);
    if (own === name || (asked && own.startsWith(name)) || called) {
      found.push({ name: own, title, href: `#${one.id}` });
    }
  }
  return found.slice(0, MOST);
}

/** @param {FoundHead} head */
export const headResult = ({ title, href, name }) =>
  make("li", {}, make("a", { href, "data-head-found": name, dir: "auto" }, title));
