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
  openDialog(
    "Share, embed, cite, download",
    copyable("Link to this view", link),
    copyable("Embed it", embedding(framed.href, document.title)),
    citation ? copyable("Cite it (BibTeX)", citing(citation, link)) : null,
    make("h3", {}, "Download"),
    make(
      "p",
      { class: "buttons" },
      circuit
        ? saving("Circuit, SVG", `${slug}-circuit.svg`, "image/svg+xml", () =>
            pictureAsSvg(circuit),
          )
        : null,
      saving("Link graph, SVG", `${slug}-links.svg`, "image/svg+xml", () =>
        linkGraphAsSvg(linkGraph),
      ),
      saving("Nodes, CSV", `${slug}-nodes.csv`, "text/csv", () => nodesAsCsv(graph, view)),
      saving("Links, CSV", `${slug}-links.csv`, "text/csv", () => linksAsCsv(graph)),
      file ? whole(/** @type {HTMLAnchorElement} */ (file)) : null,
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

/** @param {string} address @param {string} title */
const embedding = (address, title) =>
  make("iframe", { src: address, title, width: "100%", height: "760", loading: "lazy" }).outerHTML;

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
 * @param {string} type
 * @param {() => string} content
 */
function saving(name, fileName, type, content) {
  const save = () => {
    const address = URL.createObjectURL(new Blob([content()], { type }));
    make("a", { href: address, download: fileName }).click();
    setTimeout(() => URL.revokeObjectURL(address), 10_000);
  };
  return make("button", { type: "button", click: save }, name);
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
