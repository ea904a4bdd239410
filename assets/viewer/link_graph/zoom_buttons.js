// Zoom without a wheel or two fingers.
import { make } from "../page/dom.js";

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
