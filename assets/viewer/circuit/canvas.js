// The elements of one of the circuit's two pictures: those that the page was built with, and others
// in their place where edits change the picture.
import { draw, drawBox, dressLine, makeMeasure, pointHead } from "./paint.js";
import { builtPicture, lineKey, nodesIn, stretched } from "./picture.js";

/** @typedef {import("../graph/graph.js").Graph} Graph */
/** @typedef {import("./picture.js").Box} Box */
/** @typedef {import("./picture.js").Picture} Picture */
/** @typedef {[number, number]} Offset */
/** @typedef {Parameters<typeof builtPicture>[2]} PathOf */
/** @typedef {{element: SVGGElement, drawn: Box}} Drawn  `drawn`: where the element's own shapes are */
/** @typedef {{path: SVGPathElement, head: SVGPathElement | null}} DrawnLine */

export class CircuitCanvas {
  /**
   * @param {SVGSVGElement} svg
   * @param {(path: PathOf) => Picture} built
   * @param {Graph} graph
   * @param {(element: SVGGElement, box: Box) => void} prepare  each box's element, once
   */
  constructor(svg, built, graph, prepare) {
    this.svg = svg;
    this.graph = graph;
    this.prepare = prepare;
    this.measure = makeMeasure();
    this.layer = /** @type {SVGGElement} */ (svg.querySelector("g.lines"));
    /** @type {Map<string, DrawnLine>} */
    this.lines = new Map();
    for (const path of this.layer.querySelectorAll("path")) {
      if (path.dataset.source) this.keepLine(path);
    }
    this.numbers = [...svg.querySelectorAll("text.flow")];
    this.base = built((ends) => this.lines.get(lineKey(ends))?.path.getAttribute("d") ?? "");
    this.picture = this.base;
    /** @type {Map<string, Drawn>} */
    this.originals = new Map();
    for (const drawn of this.base.boxes) {
      const found = svg.querySelector(`[data-box="${CSS.escape(drawn.key)}"]`);
      const element = /** @type {SVGGElement} */ (found);
      prepare(element, drawn);
      this.originals.set(drawn.key, { element, drawn });
    }
    this.boxes = new Map(this.originals);
  }

  /** @param {SVGPathElement} path */
  keepLine(path) {
    path.querySelector("title")?.remove(); // the strip says it
    const next = path.nextElementSibling;
    const head = next?.classList.contains("head") ? /** @type {SVGPathElement} */ (next) : null;
    const { source = "", target = "" } = path.dataset;
    const drawn = { path, head };
    this.lines.set(lineKey({ source, target }), drawn);
    return drawn;
  }

  /** @param {string} key  of a box or of a part */
  boxOf(key) {
    const { boxes } = this.picture;
    return boxes.find((box) => box.key === key || box.parts.some((part) => part.key === key));
  }

  /** @param {Picture} picture */
  show(picture) {
    if (picture === this.picture) return false;
    this.picture = picture;
    this.svg.setAttribute("viewBox", `0 0 ${picture.width} ${picture.height.toFixed(0)}`);
    const wanted = new Set(picture.boxes.map((box) => box.key));
    for (const [key, { element }] of this.boxes) {
      if (wanted.has(key)) continue;
      element.remove();
      this.boxes.delete(key);
    }
    for (const box of picture.boxes) this.showBox(box);
    for (const number of this.numbers) {
      number.setAttribute("display", picture === this.base ? "inline" : "none");
    }
    this.showLines();
    return true;
  }

  /** @param {Box} box */
  showBox(box) {
    const there = this.boxes.get(box.key);
    const original = this.originals.get(box.key);
    const fitting = [there, original].find((one) => one && sameLook(one.drawn, box));
    const drawn = fitting ?? { element: this.newBox(box), drawn: box };
    if (box.kind === "word") this.relink(drawn.element, box);
    if (drawn.element === there?.element) return;
    if (there) there.element.replaceWith(drawn.element);
    else this.svg.append(drawn.element);
    this.boxes.set(box.key, drawn);
  }

  /** @param {Box} box */
  newBox(box) {
    const ids = nodesIn(box).map((node) => this.graph.ids[node]);
    const element = drawBox(box, ids, this.measure);
    this.prepare(element, box);
    return element;
  }

  /** @param {Element} element @param {Box} box */
  relink(element, box) {
    const ids = nodesIn(box).map((node) => this.graph.ids[node]);
    element.querySelector("[data-nodes]")?.setAttribute("data-nodes", ids.join(" "));
  }

  showLines() {
    const wanted = new Map(this.picture.lines.map((line) => [lineKey(line), line]));
    for (const [key, { path, head }] of this.lines) {
      if (wanted.has(key)) continue;
      path.remove();
      head?.remove();
      this.lines.delete(key);
    }
    const byStrength = [...wanted].sort(([, a], [, b]) => Math.abs(a.share) - Math.abs(b.share));
    for (const [key, line] of byStrength) {
      const drawn = this.lines.get(key) ?? this.newLine(line);
      drawn.head ??= line.path.includes("C") ? null : draw("path");
      dressLine(drawn.path, drawn.head, line, this.picture.stroke);
      this.layer.append(drawn.path, ...(drawn.head ? [drawn.head] : []));
    }
  }

  /** @param {import("./picture.js").Line} line */
  newLine(line) {
    const path = draw("path", { "data-source": line.source, "data-target": line.target });
    this.layer.append(path);
    return this.keepLine(path);
  }

  /**
   * Boxes where they belong, and lines to them.
   * @param {(key: string) => Offset} moved  how far somebody moved a box
   */
  place(moved) {
    const home = new Map();
    for (const box of this.picture.boxes) {
      const { element, drawn } = /** @type {Drawn} */ (this.boxes.get(box.key));
      const [dx, dy] = moved(box.key);
      const [x, y] = [box.x - drawn.x + dx, box.y - drawn.y + dy];
      if (x || y) element.setAttribute("transform", `translate(${x.toFixed(1)} ${y.toFixed(1)})`);
      else element.removeAttribute("transform");
      for (const part of box.parts) home.set(part.key, [dx, dy]);
    }
    for (const number of this.numbers) {
      const { source = "", target = "" } = /** @type {SVGElement} */ (number).dataset;
      const [[x1, y1], [x2, y2]] = [home.get(source) ?? [0, 0], home.get(target) ?? [0, 0]];
      const by = `translate(${(x1 + x2) / 2} ${(y1 + y2) / 2})`;
      if (x1 || x2 || y1 || y2) number.setAttribute("transform", by);
      else number.removeAttribute("transform");
    }
    for (const line of this.picture.lines) {
      const { path, head } = /** @type {DrawnLine} */ (this.lines.get(lineKey(line)));
      const [start, end] = [home.get(line.source), home.get(line.target)];
      const still = [...start, ...end].every((value) => value === 0);
      const shape = still ? line.path : stretched(line.path, start, end);
      if (path.getAttribute("d") === shape) continue;
      path.setAttribute("d", shape);
      if (head) pointHead(head, shape);
    }
  }
}

/** @param {Box} a @param {Box} b */
const sameLook = (a, b) =>
  a.name === b.name &&
  a.detail === b.detail &&
  a.amount === b.amount &&
  a.words.join() === b.words.join() &&
  a.width === b.width &&
  (a.kind === "word" || nodesIn(a).join() === nodesIn(b).join());
