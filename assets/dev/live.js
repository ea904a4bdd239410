/**
 * Only under `tracer serve --watch`: puts what changed into the open page, and shows what is wrong.
 * Text, pictures and styles are exchanged in place; new scripts, or other data in the viewer, need
 * the page to be loaded again, at the same spot. The viewer keeps its state in the address.
 */

const mine = /** @type {HTMLElement} */ (document.querySelector("[data-live-page]"));
const SPOT = "tracer-live-spot";
const POLL_MS = 1000;
/** @type {string | undefined} */
let run;
let has = mine.dataset.livePage ?? "";
let asked = Promise.resolve();

restoreSpot();
follow(() => {
  asked = asked.then(ask).catch(() => undefined); // the server may be gone for a while
});

/** A worker hears of changes for all pages; without workers each page asks again and again. */
function follow(/** @type {() => void} */ changed) {
  try {
    const worker = new SharedWorker("/_live/live_worker.js");
    worker.port.addEventListener("message", changed);
    worker.port.start();
  } catch {
    changed();
    setInterval(changed, POLL_MS);
  }
}

async function ask() {
  const query = new URLSearchParams({ path: decodeURIComponent(location.pathname), has });
  const answer = await fetch(`/_live/state?${query}`);
  if (!answer.ok) return;
  const state = await answer.json();
  run ??= state.run;
  if (state.problems.length > 0) return show(state.problems);
  document.getElementById("live-problems")?.remove();
  const outdated = state.scripts && state.scripts !== mine.dataset.liveScripts;
  if (outdated || state.run !== run) return reload();
  if (!state.page) return;
  has = state.has;
  update(new DOMParser().parseFromString(state.page, "text/html"));
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
  // These scripts hold on to elements of their page, and their state is in the address.
  if (document.querySelector('script[type="module"][src*="/site/"]')) return reload();
  const data = (/** @type {Document} */ one) => {
    const viewer = one.getElementById("viewer");
    return `${viewer?.getAttribute("data-graph")} ${viewer?.getAttribute("data-edit")}`;
  };
  const otherData = data(document) !== data(next);
  morph(document.body, next.body);
  if (otherData) reload();
}

/** The old style stays until the new one is there, so that nothing flickers. */
function swapStyles(/** @type {Document} */ next) {
  const links = (/** @type {Document} */ one) =>
    /** @type {HTMLLinkElement[]} */ ([...one.querySelectorAll('head link[rel="stylesheet"]')]);
  const old = links(document).filter((link) => !link.dataset.livePage);
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
 * Makes `old` like `next`, touching only what differs; what the viewer fills or has taken over is
 * its own, and comes anew with other data.
 */
function morph(/** @type {Element} */ old, /** @type {Element} */ next) {
  if (old.id === "viewer" && next.id === "viewer") return;
  if (old.classList.contains("circuit-frame") && old.classList.contains("live")) return;
  for (const { name, value } of next.attributes) {
    if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  }
  for (const { name } of [...old.attributes]) {
    const opened = name === "open" && old.nodeName === "DETAILS";
    if (!next.hasAttribute(name) && !opened) old.removeAttribute(name);
  }
  const before = [...old.childNodes];
  const after = [...next.childNodes];
  while (before.length && after.length && before[0].isEqualNode(after[0])) {
    before.shift();
    after.shift();
  }
  while (before.length && after.length && last(before).isEqualNode(last(after))) {
    before.pop();
    after.pop();
  }
  const alike = (/** @type {Node} */ one, /** @type {Node} */ other) =>
    one instanceof Element && one.nodeName === other.nodeName && one.id === idOf(other);
  if (before.length === after.length) {
    before.forEach((one, index) => {
      const other = after[index];
      if (one.isEqualNode(other)) return;
      if (alike(one, other)) morph(/** @type {Element} */ (one), /** @type {Element} */ (other));
      else one.parentNode?.replaceChild(document.adoptNode(other), one);
    });
    return;
  }
  // Parts came or went: what has an id stays the same element, the rest is exchanged.
  const kept = new Map(before.map((one) => [idOf(one), one]).filter(([id]) => id));
  const end = before.length ? last(before).nextSibling : findEnd(old, next, after);
  for (const other of after) {
    const same = kept.get(idOf(other));
    if (same instanceof Element && other instanceof Element) {
      kept.delete(idOf(other));
      before.splice(before.indexOf(same), 1);
      if (!same.isEqualNode(other)) morph(same, other);
      if (same.id !== "viewer") old.insertBefore(same, end);
    } else {
      old.insertBefore(document.adoptNode(other), end);
    }
  }
  for (const one of before) one.remove();
}

/** Where new children go when no old one is left to stand for the place. */
function findEnd(
  /** @type {Element} */ old,
  /** @type {Element} */ next,
  /** @type {ChildNode[]} */ after,
) {
  const following = next.childNodes.length - [...next.childNodes].indexOf(last(after)) - 1;
  return old.childNodes[old.childNodes.length - following] ?? null;
}

function idOf(/** @type {Node} */ node) {
  return node instanceof Element ? node.id : "";
}

/**
 * @template T
 * @param {T[]} list
 * @returns {T}
 */
function last(list) {
  return list[list.length - 1];
}

function show(/** @type {string[]} */ problems) {
  document.getElementById("live-problems")?.remove();
  const box = document.createElement("section");
  box.id = "live-problems";
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
