// The graph's own page, as the gallery will show it, in a frame; what is clicked there can be poked.
import { make } from "../../viewer/page/dom.js";

/**
 * @typedef {object} Selection
 * @property {string[]} nodes
 * @property {string} name
 * @property {string} [head]  `12.3`
 * @property {any[]} [heads]  what it looks at
 */

const LOOK_MS = 300;
const BOX = "[data-nodes]:not([data-part='answer'])";
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
      /** @type {HTMLElement} */ (one).style.display = "none"; // `hidden` gives way to the site's styles
    const grow = () => frame.setAttribute("height", String(page.documentElement.scrollHeight + 4));
    new ResizeObserver(grow).observe(page.body);
    page.addEventListener("click", (event) => clicked(frame, event, chosen));
    page.addEventListener("keyup", (event) => clicked(frame, event, chosen));
    // The viewer opens a box at Enter, and no click follows.
    page.addEventListener("keydown", (event) => pressed(event, chosen), { capture: true });
  });
  const news = make(
    "button",
    { type: "button", class: "news", click: reload },
    "Show what silencing and heads have told",
  );
  news.hidden = true;
  home.replaceChildren(news, frame);
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let waiting;
  return { reload, follow };

  /** Once nothing is poked any more. @param {() => boolean} busy */
  function follow(busy) {
    clearTimeout(waiting);
    if (busy()) waiting = setTimeout(() => follow(busy), LOOK_MS);
    else if (inUse()) news.hidden = false;
    else reload();
  }

  function reload() {
    news.hidden = true;
    frame.contentWindow?.location.reload();
  }

  /** Nothing moves under somebody's hand. */
  function inUse() {
    return document.activeElement === frame || frame.matches(":hover");
  }
}

/** @param {KeyboardEvent} event @param {(selection: Selection) => void} chosen */
function pressed(event, chosen) {
  const box = /** @type {Element} */ (event.target).closest?.(BOX);
  if (box && ["Enter", " "].includes(event.key)) choose(box, chosen);
}

/** @param {Element} box @param {(selection: Selection) => void} chosen */
function choose(box, chosen) {
  const names = [...box.querySelectorAll(".name")].map((one) => one.textContent).join(" ");
  const nodes = (box.getAttribute("data-nodes") ?? "").split(" ");
  take(nodes, names || (box.textContent ?? "").trim(), chosen);
}

/** @param {string[]} nodes @param {string} name @param {(selection: Selection) => void} chosen */
function take(nodes, name, chosen) {
  const features = nodes.filter((one) => FEATURE.test(one));
  if (features.length) chosen({ nodes: features, name: name.slice(0, 200) || features[0] });
}

/**
 * A box or a word says its nodes itself; of anything else the viewer's address says what is chosen.
 * @param {HTMLIFrameElement} frame
 * @param {Event} event
 * @param {(selection: Selection) => void} chosen
 */
function clicked(frame, event, chosen) {
  const target = /** @type {Element | null} */ (event.target);
  const head = target?.closest?.("[data-head]")?.getAttribute("data-head");
  if (head) {
    if (event.type === "click") chosen({ nodes: [], name: `head ${head}`, head });
    return;
  }
  const box = target?.closest?.(BOX);
  if (box) {
    if (event.type === "click") choose(box, chosen);
    return;
  }
  setTimeout(() => {
    const query = new URLSearchParams(frame.contentWindow?.location.search);
    const node = query.get("clickedId");
    if (node) take([node], node, chosen);
  }, 250);
}
