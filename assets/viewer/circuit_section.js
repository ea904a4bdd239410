// The page's section with the circuit: its two pictures, for wide and for narrow screens, and the
// strip below them.
import { Circuit } from "./circuit.js";
import { makeStrip } from "./circuit_strip.js";

/**
 * @param {import("./graph.js").Graph} graph
 * @param {import("./state.js").Store} store
 * @param {() => void} jump  leads to the full graph
 */
export function takeOverCircuit(graph, store, jump) {
  const section = document.getElementById("circuit");
  const strip = section?.querySelector(".circuit-strip");
  const pictures = section?.querySelectorAll("svg.circuit") ?? [];
  if (!section || !(strip instanceof HTMLElement) || !pictures.length) return null;
  /** @type {ReturnType<typeof makeStrip> | null} */
  let said = null;
  const circuits = Array.from(
    pictures,
    (svg) =>
      new Circuit(/** @type {SVGSVGElement} */ (svg), graph, store, (part) => said?.point(part)),
  );
  const seen = () => circuits.find((one) => one.isSeen) ?? circuits[0];
  said = makeStrip(strip, graph, store, { circuit: seen, jump });
  section.classList.add("live");
  return {
    /** @type {Circuit["start"]} */
    start(facts, groups, changedPicture) {
      for (const circuit of circuits) circuit.start(facts, groups, changedPicture);
      followOrigin(section, store, facts, groups);
      said?.update();
    },
  };
}

/**
 * Says when the picture is no longer the one that the page was built with.
 * @param {Element} section
 * @param {import("./state.js").Store} store
 * @param {import("./circuit_flow.js").Facts} facts
 * @param {() => object} groups
 */
function followOrigin(section, store, facts, groups) {
  const origin = section.querySelector(".circuit-origin");
  if (!origin) return;
  const built = [...origin.childNodes];
  const inWords = section.querySelector(".in-words summary");
  const title = inWords?.textContent ?? "";
  let changed = false;
  store.subscribe((state) => {
    const now = Object.keys(state.edits.work.groups).length > 0;
    if (now === changed) return;
    changed = now;
    const instead = facts.automatic && Object.keys(groups()).length > 0;
    const words = instead
      ? "Your own groups stand here in place of the automatic picture. They are kept in this browser until you propose them."
      : "The picture follows your edits, which are kept in this browser until you propose them.";
    origin.replaceChildren(...(changed ? [words] : built));
    if (inWords) inWords.textContent = changed ? `${title}, without your edits` : title;
  });
}
