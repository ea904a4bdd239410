// Which lines are drawn: how strong at least, and of which sign.
import { make } from "./dom.js";
import { showPercent } from "./text.js";

/** @typedef {import("./state.js").Store} Store */

const STEPS = 40;
const DECADES = 4; // the weakest step is a ten-thousandth of the strongest line

/** @param {Store} store */
export function lineStrength(store) {
  const value = make("output", { for: "viewer-weight" });
  const slider = make("input", {
    type: "range",
    id: "viewer-weight",
    min: "0",
    max: String(STEPS),
    input: () => store.dispatch({ type: "thin", weight: weightAt(Number(slider.value)) }),
  });
  store.subscribe(({ weight }) => {
    if (weightAt(Number(slider.value)) !== weight) slider.value = String(stepOf(weight));
    const text = weight ? `at least ${showPercent(weight)} of the strongest` : "any";
    value.textContent = text;
    slider.setAttribute("aria-valuetext", text);
  });
  const label = make("label", { for: "viewer-weight" }, "Line strength ", value);
  return make("div", { class: "slider weight" }, label, slider);
}

/** @param {number} step */
const weightAt = (step) =>
  step === 0 ? 0 : Number((10 ** (DECADES * (step / STEPS - 1))).toPrecision(2));

/** @param {number} weight */
const stepOf = (weight) =>
  weight === 0 ? 0 : Math.max(1, Math.round(STEPS * (1 + Math.log10(weight) / DECADES)));

/** @type {[string, -1 | 0 | 1][]} */
const SIGNS = [
  ["strengthening and weakening", 0],
  ["only strengthening", 1],
  ["only weakening", -1],
];

/** @param {Store} store */
export function lineSign(store) {
  const choice = make(
    "select",
    {
      id: "viewer-sign",
      change: () => store.dispatch({ type: "keep-sign", sign: SIGNS[choice.selectedIndex][1] }),
    },
    ...SIGNS.map(([name]) => make("option", {}, name)),
  );
  store.subscribe(({ sign }) => {
    choice.selectedIndex = SIGNS.findIndex(([, one]) => one === sign);
  });
  return make("div", { class: "sign" }, make("label", { for: "viewer-sign" }, "Lines"), choice);
}
