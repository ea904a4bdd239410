// What comes of pokes: bars before and after, predicted beside real, continuations, and controls.
import { make } from "../../viewer/page/dom.js";
import { Superseded, post } from "./api.js";
import { bar, percent, shown, signed } from "./bars.js";

/** @typedef {import("./work.js").Work} Work */

const SAID_TOKENS = 14;
const BUSY_MS = 1500; // behind a move, in which nothing else is painted
const CALM_MS = 250; // without a move, before continuations are asked for

/**
 * @param {Work} work
 * @param {{saved: () => Promise<void>, wrong: (error: unknown) => void, tell: (text: string) => void}} to
 * @param {Node[]} more  buttons beside those of controls
 */
export function makeOutcome(work, to, ...more) {
  let asking = false;
  let again = false;
  let moved = -BUSY_MS;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let calm;
  const numbers = make("p", { id: "numbers" }, "Nothing has run yet.");
  const bars = make("table", { class: "bars", "aria-label": "Words before and after" });
  const said = make("div", { class: "said", "aria-live": "polite" });
  const controlled = make("p", { class: "hint", id: "controlled", "aria-live": "polite" });
  const element = make(
    "section",
    {},
    make("h2", {}, "What it says then"),
    numbers,
    bars,
    said,
    make(
      "div",
      { class: "row" },
      make("button", { type: "button", click: () => control(1) }, "A control"),
      make("button", { type: "button", click: () => control(20) }, "Twenty controls"),
      ...more,
    ),
    controlled,
  );
  return {
    element,
    run,
    hear,
    controls,
    say: (/** @type {string} */ text) => note(text),
    busy: () => performance.now() - moved < BUSY_MS,
  };

  /** One request at a time; what moved meanwhile is asked for once it is back. */
  async function run() {
    clearTimeout(calm);
    moved = performance.now();
    if (asking) {
      again = true;
      return;
    }
    asking = true;
    try {
      show(await post("poke", work.asked()));
    } catch (error) {
      to.wrong(error);
    }
    asking = false;
    if (again) {
      again = false;
      run();
    } else calm = setTimeout(settle, CALM_MS);
  }

  /** Once nothing moves: the session's file, and how the model goes on. */
  async function settle() {
    try {
      await to.saved();
      const texts = await post("say", { ...work.asked(), tokens: SAID_TOKENS });
      for (const side of ["before", "after"]) hear({ side, text: texts[side] });
      said.classList.remove("stale");
    } catch (error) {
      to.wrong(error);
    }
  }

  /** A side's words as they come. @param {{side: string, text: string}} event */
  function hear({ side, text }) {
    const line = said.querySelector(`.${side}`) ?? make("p", { class: side });
    line.replaceChildren(make("b", {}, `${side} `), text);
    said.append(line);
  }

  /** @param {any} found */
  function show(found) {
    to.tell("");
    controlled.textContent = "";
    said.classList.add("stale"); // until the model has gone on anew
    const told = [];
    if (found.target) {
      const { text, before, after } = found.target;
      told.push(`“${shown(text)}”: ${percent(before)} → ${percent(after)}. `);
    }
    told.push(`Really ${signed(found.change)} ${found.unit}`);
    if (found.predicted !== null) told.push(`, predicted ${signed(found.predicted)}`);
    numbers.textContent = `${told.join("")}.`;
    bars.replaceChildren(
      ...found.bars.map((/** @type {any} */ one) =>
        make(
          "tr",
          { class: one.text === found.target?.text ? "asked" : "" },
          make("th", { scope: "row", class: "text" }, shown(one.text)),
          make("td", {}, bar(one.before, one.after)),
          make("td", { class: "number" }, `${percent(one.before)} → ${percent(one.after)}`),
        ),
      ),
    );
  }

  /** @param {number} draws */
  async function control(draws) {
    note("drawing controls …");
    try {
      note(compared(await post("control", { ...work.asked(), draws }), draws));
    } catch (error) {
      note("");
      if (!(error instanceof Superseded)) to.wrong(error);
    }
  }

  /** @param {any} event */
  function controls(event) {
    note(`control ${event.done} of ${event.total} …`);
  }

  /** @param {string} text */
  function note(text) {
    controlled.textContent = text;
  }
}

/** @param {any} found @param {number} asked */
function compared(found, asked) {
  const changes = [...found.changes];
  const mine = signed(found.change);
  if (asked === 1) {
    const chances = [found.chances[0], found.chance].map(percent);
    return `A control (as many others, as loud): ${signed(changes[0])}, p ${chances[0]}; this: ${mine}, p ${chances[1]}.`;
  }
  const middle = changes.sort((a, b) => a - b)[Math.floor(changes.length / 2)];
  return `It moves the answer further than ${found.beaten} of ${changes.length} controls: ${mine} against ${signed(middle)} in the middle.`;
}
