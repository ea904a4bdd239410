// The circuit by keyboard: arrows travel along lines, Enter selects and opens, Alt and an arrow move a
// box.
import { travelCircuit } from "./words.js";

/** @typedef {import("./circuit.js").Circuit} Circuit */

const STEP = 12;
const WAYS = { ArrowUp: [0, -1], ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] };

/**
 * @param {Circuit} circuit
 * @param {KeyboardEvent} event
 * @returns {boolean}  whether the key meant something here
 */
export function pressed(circuit, event) {
  const target = /** @type {Element} */ (event.target);
  if (event.ctrlKey || event.metaKey) return false;
  if (target.closest(".members")) return inMembers(circuit, event.key, target);
  const link = target.closest("a[data-nodes]");
  const key = target.closest("[data-box]")?.getAttribute("data-box") ?? "";
  const box = circuit.canvas.boxOf(key);
  return (
    Boolean(link && box) &&
    onBox(circuit, event, /** @type {any} */ (link), /** @type {any} */ (box))
  );
}

/**
 * @param {Circuit} circuit
 * @param {KeyboardEvent} event
 * @param {Element} link
 * @param {import("./picture.js").Box} box
 */
function onBox(circuit, event, link, box) {
  const way = WAYS[/** @type {keyof typeof WAYS} */ (event.key)];
  if (event.key === "Enter" || event.key === " ") {
    circuit.choose(link, event.shiftKey);
    if (event.key === "Enter" && (box.kind === "group" || box.kind === "other"))
      circuit.openFromKeyboard(box.key);
  } else if (event.key === "Escape") circuit.store.dispatch({ type: "clear" });
  else if (way && event.altKey) {
    const [x, y] = circuit.offset(box.key);
    circuit.move(box.key, circuit.inside(box.key, x + STEP * way[0], y + STEP * way[1]));
  } else if (way) {
    const from = link.getAttribute("data-part") ?? box.parts[0].key;
    circuit.focusPart(travelCircuit(circuit.picture, from, event.key));
  } else return false;
  return true;
}

/**
 * @param {Circuit} circuit
 * @param {string} key
 * @param {Element} target
 */
function inMembers(circuit, key, target) {
  if (key === "Escape") {
    circuit.closeMembers();
    return true;
  }
  const rows = [...circuit.svg.querySelectorAll(".members [tabindex]")];
  const step = { ArrowDown: 1, ArrowUp: -1 }[key];
  if (!step) return false;
  const next = rows[rows.indexOf(target) + step];
  if (next instanceof SVGElement) next.focus();
  return true;
}
