// Poking: what is set, each with its switch; bars before and after; controls, claims, keeping.
import { make } from "../../viewer/page/dom.js";
import { Superseded, post } from "./api.js";
import { bar, percent, shown, signed } from "./bars.js";

/** @typedef {import("./frame.js").Selection} Selection */
/** @typedef {{kind: string, name: string, nodes: string[], value: number, on: boolean, heads?: any[]}} Poke */

const SAID_TOKENS = 14;
/** @type {Record<string, string>} */
const NAMES = {
  ablate: "away",
  scale: "scaled",
  set: "set",
  exchange: "exchanged",
  head: "not looking",
};

/**
 * @param {HTMLElement} home
 * @param {any} session
 * @param {(text: string, failed?: boolean) => void} tell
 */
export function makePanel(home, session, tell) {
  /** @type {Poke[]} */
  let pokes = (session.pokes ?? []).map((/** @type {any} */ one) => ({
    nodes: [],
    heads: [],
    ...one,
  }));
  /** @type {Record<string, {name: string, nodes: string[]}>} */
  const groups = { ...session.groups };
  /** @type {any[]} */
  let claims = session.claims ?? [];
  /** @type {Poke[][]} */
  const past = [];
  /** @type {Selection | null} */
  let selected = null;
  let asking = false;
  let again = false;

  const selection = make("p", { class: "hint" }, "Click a box or a node in the graph.");
  const name = make("input", {
    type: "text",
    "aria-label": "Name of the group",
    placeholder: "a name",
  });
  const acts = ["ablate", "scale", "set", "exchange"].map((kind) =>
    make("button", { type: "button", disabled: true, click: () => add(kind) }, ACTS[kind]),
  );
  const naming = make("button", { type: "button", disabled: true, click: giveName }, "Name it");
  const heads = make("input", {
    type: "text",
    placeholder: "layer.head, word: 12.3 9",
    "aria-label": "A head and the word that it no longer looks at",
    keydown: (/** @type {KeyboardEvent} */ event) => event.key === "Enter" && addHead(),
  });
  const list = make("ul", { class: "pokes" });
  const numbers = make("p", { id: "numbers" });
  const bars = make("table", { class: "bars" });
  const said = make("div", { class: "said", "aria-live": "polite" });
  const controlled = make("p", { class: "hint", id: "controlled" });
  const claimList = make("ul", { class: "pokes" });
  const slug = make("input", {
    type: "text",
    id: "slug",
    value: session.id.replace(/-[0-9a-f]{8}$/, ""),
  });
  const by = make("input", { type: "text", id: "by", placeholder: "your name" });
  const kept = make("div", { id: "kept", "aria-live": "polite" });
  const undo = make("button", { type: "button", click: back }, "Undo");
  home.replaceChildren(
    make("h2", {}, "Poke"),
    selection,
    make("div", { class: "row" }, ...acts),
    make("div", { class: "row" }, name, naming),
    make(
      "details",
      {},
      make("summary", {}, "A head"),
      heads,
      make("button", { type: "button", click: addHead }, "Knock it out"),
    ),
    list,
    make("div", { class: "row" }, undo),
    make("h2", {}, "What it says then"),
    numbers,
    bars,
    said,
    make(
      "div",
      { class: "row" },
      make("button", { type: "button", click: () => control(1) }, "A control"),
      make("button", { type: "button", click: () => control(20) }, "Twenty controls"),
      make("button", { type: "button", click: claim }, "Make this a claim"),
    ),
    controlled,
    make("h2", {}, "Claims"),
    claimList,
    make("h2", {}, "Keep"),
    make("label", { for: "slug" }, "Under the name"),
    slug,
    make("label", { for: "by" }, "By"),
    by,
    make(
      "div",
      { class: "row" },
      make("button", { type: "button", class: "main", click: keep }, "Keep it in the gallery"),
    ),
    kept,
  );
  showPokes();
  showClaims();
  run();
  return {
    choose,
    controls: (/** @type {any} */ event) =>
      (controlled.textContent = `control ${event.done} of ${event.total} …`),
    pokes: () => pokes,
  };

  /** @param {Selection} found */
  function choose(found) {
    selected = found;
    const many = found.nodes.length;
    selection.textContent = `Selected: ${found.name}, ${many} feature${many === 1 ? "" : "s"}.`;
    for (const button of [...acts, naming]) button.disabled = false;
  }

  /** @param {string} kind */
  function add(kind) {
    if (!selected) return;
    const value = kind === "scale" ? 0.5 : 0;
    change([...pokes, { kind, name: selected.name, nodes: selected.nodes, value, on: true }]);
  }

  function addHead() {
    const match = /^\s*(\d+)\.(\d+)\s+(\d+)\s*$/.exec(heads.value);
    if (!match) return tell("write the head and the word's number, such as `12.3 9`", true);
    const [layer, head, key] = match.slice(1).map(Number);
    const look = `head ${layer}.${head} at word ${key}`;
    change([
      ...pokes,
      { kind: "head", name: look, nodes: [], heads: [{ layer, head, key }], value: 0, on: true },
    ]);
  }

  /** @param {Poke[]} next */
  function change(next) {
    past.push(pokes);
    pokes = next;
    showPokes();
    run();
  }

  function back() {
    const last = past.pop();
    if (!last) return;
    pokes = last;
    showPokes();
    run();
  }

  function showPokes() {
    undo.disabled = past.length === 0;
    list.replaceChildren(...pokes.map(item));
  }

  /** @param {Poke} poke @param {number} at */
  function item(poke, at) {
    const many = poke.nodes.length;
    const told = `${poke.name}: ${NAMES[poke.kind]}${many > 1 ? ` (${many})` : ""}`;
    const on = make("input", {
      type: "checkbox",
      "aria-label": told,
      change: () => replace(at, { on: on.checked }),
    });
    on.checked = poke.on;
    const gone = make(
      "button",
      {
        type: "button",
        "aria-label": `Remove ${told}`,
        click: () => change(pokes.filter((_, n) => n !== at)),
      },
      "×",
    );
    const row = make("li", {}, on, make("span", {}, told), gone);
    if (poke.kind === "scale" || poke.kind === "set") {
      const [least, most] = poke.kind === "scale" ? ["-2", "3"] : ["-20", "20"];
      const output = make("output", {}, String(poke.value));
      const slider = make("input", {
        type: "range",
        min: least,
        max: most,
        step: "0.1",
        "aria-label": `How much: ${told}`,
        input: () => {
          pokes[at] = { ...pokes[at], value: Number(slider.value) };
          output.textContent = slider.value;
          run();
        },
      });
      slider.value = String(poke.value);
      row.append(slider, output);
    }
    return row;
  }

  /** @param {number} at @param {Partial<Poke>} what */
  function replace(at, what) {
    change(pokes.map((one, n) => (n === at ? { ...one, ...what } : one)));
  }

  function asked() {
    return { session: session.id, pokes };
  }

  /** One request at a time; what moved meanwhile is asked for once it is back. */
  async function run() {
    if (asking) {
      again = true;
      return;
    }
    asking = true;
    try {
      showResult(await post("poke", asked()));
    } catch (error) {
      wrong(error);
    }
    asking = false;
    if (again) {
      again = false;
      run();
    } else settle();
  }

  /** Once nothing moves: how the model goes on, and the session's file. */
  async function settle() {
    try {
      await save();
      const texts = await post("say", { ...asked(), tokens: SAID_TOKENS });
      said.replaceChildren(
        make("p", {}, make("b", {}, "before "), texts.before),
        make("p", {}, make("b", {}, "after "), texts.after),
      );
    } catch (error) {
      wrong(error);
    }
  }

  function save() {
    return post("work", { ...asked(), groups, claims });
  }

  /** @param {any} found */
  function showResult(found) {
    tell("");
    controlled.textContent = "";
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
    try {
      const found = await post("control", { ...asked(), draws });
      const changes = found.changes.map(signed);
      const middle = [...found.changes].sort((a, b) => a - b)[Math.floor(draws / 2)];
      controlled.textContent =
        draws === 1
          ? `A control (as many others, as loud): ${changes[0]}, p ${percent(found.chances[0])}; this: ${signed(found.change)}, p ${percent(found.chance)}.`
          : `It moves the answer further than ${found.beaten} of ${draws} controls: ${signed(found.change)} against ${signed(middle)} in the middle.`;
    } catch (error) {
      wrong(error);
    }
  }

  async function claim() {
    try {
      await save();
      claims = (await post("claim", asked())).claims ?? [];
      controlled.textContent = "A claim was made; its bound lies half way to the nearest control.";
      showClaims();
    } catch (error) {
      wrong(error);
    }
  }

  function showClaims() {
    claimList.replaceChildren(
      ...claims.map((one, at) =>
        make(
          "li",
          {},
          make("span", {}, "•"),
          make("code", {}, `${one.id}: ${JSON.stringify(one.expect)}`),
          make(
            "button",
            {
              type: "button",
              "aria-label": `Remove the claim ${one.id}`,
              click: () => {
                claims = claims.filter((_, n) => n !== at);
                showClaims();
                save().catch(wrong);
              },
            },
            "×",
          ),
        ),
      ),
    );
  }

  async function giveName() {
    if (!selected || !name.value.trim()) return tell("type a name for it", true);
    const key =
      name.value
        .trim()
        .toLowerCase()
        .normalize("NFKD")
        .replace(/[^a-z0-9]+/g, "-")
        .replace(/^-|-$/g, "")
        .slice(0, 60) || `group-${Object.keys(groups).length + 1}`;
    groups[key] = { name: name.value.trim(), nodes: selected.nodes };
    await save().then(
      () => tell(`“${name.value.trim()}” is a group of ${selected?.nodes.length} features.`),
      wrong,
    );
  }

  async function keep() {
    kept.replaceChildren();
    try {
      await save();
      const found = await post("keep", {
        session: session.id,
        slug: slug.value,
        by: by.value.trim() || null,
      });
      kept.replaceChildren(
        make("p", {}, "Written:"),
        make(
          "ul",
          {},
          ...found.files.map((/** @type {string} */ one) => make("li", {}, make("code", {}, one))),
        ),
        make(
          "p",
          {},
          "Next: ",
          make("code", {}, `tracer verify ${found.slug}`),
          ", then ",
          make("a", { href: `/graphs/${found.slug}/` }, "its page"),
          ".",
        ),
      );
    } catch (error) {
      wrong(error);
    }
  }

  /** @param {unknown} error */
  function wrong(error) {
    if (!(error instanceof Superseded))
      tell(error instanceof Error ? error.message : String(error), true);
  }
}

/** @type {Record<string, string>} */
const ACTS = { ablate: "Take away", scale: "Scale", set: "Set", exchange: "Exchange" };
