// A page that tells: while a paragraph is read, the boxes that it names light up in a picture beside it;
// the strongest way can be walked by one key; Escape puts a term's meaning away. Nothing here is needed:
// text and picture say the same without scripts.

const section = document.getElementById("circuit");
const text = document.getElementById("write-up");

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

/** The picture beside the text, or at a small screen's foot, where it shows what is lit.
 * @param {HTMLElement} text
 * @param {SVGSVGElement} svg
 */
function tell(text, svg) {
  const place = document.createElement("div");
  place.className = "beside";
  text.after(place);
  const told = document.createElement("div");
  told.className = "told";
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
    if (small.matches && !keys.length) return told.remove();
    place.append(told);
    light(svg, keys);
    svg.setAttribute("viewBox", small.matches ? around(svg, whole) : whole);
  }
  const reading = new IntersectionObserver(
    (seen) => {
      const now = seen.find((one) => one.isIntersecting);
      if (now) show(now.target);
    },
    { rootMargin: "-30% 0px -55%" },
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

/** @param {HTMLElement} way @param {HTMLElement} section */
function walk(way, section) {
  const keys = way.dataset.way?.split(" ") ?? [];
  const hops = [...way.querySelectorAll("span")];
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = "Walk it (W)";
  way.append(button);
  let at = 0;
  function step() {
    at = at < hops.length ? at + 1 : 0;
    for (const svg of section.querySelectorAll("svg.circuit"))
      light(svg, at ? keys.slice(0, at + 1) : [], true);
    hops.forEach((hop, n) => {
      if (n === at - 1) hop.setAttribute("aria-current", "step");
      else hop.removeAttribute("aria-current");
    });
    way.setAttribute("aria-live", "polite");
    if (at === 1) section.scrollIntoView({ block: "start" });
  }
  button.addEventListener("click", step);
  addEventListener("keydown", (event) => {
    const target = /** @type {Element} */ (event.target);
    const typing = target.closest("input, textarea, select, [contenteditable]");
    if (event.key === "w" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) step();
  });
}

addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const term of document.querySelectorAll(".term:is(:hover, :focus-within)")) {
    term.classList.add("shut");
    term.addEventListener("mouseleave", () => term.classList.remove("shut"), { once: true });
    term.addEventListener("focusout", () => term.classList.remove("shut"), { once: true });
  }
});

const narrow = section?.querySelector("svg.circuit.narrow")?.cloneNode(true);
if (text && narrow instanceof SVGSVGElement) tell(text, narrow);
const way = document.querySelector("#circuit .way");
if (section && way instanceof HTMLElement) walk(way, section);
