// The page's section with the circuit: its two pictures, for wide and for narrow screens, of which
// only the one that is seen stays in the page, and the strip below.
import { Circuit } from "./circuit.js";
import { makeStrip } from "./strip.js";
import { showPercent } from "../graph/text.js";

const NARROW = "screen and (max-width: 60rem)"; // as in site/narrow.css

/**
 * @param {import("../graph/graph.js").Graph} graph
 * @param {import("../state/state.js").Store} store
 * @param {() => void} jump  leads to the full graph
 */
export function takeOverCircuit(graph, store, jump) {
  const section = document.getElementById("circuit");
  const strip = section?.querySelector(".circuit-strip");
  const pictures = [...(section?.querySelectorAll("svg.circuit") ?? [])];
  if (!section || !(strip instanceof HTMLElement) || !strip.dataset.layout) return null;
  const layout = JSON.parse(strip.dataset.layout);
  /** @type {ReturnType<typeof makeStrip> | null} */
  let said = null;
  /** @type {Parameters<Circuit["start"]> | null} */
  let followed = null;
  /** @type {Map<Element, Circuit>} */
  const circuits = new Map();
  const shown = showOneOf(pictures, strip, (svg) => {
    /** @type {Circuit["pointed"]} */
    const point = (part, line) => said?.point(part, line);
    const circuit =
      circuits.get(svg) ??
      new Circuit(/** @type {SVGSVGElement} */ (svg), layout, graph, store, point);
    circuits.set(svg, circuit);
    if (followed) circuit.start(...followed);
    circuit.refresh();
    return circuit;
  });
  said = makeStrip(strip, graph, store, { circuit: shown, jump });
  strip.parentElement?.classList.add("taken-over");
  return {
    /** @type {Circuit["start"]} */
    start(facts, groups, changedPicture) {
      followed = [facts, groups, changedPicture];
      shown().start(...followed);
      followOrigin(section, store, facts, groups);
      facts.opened?.then(() => said?.update());
      said?.update();
    },
  };
}

/**
 * @param {Element[]} pictures
 * @param {HTMLElement} strip  which the picture stands above
 * @param {(svg: Element) => Circuit} takeOver  called whenever a picture comes into the page
 * @returns {() => Circuit}  the one in the page
 */
function showOneOf(pictures, strip, takeOver) {
  const narrow = matchMedia(NARROW);
  function show() {
    const kind = narrow.matches ? "narrow" : "wide";
    const svg = pictures.find((one) => one.classList.contains(kind)) ?? pictures[0];
    for (const other of pictures) if (other !== svg) other.remove();
    if (!svg.isConnected) strip.before(svg);
    return takeOver(svg);
  }
  let shown = show();
  narrow.addEventListener("change", () => {
    shown = show();
  });
  return () => shown;
}

/**
 * Says when the picture is no longer the one that the page was built with.
 * @param {Element} section
 * @param {import("../state/state.js").Store} store
 * @param {import("./flow.js").Facts} facts
 * @param {() => object} groups
 */
function followOrigin(section, store, facts, groups) {
  const origin = section.querySelector(".circuit-origin");
  if (!origin) return;
  const built = [...origin.childNodes];
  const inWords = section.querySelector(".in-words summary");
  const title = inWords?.textContent ?? "";
  let told = "";
  function tell() {
    const changed = Object.keys(store.state.edits.work.groups).length > 0;
    const words = changed ? wordsOf() : "";
    if (words === told) return;
    told = words;
    origin?.replaceChildren(...(changed ? [words] : built));
    if (inWords) inWords.textContent = changed ? `${title}, without your edits` : title;
  }
  function wordsOf() {
    const instead = facts.automatic && Object.keys(groups()).length > 0;
    const words = instead
      ? "Your own groups stand here in place of the automatic picture. They are kept in this browser until you propose them."
      : "The picture follows your edits, which are kept in this browser until you propose them.";
    const held = facts.books?.held;
    if (typeof held !== "number") return words;
    return `${words} The file with all flows could not be read, so only the drawn links are summed: they hold ${showPercent(held)} of what flows.`;
  }
  tell();
  store.subscribe(() => {
    tell();
    facts.opened?.then(tell);
  });
}
