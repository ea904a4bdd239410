// Zoom: with the wheel, with two fingers, and with neither.
import { select, zoom, zoomIdentity } from "../../vendor/d3.js";
import { make, prefersStill } from "../page/dom.js";

/** @typedef {import("../../vendor/d3.js").ZoomTransform} View */

/**
 * @param {HTMLElement} paper
 * @param {(view: View) => void} draw
 */
export function makeZoom(paper, draw) {
  let view = zoomIdentity;
  const behaviour = /** @type {import("../../vendor/d3.js").ZoomBehavior<HTMLElement, unknown>} */ (
    zoom()
  );
  behaviour
    .scaleExtent([1, 8])
    .filter((event) => {
      if (event.type === "wheel") return event.ctrlKey || event.metaKey;
      if (event.type.startsWith("touch")) return event.touches.length > 1;
      return !event.button && view.k > 1;
    })
    .on("zoom", ({ transform }) => {
      view = transform;
      paper.classList.toggle("zoomed", transform.k > 1);
      draw(transform);
    });
  select(paper).call(behaviour).on("dblclick.zoom", null);
  return {
    /** @param {number} factor  0 shows everything again */
    by(factor) {
      const chosen = select(paper);
      const smooth = prefersStill() ? chosen : chosen.transition().duration(200);
      if (factor) behaviour.scaleBy(/** @type {any} */ (smooth), factor);
      else behaviour.transform(/** @type {any} */ (smooth), zoomIdentity);
    },
    /** @param {number} width @param {number} height */
    within(width, height) {
      const corner = /** @type {[number, number]} */ ([width, height]);
      behaviour.extent([[0, 0], corner]).translateExtent([[0, 0], corner]);
    },
  };
}

/** @type {[string, string, number][]} */
const BUTTONS = [
  ["+", "Zoom in", 1.5],
  ["−", "Zoom out", 1 / 1.5],
  ["⤢", "Show everything", 0],
];

/** @param {Event} event */
function fillScreen({ currentTarget }) {
  if (document.fullscreenElement) document.exitFullscreen();
  else /** @type {Element} */ (currentTarget).closest(".viewer")?.requestFullscreen();
}

/** @param {(factor: number) => void} zoomBy  0 shows everything again */
export const makeZoomButtons = (zoomBy) =>
  make(
    "div",
    { class: "graph-zoom" },
    document.fullscreenEnabled
      ? make("button", { type: "button", click: fillScreen }, "Full screen")
      : "",
    ...BUTTONS.map(([sign, name, factor]) =>
      make(
        "button",
        { type: "button", "aria-label": name, title: name, click: () => zoomBy(factor) },
        sign,
      ),
    ),
  );
