// Fetches a graph's data file; what can go wrong is said in words for people.
import { readGraph } from "./graph.js";

/**
 * @param {string} address
 * @returns {Promise<import("./graph.js").Graph>}
 */
export const loadGraph = async (address) =>
  readGraph(await fetchJson(address, "its data file"), baseOf(address));

/**
 * What other addresses are relative to; a file within the page stands where the page does.
 * @param {string} address
 */
const baseOf = (address) =>
  address.startsWith("data:") ? document.baseURI : new URL(address, document.baseURI).href;

/**
 * @param {string} address
 * @param {string} what  the file's name in a sentence
 */
export async function fetchJson(address, what) {
  const answer = await fetch(address).catch(() => {
    throw new Error(`${what} could not be fetched`);
  });
  if (!answer.ok) throw new Error(`${what} answers ${answer.status}`);
  return answer.json().catch(() => {
    throw new Error(`${what} is damaged`);
  });
}

/** @type {Map<string, Promise<any>>} */
const fetched = new Map();

/**
 * What does not change while a page is open; a failure is tried again.
 * @param {string} address
 * @param {string} what  the file's name in a sentence
 */
export function fetchOnce(address, what) {
  let wanted = fetched.get(address);
  if (!wanted) {
    wanted = fetchJson(address, what);
    fetched.set(address, wanted);
    wanted.catch(() => fetched.delete(address));
  }
  return wanted;
}
