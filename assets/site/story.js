// A page that tells: while a paragraph is read, the boxes that it names light up in a picture beside it;
// the strongest way can be walked by one key; Escape puts a term's meaning away. Nothing here is needed:
// text and picture say the same without scripts. Where the page is exchanged in place, as its author
// sees it, it says "page-changed", and all of this begins anew.

/**
 * Lets these boxes, and the lines between them, stand out; one alone with all its lines. No keys:
 * everything.
 * @param {Element} svg
 * @param {string[]} keys
 * @param {boolean} [chain]  only lines from each to the next
 */
function light(svg, keys, chain = false) {
  svg.classList.toggle("lighting", keys.length > 0);
  for (const box of svg.querySelectorAll("[data-box]"))
    box.classList.toggle("lit", keys.includes(box.getAttribute("data-box") ?? ""));
  for (const line of svg.querySelectorAll("[data-source]")) {
    const from = keys.indexOf(line.getAttribute("data-source") ?? "");
    const to = keys.indexOf(line.getAttribute("data-target") ?? "");
    const lit = chain
      ? from >= 0 && to === from + 1
      : (from >= 0 && to >= 0) || (keys.length === 1 && from + to >= -1);
    line.classList.toggle("lit", lit);
    const head = line.nextElementSibling;
    if (head?.classList.contains("head")) head.classList.toggle("lit", lit);
  }
}

/** @param {Element | null} link @returns {string[]} */
const nodesOf = (link) => (link?.getAttribute("data-nodes") ?? "").split(" ").filter(Boolean);

/**
 * The boxes that a paragraph's links select, or hold a node of.
 * @param {Element} paragraph
 * @param {Element} svg
 */
function boxesOf(paragraph, svg) {
  const boxes = [...svg.querySelectorAll("[data-box]")].map((box) => ({
    key: box.getAttribute("data-box") ?? "",
    nodes: new Set([...box.querySelectorAll("a")].flatMap(nodesOf)),
  }));
  const links = [...paragraph.querySelectorAll("a")].map((link) => {
    const claim = link.hash.startsWith("#claim-") ? document.querySelector(link.hash) : null;
    return nodesOf(claim ? claim.querySelector("a[data-nodes]") : link);
  });
  const named = links.flatMap((nodes) => {
    const held = boxes.filter((box) => nodes.some((node) => box.nodes.has(node)));
    const whole = held.find((box) => box.nodes.size === nodes.length);
    return whole ? [whole.key] : held.map((box) => box.key);
  });
  return [...new Set(named)];
}

const LEAST = 200; // pixels of text: beside less there is no room for a picture

/** What is lit of the picture: beside the text, where there is room, or at a small screen's foot.
 * @param {HTMLElement} text
 * @param {SVGSVGElement} svg
 * @param {AbortSignal} ends
 */
function tell(text, svg, ends) {
  const told = document.createElement("div");
  told.className = "alongside";
  const frame = document.createElement("div");
  frame.inert = true;
  frame.append(svg);
  const close = document.createElement("button");
  close.type = "button";
  close.textContent = "Hide the picture";
  told.append(frame, close);
  const whole = svg.getAttribute("viewBox") ?? "";
  const small = matchMedia("(max-width: 60rem)");
  for (const title of svg.querySelectorAll("title")) title.remove();

  /** @param {Element} paragraph */
  function show(paragraph) {
    const keys = boxesOf(paragraph, svg);
    told.remove();
    const room = text.offsetHeight;
    if (!keys.length || (!small.matches && room < LEAST)) return;
    text.after(told);
    svg.style.maxHeight = small.matches ? "" : `min(${room}px, 80vh)`;
    light(svg, keys);
    svg.setAttribute("viewBox", around(svg, whole));
  }
  // A line across the window, a third from its top: one paragraph is read at a time.
  const reading = new IntersectionObserver(
    (seen) => {
      const now = seen.find((one) => one.isIntersecting);
      if (now) show(now.target);
    },
    { rootMargin: "-35% 0px -65%" },
  );
  const leaving = new IntersectionObserver(([one]) => {
    if (!one.isIntersecting) told.remove();
  });
  close.addEventListener("click", () => {
    reading.disconnect();
    told.remove();
  });
  for (const block of text.children) reading.observe(block);
  leaving.observe(text);
  ends.addEventListener("abort", () => {
    reading.disconnect();
    leaving.disconnect();
    told.remove();
  });
}

/**
 * What is lit, as wide as the picture.
 * @param {SVGSVGElement} svg
 * @param {string} whole
 */
function around(svg, whole) {
  const [x, , width] = whole.split(" ").map(Number);
  const lit = /** @type {NodeListOf<SVGGElement>} */ (svg.querySelectorAll("[data-box].lit"));
  const spans = [...lit].map((box) => box.getBBox());
  const top = Math.min(...spans.map((box) => box.y)) - 14;
  const end = Math.max(...spans.map((box) => box.y + box.height)) + 14;
  return `${x} ${top} ${width} ${end - top}`;
}

/** @param {HTMLElement} way @param {HTMLElement} section @param {AbortSignal} signal */
function walk(way, section, signal) {
  const keys = way.dataset.way?.split(" ") ?? [];
  const hops = [...way.querySelectorAll("span")];
  const button = way.querySelector("button");
  button?.classList.remove("unready");
  let at = 0;
  const lightWay = (/** @type {string[]} */ passed) => {
    for (const svg of section.querySelectorAll("svg.circuit")) light(svg, passed, true);
  };
  function step() {
    at = at < hops.length ? at + 1 : 0;
    lightWay(at ? keys.slice(0, at + 1) : []);
    hops.forEach((hop, n) => {
      if (n === at - 1) hop.setAttribute("aria-current", "step");
      else hop.removeAttribute("aria-current");
    });
    way.setAttribute("aria-live", "polite");
    if (at === 1) section.scrollIntoView({ block: "start" });
  }
  button?.addEventListener("click", step, { signal });
  const onKey = (/** @type {KeyboardEvent} */ event) => {
    const target = /** @type {Element} */ (event.target);
    const typing = target.closest("input, textarea, select, [contenteditable]");
    if (event.key === "w" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) step();
  };
  addEventListener("keydown", onKey, { signal });
  signal.addEventListener("abort", () => lightWay([]));
}

addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const term of document.querySelectorAll(".term:is(:hover, :focus-within)")) {
    term.classList.add("shut");
    term.addEventListener("mouseleave", () => term.classList.remove("shut"), { once: true });
    term.addEventListener("focusout", () => term.classList.remove("shut"), { once: true });
  }
});

/** Arrows go from dot to dot of a scatter, which is one stop of the keyboard. */
addEventListener("keydown", (event) => {
  const { key, target } = event;
  const dot = target instanceof Element ? target.closest(".scatter a") : null;
  const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[key];
  /** @type {Element[]} */
  const dots = [...(dot?.closest(".scatter")?.querySelectorAll("a") ?? [])];
  const next = dots[dots.indexOf(/** @type {Element} */ (dot)) + (step ?? NaN)];
  if (!(next instanceof SVGElement)) return;
  event.preventDefault();
  next.focus();
});

/** On paper nothing can be opened. */
/** @type {HTMLDetailsElement[]} */
let opened = [];
addEventListener("beforeprint", () => {
  opened = [...document.querySelectorAll("details")].filter((one) => !one.open);
  for (const one of opened) one.open = true;
});
addEventListener("afterprint", () => {
  for (const one of opened) one.open = false;
});

/** The picture as it was built; the viewer takes it out of wide pages. */
const built = document.querySelector("#circuit svg.circuit.narrow")?.cloneNode(true);
let running = new AbortController();

function begin() {
  running.abort();
  running = new AbortController();
  const { signal } = running;
  const section = document.getElementById("circuit");
  const text = document.getElementById("write-up");
  const narrow = built?.cloneNode(true);
  if (text && narrow instanceof SVGSVGElement) tell(text, narrow, signal);
  const way = document.querySelector("#circuit .way");
  if (section && way instanceof HTMLElement) walk(way, section, signal);
}

begin();
addEventListener("page-changed", begin);
