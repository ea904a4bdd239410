// Bars of probabilities, drawn as SVG so that no style is written into the page.
const SVG = "http://www.w3.org/2000/svg";

/**
 * @param {number[]} shares  each between 0 and 1, one below the other
 * @returns {SVGSVGElement}
 */
export function bar(...shares) {
  const height = 8 * shares.length;
  const drawn = document.createElementNS(SVG, "svg");
  drawn.setAttribute("class", "bar");
  drawn.setAttribute("viewBox", `0 0 100 ${height}`);
  drawn.setAttribute("preserveAspectRatio", "none");
  drawn.setAttribute("aria-hidden", "true");
  if (shares.length > 1) drawn.setAttribute("height", String(height));
  shares.forEach((share, at) => {
    const rect = document.createElementNS(SVG, "rect");
    rect.setAttribute("y", String(8 * at + 1));
    rect.setAttribute("width", (100 * share).toFixed(1));
    rect.setAttribute("height", "6");
    if (shares.length > 1 && at === 0) rect.setAttribute("class", "before");
    drawn.append(rect);
  });
  return drawn;
}

/** @param {number} share */
export const percent = (share) =>
  share >= 0.1 ? `${(100 * share).toFixed(0)} %` : `${(100 * share).toPrecision(2)} %`;

/** @param {number} value */
export const signed = (value) => (value < 0 ? "−" : "+") + Math.abs(value).toFixed(2);

/** @param {string} text  a word as it is, its space made visible */
export const shown = (text) => text.replace(/^ /, "").replace(/\n/g, "⏎") || "␣";
