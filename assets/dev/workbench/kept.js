// What is to stay: names, claims, and all of it in the gallery.
import { make } from "../../viewer/page/dom.js";
import { linkTo } from "./link.js";

/** @typedef {import("./frame.js").Selection} Selection */
/** @typedef {import("./work.js").Work} Work */

/**
 * @param {Work} work
 * @param {{selected: () => Selection | null, named: () => void, wrong: (error: unknown) => void, tell: (text: string, failed?: boolean) => void}} to
 */
export function makeKept(work, to) {
  const of = work.session.kept ?? work.session.of;
  const name = make("input", {
    type: "text",
    "aria-label": "Name of what is selected",
    placeholder: "a name",
    keydown: (/** @type {KeyboardEvent} */ event) => event.key === "Enter" && giveName(),
  });
  const names = make("ul", { class: "pokes", "aria-label": "Names" });
  const claims = make("ul", { class: "pokes", "aria-label": "Claims" });
  const slug = make("input", {
    type: "text",
    id: "slug",
    value: of ?? work.session.id.replace(/-[0-9a-f]{8}$/, ""),
  });
  const by = make("input", { type: "text", id: "by", placeholder: "your name" });
  const kept = make("div", { id: "kept", "aria-live": "polite" });
  const link = make("input", { type: "text", "aria-label": "A link to this", readonly: true });
  link.hidden = true;
  const element = make(
    "section",
    {},
    make("h2", {}, "Names and claims"),
    make(
      "div",
      { class: "row together" },
      name,
      make("button", { type: "button", click: giveName }, "Name it"),
    ),
    names,
    claims,
    make("h2", {}, "Keep"),
    make(
      "p",
      { class: "hint" },
      of
        ? `Under \`${of}\` names and claims join that graph's own; under another name it is kept anew.`
        : "The prompt list, the graph, its annotations and a write-up to begin from.",
    ),
    make("label", { for: "slug" }, "Under the name"),
    slug,
    make("label", { for: "by" }, "By"),
    by,
    make(
      "div",
      { class: "row" },
      make("button", { type: "button", class: "main", click: keep }, "Keep it in the gallery"),
      make("button", { type: "button", click: copyLink }, "Copy a link to this"),
    ),
    link,
    kept,
  );
  show();
  return { element, show };

  function show() {
    names.replaceChildren(
      ...Object.entries(work.labels).map(([node, text]) =>
        row(`${text}: ${node}`, `the name ${text}`, () => delete work.labels[node]),
      ),
      ...Object.entries(work.groups).map(([key, one]) =>
        row(
          `${one.name} (${one.nodes.length})`,
          `the name ${one.name}`,
          () => delete work.groups[key],
        ),
      ),
    );
    claims.replaceChildren(
      ...work.claims.map((one) =>
        row(make("code", {}, said(one)), `the claim ${one.id}`, () => {
          work.claims = work.claims.filter((other) => other !== one);
        }),
      ),
    );
  }

  /** @param {string | Node} text @param {string} what @param {() => void} remove */
  function row(text, what, remove) {
    const click = () => {
      remove();
      show();
      work.save().then(to.named, to.wrong);
    };
    const button = make("button", { type: "button", "aria-label": `Remove ${what}`, click }, "×");
    return make(
      "li",
      {},
      make("span", { "aria-hidden": "true" }, "•"),
      make("span", {}, text),
      button,
    );
  }

  /** One node gets a label, several are a group. */
  function giveName() {
    const selected = to.selected();
    const text = name.value.trim();
    if (!selected?.nodes.length) return to.tell("click a box or a node first", true);
    if (!text) return to.tell("type a name for it", true);
    const many = selected.nodes.length;
    if (many === 1) work.labels[selected.nodes[0]] = text;
    else work.groups[keyOf(text)] = { name: text, nodes: selected.nodes };
    const told = many === 1 ? `names ${selected.nodes[0]}` : `is a group of ${many} features`;
    name.value = "";
    show();
    work.save().then(() => {
      to.named();
      to.tell(`“${text}” ${told}.`);
    }, to.wrong);
  }

  /** @param {string} text */
  function keyOf(text) {
    const plain = text
      .toLowerCase()
      .normalize("NFKD")
      .replace(/[^a-z0-9]+/g, "-");
    const key = plain.slice(0, 60).replace(/^-|-$/g, "");
    return key || `group-${Object.keys(work.groups).length + 1}`;
  }

  async function keep() {
    kept.replaceChildren(make("p", {}, "Finishing what follows the trace, then writing …"));
    try {
      const found = await work.keep(slug.value.trim(), by.value.trim() || null);
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
      kept.replaceChildren();
      to.wrong(error);
    }
  }

  async function copyLink() {
    link.value = linkTo(work.session.asked, work.pokes, work.session.of);
    link.hidden = false;
    link.select();
    await navigator.clipboard.writeText(link.value).then(
      () =>
        to.tell("The link is copied: the model, the prompt, the question, limits and the pokes."),
      () => to.tell("Copy the link from its field."),
    );
  }
}

/** @param {any} claim */
function said(claim) {
  return `${claim.id}: ${JSON.stringify(claim.expect)}`;
}
