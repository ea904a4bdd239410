// What one takes away: a link to this view, an embedding, a citation, pictures, tables and the file.
import { openDialog } from "../page/dialog.js";
import { make } from "../page/dom.js";
import { linksAsCsv, nodesAsCsv } from "./export_csv.js";
import { linkGraphAsSvg, pictureAsSvg } from "./export_svg.js";

/**
 * @param {import("../graph/graph.js").Graph} graph
 * @param {import("../state/state.js").Store} store
 * @param {import("../link_graph/link_graph.js").LinkGraph} linkGraph
 * @param {string} revision
 */
export function openShare(graph, store, linkGraph, revision) {
  const link = viewAddress(revision);
  const framed = new URL(link);
  framed.searchParams.set("embed", "");
  const citation = document.getElementById("citation")?.textContent;
  const view = { shown: linkGraph.shown, pinned: store.state.pinned };
  const circuit = visiblePicture();
  const file = document.querySelector("#facts a[download]");
  const { slug } = graph.meta;
  /** @type {[string, string, () => string][]} */
  const made = [
    ["Link graph, SVG", `${slug}-links.svg`, () => linkGraphAsSvg(linkGraph)],
    ["Nodes, CSV", `${slug}-nodes.csv`, () => nodesAsCsv(graph, view)],
    ["Links, CSV", `${slug}-links.csv`, () => linksAsCsv(graph)],
  ];
  if (circuit) made.unshift(["Circuit, SVG", `${slug}-circuit.svg`, () => pictureAsSvg(circuit)]);
  const cited = citation ? citing(citation, link) : "";
  openDialog(
    "Share, embed, cite, download",
    copyable("Link to this view", link),
    copyable("Embed it", embedding(framed.href, document.title, linkGraph.stage.clientHeight)),
    cited ? copyable("Cite it (BibTeX)", cited) : null,
    make("h3", {}, "Download"),
    make(
      "p",
      { class: "buttons" },
      ...made.map(([name, fileName, content]) => saving(name, fileName, content)),
      file ? whole(/** @type {HTMLAnchorElement} */ (file)) : null,
      file ? allOfIt(slug, made, cited) : null,
    ),
  );
}

/**
 * A permanent address: it names the revision, so that a newer one does not take its place.
 * @param {string} revision
 */
function viewAddress(revision) {
  const address = new URL(location.href);
  address.searchParams.delete("embed");
  if (revision) address.searchParams.set("revision", revision);
  if (!address.hash.startsWith("#saved=")) address.hash = "viewer"; // what was saved goes along
  return address.href;
}

const ABOVE_GRAPH = 200; // pixels: in a frame as narrow as a phone, a title of two lines and what counts

/**
 * A frame in which the graph is seen down to the words of its prompt.
 * @param {string} address
 * @param {string} title
 * @param {number} graphHeight
 */
function embedding(address, title, graphHeight) {
  const height = String(graphHeight + ABOVE_GRAPH);
  return make("iframe", { src: address, title, width: "100%", height, loading: "lazy" }).outerHTML;
}

/**
 * The page's own citation, with the address of this view.
 * @param {string} citation
 * @param {string} link
 */
const citing = (citation, link) =>
  citation.replace(/\n {2}url = \{.*\},/, "").replace(/\n\}\s*$/, `\n  url = {${link}},\n}\n`);

/** @param {string} title @param {string} text */
function copyable(title, text) {
  const field = make("textarea", {
    readonly: true,
    rows: String(Math.min(9, Math.max(2, text.split("\n").length))),
  });
  field.value = text;
  const button = make("button", { type: "button", click: copy }, "Copy");
  async function copy() {
    field.select();
    await navigator.clipboard?.writeText(text).then(
      () => (button.textContent = "Copied"),
      () => (button.textContent = "Press Ctrl+C"),
    );
  }
  return make("div", { class: "copyable" }, make("label", {}, title, field), button);
}

/**
 * @param {string} name
 * @param {string} fileName
 * @param {() => string} content
 */
function saving(name, fileName, content) {
  const type = fileName.endsWith(".svg") ? "image/svg+xml" : "text/csv";
  const save = () => offer(new Blob([content()], { type }), fileName);
  return make("button", { type: "button", click: save }, name);
}

/** @param {Blob} file @param {string} name */
function offer(file, name) {
  const address = URL.createObjectURL(file);
  make("a", { href: address, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}

/**
 * @param {string} slug
 * @param {[string, string, () => string][]} made
 * @param {string} cited
 */
function allOfIt(slug, made, cited) {
  const button = make("button", { type: "button", click: save }, "Everything, ZIP");
  async function save() {
    try {
      const { everything } = await import("./everything.js");
      /** @type {[string, string][]} */
      const texts = made.map(([, name, content]) => [name, content()]);
      offer(await everything([...texts, [`${slug}.bib`, cited]]), `${slug}.zip`);
    } catch (error) {
      button.textContent = `Not saved: ${error instanceof Error ? error.message : error}`;
    }
  }
  return button;
}

/** @param {HTMLAnchorElement} link */
const whole = (link) =>
  make("a", { class: "button", href: link.href, download: link.download }, "Whole graph, JSON");

/** @returns {SVGSVGElement | null} */
function visiblePicture() {
  const pictures = document.querySelectorAll("#circuit svg.circuit");
  const seen = [...pictures].find((one) => one.getClientRects().length > 0) ?? null;
  return /** @type {SVGSVGElement | null} */ (seen);
}
