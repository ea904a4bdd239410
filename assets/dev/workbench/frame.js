// The graph's own page, as the gallery will show it, in a frame; what is clicked there can be poked.
import { make } from "../../viewer/page/dom.js";

/**
 * @typedef {object} Selection
 * @property {string[]} nodes
 * @property {string} name
 * @property {string} [head]  `12.3`
 * @property {any[]} [heads]  what it looks at
 */

const FEATURE = /^\d+_\d+_\d+$/;

/**
 * @param {HTMLElement} home
 * @param {string} session
 * @param {(selection: Selection) => void} chosen
 */
export function showGraph(home, session, chosen) {
  const address = `/workbench/graph/graphs/${session}/`;
  const frame = make("iframe", { title: "The graph", src: address });
  frame.addEventListener("load", () => {
    const page = frame.contentDocument;
    if (!page) return;
    for (const one of page.querySelectorAll(".site-head, .site-foot, .skip"))
      /** @type {HTMLElement} */ (one).hidden = true;
    const grow = () => frame.setAttribute("height", String(page.documentElement.scrollHeight + 4));
    new ResizeObserver(grow).observe(page.body);
    page.addEventListener("click", (event) => follow(frame, event, chosen));
    page.addEventListener("keyup", (event) => follow(frame, event, chosen));
  });
  home.replaceChildren(frame);
  return { reload: () => frame.contentWindow?.location.reload() };
}

/**
 * A box or a word says its nodes itself; of anything else the viewer's address says what is chosen.
 * @param {HTMLIFrameElement} frame
 * @param {Event} event
 * @param {(selection: Selection) => void} chosen
 */
function follow(frame, event, chosen) {
  const target = /** @type {Element | null} */ (event.target);
  const head = target?.closest?.("[data-head]")?.getAttribute("data-head");
  if (head) {
    if (event.type === "click") chosen({ nodes: [], name: `head ${head}`, head });
    return;
  }
  const link = target?.closest?.("[data-nodes]");
  if (link && event.type === "click") {
    const nodes = (link.getAttribute("data-nodes") ?? "").split(" ");
    const names = [...link.querySelectorAll(".name")].map((one) => one.textContent).join(" ");
    choose(nodes, names || (link.textContent ?? "").trim());
    return;
  }
  setTimeout(() => {
    const query = new URLSearchParams(frame.contentWindow?.location.search);
    const node = query.get("clickedId");
    if (node) choose([node], node);
  }, 250);

  /** @param {string[]} nodes @param {string} name */
  function choose(nodes, name) {
    const features = nodes.filter((one) => FEATURE.test(one));
    if (features.length) chosen({ nodes: features, name: name.slice(0, 200) || features[0] });
  }
}
