// Which heads carry a line of the circuit, and which lines a head carries: says the one where a line
// is pointed at, and lights up the others where a head is chosen. All of it stands in the page.
import { make } from "../page/dom.js";

/** @typedef {[source: string, target: string, said: string, heads: string[]]} HeadLine */

/** @param {HTMLElement} section  with the heads, `data-lines` of the circuit */
export function showHeads(section) {
  const circuit = document.getElementById("circuit");
  /** @type {HeadLine[]} */
  const lines = JSON.parse(section.dataset.lines ?? "[]");
  if (!circuit || !lines.length) return;
  const byEnds = new Map(lines.map((line) => [keyOf(line[0], line[1]), line]));
  for (const event of ["click", "pointerover"]) {
    circuit.addEventListener(event, ({ target }) => {
      if (!(target instanceof SVGPathElement)) return;
      const { source = "", target: end = "" } = target.dataset;
      const line = byEnds.get(keyOf(source, end));
      if (line) say(circuit, line, event === "click");
    });
  }
  for (const head of section.querySelectorAll("[data-head]")) {
    const name = head.getAttribute("data-head") ?? "";
    const own = lines.filter((line) => line[3].includes(name));
    if (own.length) head.append(buttonFor(circuit, section, name, own));
  }
}

/** @param {string} source @param {string} target */
function keyOf(source, target) {
  return `${source} > ${target}`;
}

/**
 * Below what the strip says of the line; with its strongest head's pattern where it was chosen.
 * @param {Element} circuit
 * @param {HeadLine} line
 * @param {boolean} chosen
 */
function say(circuit, [, , said, heads], chosen) {
  const strip = circuit.querySelector(".circuit-says");
  strip?.querySelector(".by-heads")?.remove();
  const picture = chosen
    ? document.getElementById(`head-${heads[0]}`)?.querySelector("svg")?.cloneNode(true)
    : null;
  strip?.append(make("div", { class: "by-heads" }, make("p", {}, said), picture ?? ""));
}

/**
 * @param {Element} circuit
 * @param {Element} section
 * @param {string} name
 * @param {HeadLine[]} lines
 */
function buttonFor(circuit, section, name, lines) {
  const own = new Set(lines.map(([source, target]) => keyOf(source, target)));
  const button = make("button", { type: "button", "aria-pressed": "false" }, "Show its lines");
  button.addEventListener("click", () => {
    const on = button.getAttribute("aria-pressed") !== "true";
    for (const other of section.querySelectorAll("[aria-pressed]")) {
      other.setAttribute("aria-pressed", String(on && other === button));
    }
    for (const svg of circuit.querySelectorAll("svg.circuit")) {
      svg.classList.toggle("by-head", on);
      for (const path of svg.querySelectorAll("path[data-source]")) {
        const { source = "", target = "" } = /** @type {SVGPathElement} */ (path).dataset;
        const carried = on && own.has(keyOf(source, target));
        path.classList.toggle("carried", carried);
        const next = path.nextElementSibling;
        if (next?.classList.contains("head")) next.classList.toggle("carried", carried);
      }
    }
    if (on) circuit.scrollIntoView({ block: "start" });
  });
  button.setAttribute("aria-label", `Show the lines that head ${name} carries`);
  return button;
}
