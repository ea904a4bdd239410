/**
 * Only under `tracer serve --watch`: puts what changed into the open page, and shows what is wrong.
 * Text, pictures and styles are exchanged in place; new scripts, or other data in the viewer, need
 * the page to be loaded again, at the same spot. The viewer keeps its state in the address.
 */
import { Idiomorph } from "./idiomorph.js";

const mine = /** @type {HTMLElement} */ (document.querySelector("[data-preview-page]"));
const SPOT = "tracer-preview-spot";
const POLL_MS = 1000;
/** @type {string | undefined} */
let run;
let has = mine.dataset.previewPage ?? "";
let asked = Promise.resolve();

offerWorkbench();
restoreSpot();
follow(() => {
  asked = asked.then(ask).catch(() => undefined); // the server may be gone for a while
});

/** A worker hears of changes for all pages; without workers each page asks again and again. */
function follow(/** @type {() => void} */ changed) {
  try {
    const worker = new SharedWorker("/_preview/preview_worker.js");
    worker.port.addEventListener("message", changed);
    worker.port.start();
  } catch {
    changed();
    setInterval(changed, POLL_MS);
  }
}

async function ask() {
  const query = new URLSearchParams({ path: decodeURIComponent(location.pathname), has });
  const answer = await fetch(`/_preview/state?${query}`);
  if (!answer.ok) return;
  const state = await answer.json();
  run ??= state.run;
  if (state.problems.length > 0) return show(state.problems);
  document.getElementById("preview-problems")?.remove();
  const outdated = state.scripts && state.scripts !== mine.dataset.previewScripts;
  if (outdated || state.run !== run) return reload();
  if (!state.page) return;
  has = state.has;
  update(new DOMParser().parseFromString(state.page, "text/html"));
  offerWorkbench();
}

/** Where the server can trace, a graph's page leads to where it can be poked. */
function offerWorkbench() {
  const slug = /^\/graphs\/([a-z0-9-]+)\/$/.exec(location.pathname)?.[1];
  const head = document.querySelector(".graph-head .byline");
  if (!slug || !head || document.getElementById("to-workbench")) return;
  const link = document.createElement("a");
  link.id = "to-workbench";
  link.href = `/workbench/?graph=${slug}`;
  link.textContent = "Open in the workbench";
  head.append(" ", link, ".");
}

function reload() {
  sessionStorage.setItem(SPOT, JSON.stringify([location.pathname, scrollX, scrollY]));
  location.reload();
}

/** The viewer fills its part late, so the place on the page is looked for until it is there. */
function restoreSpot() {
  const [path, x, y] = JSON.parse(sessionStorage.getItem(SPOT) ?? "[]");
  sessionStorage.removeItem(SPOT);
  if (path !== location.pathname) return;
  history.scrollRestoration = "manual";
  const until = performance.now() + 2000;
  const go = () => {
    scrollTo(x, y);
    if (Math.abs(scrollY - y) > 1 && performance.now() < until) requestAnimationFrame(go);
  };
  go();
}

function update(/** @type {Document} */ next) {
  document.title = next.title;
  swapStyles(next);
  // These scripts hold on to elements of their page, and their state is in the address; what tells
  // a text only adds to it.
  const holds = 'script[type="module"][src*="/site/"]:not([src$="/story.js"])';
  if (document.querySelector(holds)) return reload();
  const data = (/** @type {Document} */ one) => {
    const viewer = one.getElementById("viewer");
    return `${viewer?.getAttribute("data-graph")} ${viewer?.getAttribute("data-edit")}`;
  };
  const otherData = data(document) !== data(next);
  morph(next);
  if (otherData) reload();
  else dispatchEvent(new Event("page-changed"));
}

/** The old style stays until the new one is there, so that nothing flickers. */
function swapStyles(/** @type {Document} */ next) {
  const links = (/** @type {Document} */ one) =>
    /** @type {HTMLLinkElement[]} */ ([...one.querySelectorAll('head link[rel="stylesheet"]')]);
  const old = links(document).filter((link) => !link.dataset.previewPage);
  links(next).forEach((link, index) => {
    const address = new URL(link.getAttribute("href") ?? "", location.href).href;
    if (old[index]?.href === address) return;
    const fresh = /** @type {HTMLLinkElement} */ (document.createElement("link"));
    fresh.rel = "stylesheet";
    fresh.href = address;
    fresh.addEventListener("load", () => old[index]?.remove());
    if (old[index]) old[index].after(fresh);
    else document.head.append(fresh);
  });
}

/**
 * Makes the page like `next`, touching only what differs; what the viewer fills or has taken over is
 * its own, and comes anew with other data.
 */
function morph(/** @type {Document} */ next) {
  const isOwn = (/** @type {Node} */ node) =>
    node instanceof Element && (node.id === "viewer" || node.matches(".circuit-frame.taken-over"));
  Idiomorph.morph(document.body, next.body, {
    callbacks: {
      beforeNodeMorphed: (old, other) => !isOwn(old) && !old.isEqualNode(other),
      beforeAttributeUpdated: (name, element, how) =>
        !(how === "remove" && name === "open" && element.nodeName === "DETAILS"),
    },
  });
}

function show(/** @type {string[]} */ problems) {
  document.getElementById("preview-problems")?.remove();
  const box = document.createElement("section");
  box.id = "preview-problems";
  box.setAttribute("role", "alert");
  const title = document.createElement("h2");
  title.textContent = "The site was not rebuilt";
  const list = document.createElement("ol");
  for (const problem of problems) {
    const item = document.createElement("li");
    item.textContent = problem;
    list.append(item);
  }
  box.append(title, list);
  document.documentElement.append(box);
}
