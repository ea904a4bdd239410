// The panel beside a graph: pokes, what comes of them, and what is kept.
import { make } from "../../viewer/page/dom.js";
import { Superseded, post } from "./api.js";
import { makeKept } from "./kept.js";
import { makeOutcome } from "./outcome.js";
import { makePokes } from "./pokes.js";
import { Work } from "./work.js";

/** @typedef {import("./frame.js").Selection} Selection */
/** @typedef {import("./work.js").Poke} Poke */

/**
 * @param {HTMLElement} home
 * @param {any} session
 * @param {{tell: (text: string, failed?: boolean) => void, renamed: () => void}} to
 */
export function makePanel(home, session, to) {
  const work = new Work(session);
  /** @type {Promise<any[]> | null} */
  let looks = null;
  const pokes = makePokes(work, { changed: () => outcome.run(), tell: to.tell });
  const outcome = makeOutcome(
    work,
    { saved: () => work.save(), wrong, tell: to.tell },
    make("button", { type: "button", click: claim }, "Make this a claim"),
  );
  const kept = makeKept(work, {
    selected: pokes.selected,
    named: to.renamed,
    wrong,
    tell: to.tell,
  });
  home.replaceChildren(pokes.element, outcome.element, kept.element);
  return {
    choose,
    controls: outcome.controls,
    hear: outcome.hear,
    run: outcome.run,
    busy: outcome.busy,
    poke,
  };

  /** @param {Selection} found */
  async function choose(found) {
    if (!found.head) return pokes.choose(found);
    try {
      looks ??= post("looks", { session: session.id });
      const heads = (await looks).filter((one) => `${one.layer}.${one.head}` === found.head);
      if (heads.length) pokes.choose({ ...found, heads });
    } catch (error) {
      looks = null;
      wrong(error);
    }
  }

  /** Pokes that came with a link, where there are none yet. @param {Poke[]} given */
  function poke(given) {
    if (given.length && !work.pokes.length) work.change(given);
    pokes.show();
  }

  async function claim() {
    try {
      await work.claim();
      kept.show();
      outcome.say("A claim was made; its bound lies half way to the nearest control.");
    } catch (error) {
      outcome.say("");
      wrong(error);
    }
  }

  /** @param {unknown} error */
  function wrong(error) {
    if (!(error instanceof Superseded))
      to.tell(error instanceof Error ? error.message : String(error), true);
  }
}
