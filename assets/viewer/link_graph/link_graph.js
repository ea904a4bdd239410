// The link graph: layers upwards, tokens rightwards. What is redrawn together shares a canvas: the
// lines at rest, the nodes, the selection, and what the pointer is on; so a click draws only its
// own lines, and the style sheet dims the rest. SVG holds only what is written.
import { zoomIdentity } from "../../vendor/d3.js";
import { EMBEDDING } from "../graph/graph.js";
import { make, onSchemeChange } from "../page/dom.js";
import { makeFrame, textMeasure } from "./frame.js";
import { makeGrid, placeNodes, rowsOpened } from "./layout.js";
import { clear, drawLinks, drawNodes, drawRings, moveRows, readPalette } from "./paint.js";
import { generalNodes } from "../graph/general.js";
import { hoverLinks, linksAtRest } from "./drawn_links.js";
import { sceneOf } from "./scene.js";
import { nameOf, showToken } from "../graph/text.js";
import { makeTargets } from "./targets.js";
import { makeTooltip } from "./tooltip.js";
import { travel } from "./travel.js";
import { lineFilter, visibilityOf } from "../state/visibility.js";
import { makeZoom, makeZoomButtons } from "./zoom.js";

/** @typedef {import("../graph/graph.js").Graph} Graph */
/** @typedef {import("../state/state.js").State} State */
/** @typedef {import("../state/state.js").Store} Store */
/** @typedef {import("./paint.js").Moved} Moved */

const REACH = { mouse: 14, finger: 24 }; // pixels
const KEYS =
  "Arrow up and down follow the strongest line towards the answer or the prompt; left and right go " +
  "along the layer; Escape clears the selection; slash searches.";

/** @type {ReadonlySet<number>} */
const NONE = new Set();
let made = 0;

export class LinkGraph {
  /**
   * @param {Graph} graph
   * @param {Store} store
   */
  constructor(graph, store) {
    this.graph = graph;
    this.store = store;
    this.view = zoomIdentity;
    this.hovered = -1;
    this.selectionEmpty = true;
    this.overlayEmpty = true;
    /** @type {number[] | null} */
    this.restLinks = null;
    this.faded = NONE;
    /** @type {((node: number) => void) | null} */
    this.showTapped = null;
    this.rest = layer("rest");
    this.nodes = layer("nodes");
    this.selection = layer("selection");
    this.overlay = layer("overlay");
    this.frame = makeFrame(graph);
    this.tooltip = makeTooltip(graph);
    this.paper = make(
      "div",
      { class: "graph-paper" },
      this.rest,
      this.nodes,
      this.selection,
      this.overlay,
      this.frame.element,
    );
    const keysId = `graph-keys-${++made}`;
    this.stage = make(
      "div",
      {
        class: "graph-stage",
        tabindex: "0",
        role: "application",
        "aria-label": "Link graph",
        "aria-describedby": keysId,
        keydown: (event) => this.onKey(event),
      },
      this.paper,
    );
    const keys = make("p", { id: keysId, class: "visually-hidden" }, KEYS);
    this.element = make("div", { class: "graph" }, this.stage, this.tooltip.element, keys);
    this.measure = textMeasure();
    this.zoom = makeZoom(this.paper, (view) => {
      this.view = view;
      this.paint();
    });
    this.buttons = makeZoomButtons(this.zoom.by);
    this.listen();
  }

  /** Lays out once there is a width to lay out in, and again when it changes. */
  start() {
    this.store.subscribe((state, previous) => this.update(state, previous));
    const { grid, available = 0 } = this;
    if (grid && grid.width > available) this.stage.scrollLeft = grid.width; // to the answer
    new ResizeObserver(() => {
      if (this.grid && this.stage.clientWidth !== this.available) this.layOut();
    }).observe(this.stage);
    onSchemeChange(() => this.layOut());
  }

  /**
   * @param {State} state
   * @param {State} previous
   */
  update(state, previous) {
    const before = this.visibility?.shown;
    this.visibility = visibilityOf(this.graph, state);
    const sameNodes = before?.every((shown, node) => shown === this.shown[node]) ?? false;
    const sameLines =
      state.weight === previous.weight &&
      state.sign === previous.sign &&
      state.density === previous.density;
    if (!sameNodes || !sameLines) this.restLinks = null;
    const faded = state.fade ? generalNodes(this.graph) : NONE;
    const sameFade = faded === this.faded;
    this.faded = faded;
    this.wanted = lineFilter(this.graph, state, this.shown);
    this.scene = sceneOf(this.graph, state, this.shown, this.wanted);
    if (!this.grid) return this.layOut();
    if (state.openCells !== previous.openCells) {
      return this.layOut(
        sameNodes && sameFade ? rowsOpened(state.openCells, previous.openCells) : [],
      );
    }
    if (!sameNodes) this.place();
    this.paint({ ground: !sameNodes || !sameLines || !sameFade });
  }

  get shown() {
    return /** @type {import("../state/visibility.js").Visibility} */ (this.visibility).shown;
  }

  /** How many lines of the selection are drawn, and how many are left out. */
  get drawn() {
    const { links, more } = /** @type {import("./scene.js").Scene} */ (this.scene);
    return { shown: this.shown, lines: links.length, more };
  }

  /** @param {number[]} rows  whose cells were opened or folded, where nothing else has changed */
  layOut(rows = []) {
    const { graph, grid: before } = this;
    this.available = this.stage.clientWidth;
    this.palette = readPalette(this.stage);
    const texts = {
      tokens: graph.meta.tokens.map(showToken),
      answers: graph.answers.map(({ node }) => nameOf(graph, node)),
    };
    const open = this.store.state.openCells;
    this.grid = makeGrid(graph, this.available, this.measure, texts, open);
    this.paper.style.width = `${this.grid.width}px`;
    this.paper.style.height = `${this.grid.height}px`;
    this.zoom.within(this.grid.width, this.grid.height);
    this.place();
    const same = before?.width === this.grid.width && this.view.k === 1;
    this.paint({
      ground: true,
      moved: same && rows.length === 1 ? { before, row: rows[0] } : null,
    });
  }

  place() {
    const { graph, shown } = this;
    const grid = /** @type {import("./layout.js").Grid} */ (this.grid);
    this.places = placeNodes(graph, grid, shown, this.store.state.openCells);
    this.targetAt = makeTargets(grid, this.places, shown);
  }

  /**
   * @param {{ground: boolean, moved?: Moved | null}} what  `ground` draws anew what a selection
   *   leaves as it is
   */
  paint({ ground, moved = null } = { ground: true }) {
    const { grid, places, scene, palette, shown, view, measure } = this;
    if (!grid || !places || !scene || !palette) return;
    if (ground) this.paintNodes(moved);
    this.paintRest(ground);
    this.paintSelection();
    const { clicked, pinned } = this.store.state;
    this.frame.draw({ grid, places, view, scene, shown, clicked, pinned, measure }, ground);
    if (ground) this.frame.scroll(this.stage.scrollLeft);
    if (ground) this.paintOverlay();
  }

  /** @param {Moved | null} moved */
  paintNodes(moved) {
    const { graph, grid, places, palette, shown, faded } = this;
    if (!grid || !places || !palette) return;
    const kept = moved && moveRows(this.nodes, grid, moved);
    const anew = (/** @type {number} */ node) =>
      shown[node] &&
      (!kept || (graph.layers[node] === moved?.row && graph.kinds[node] < EMBEDDING));
    const nodes = Array.from(shown.keys()).filter(anew);
    drawNodes(kept ?? this.ready(this.nodes).context, graph, places, nodes, palette, faded);
  }

  /**
   * The graph's strongest lines, which stand back for a selection and are drawn when next seen.
   * @param {boolean} ground
   */
  paintRest(ground) {
    const { graph, faded, ready } = this;
    const { focus, found, lit } = /** @type {import("./scene.js").Scene} */ (this.scene);
    this.restStale ||= ground;
    this.rest.hidden = focus.length + found.length > 0;
    this.nodes.classList.toggle("quiet", lit.size + found.length > 0);
    if (this.rest.hidden || !this.restStale) return;
    this.restStale = false;
    const { context, places, palette } = ready(this.rest);
    const look = { palette, opacity: 0.24, thickest: 2.2, measure: graph.flow, faded };
    drawLinks(context, graph, places, this.linesAtRest(), look);
  }

  paintSelection() {
    const { graph, shown, ready } = this;
    const scene = /** @type {import("./scene.js").Scene} */ (this.scene);
    const { clicked, pinned } = this.store.state;
    const idle = !scene.lit.size && !pinned.length && clicked < 0;
    if (idle && this.selectionEmpty) return;
    this.selectionEmpty = idle;
    const { context, places, palette } = ready(this.selection);
    const look = { palette, opacity: 0.8, thickest: 4, measure: graph.links.run, faded: NONE };
    drawLinks(context, graph, places, scene.links, look);
    const lit = [...scene.lit].filter((node) => shown[node]);
    drawNodes(context, graph, places, lit, palette, NONE);
    drawRings(context, graph, places, pinned, palette.select, 1.2);
    if (clicked >= 0) drawRings(context, graph, places, [clicked], palette.select, 2.5);
  }

  /** Only the hovered node and its strongest lines; nothing else is computed anew. */
  paintOverlay() {
    const { graph, grid, places, palette, hovered, view, wanted } = this;
    if (!grid || !places || !palette || !wanted) return;
    const idle = hovered < 0 || !this.shown[hovered];
    if (idle && this.overlayEmpty) return;
    this.overlayEmpty = idle;
    const context = clear(this.overlay, grid, view);
    if (idle) return this.tooltip.hide();
    const links = hoverLinks(graph, hovered, wanted);
    const look = { palette, opacity: 0.9, thickest: 3, measure: graph.links.run, faded: NONE };
    drawLinks(context, graph, places, links, look);
    const ends = links.flatMap((link) => [graph.links.source[link], graph.links.target[link]]);
    drawNodes(context, graph, places, new Set([hovered, ...ends]), palette, NONE);
    drawRings(context, graph, places, [hovered], palette.feature, 1.5);
    const [x, y] = this.spotOf(hovered);
    this.tooltip.show(hovered, x, y, this.available ?? 0);
  }

  /**
   * An emptied canvas, with what is needed to draw on it.
   * @param {HTMLCanvasElement} canvas
   */
  ready = (canvas) => {
    const { grid, places, palette, view } = this;
    if (!grid || !places || !palette) throw new Error("drawn before it was laid out");
    return { context: clear(canvas, grid, view), places, palette };
  };

  /** The lines that are drawn while nothing is selected. */
  linesAtRest() {
    const wanted = /** @type {(link: number) => boolean} */ (this.wanted);
    this.restLinks ??= linksAtRest(this.graph, wanted, this.store.state.density);
    return this.restLinks;
  }

  /** @param {number} node */
  hover(node) {
    if (node === this.hovered) return;
    this.hovered = node;
    this.paintOverlay();
  }

  listen() {
    const { paper, store } = this;
    this.stage.addEventListener("scroll", () => this.frame.scroll(this.stage.scrollLeft));
    paper.addEventListener("pointerdown", () => this.stage.focus({ preventScroll: true }));
    paper.addEventListener("pointermove", (event) => {
      if (event.pointerType === "touch") return;
      const hit = this.hit(event);
      paper.classList.toggle("over-node", hit !== null);
      this.hover(typeof hit === "number" ? hit : -1);
    });
    paper.addEventListener("pointerleave", () => this.hover(-1));
    paper.addEventListener("click", (event) => {
      const hit = this.hit(event);
      if (typeof hit === "string") store.dispatch({ type: "toggle-cell", cell: hit });
      else {
        store.dispatch({ type: "select", node: hit ?? -1 });
        if (/** @type {PointerEvent} */ (event).pointerType === "touch") this.tapped(hit ?? -1);
      }
    });
  }

  /** A finger does not hover: what was tapped says so where the tap was. @param {number} node */
  async tapped(node) {
    if (node < 0) return;
    const { makeTapSheet } = await import("./tap_sheet.js");
    this.showTapped ??= makeTapSheet(this);
    this.showTapped(node);
  }

  /** Where a node is, in the visible part of the graph. @param {number} node */
  spotOf(node) {
    const { x, y } = /** @type {import("./layout.js").Places} */ (this.places);
    const [across, down] = this.view.apply([x[node], y[node]]);
    return [across - this.stage.scrollLeft, down];
  }

  /**
   * What is under the pointer: a node, a folded cell's key, or nothing.
   * @param {MouseEvent} event
   * @returns {number | string | null}
   */
  hit(event) {
    const { targetAt, view } = this;
    if (!targetAt) return null;
    const frame = this.paper.getBoundingClientRect();
    const [x, y] = view.invert([event.clientX - frame.left, event.clientY - frame.top]);
    const touched = /** @type {PointerEvent} */ (event).pointerType === "touch";
    return targetAt(x, y, (touched ? REACH.finger : REACH.mouse) / Math.sqrt(view.k));
  }

  /** @param {KeyboardEvent} event */
  onKey(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || !this.places) return;
    if (event.key === "Escape") this.store.dispatch({ type: "clear" });
    else if (event.key === "+" || event.key === "=") this.zoom.by(1.5);
    else if (event.key === "-") this.zoom.by(1 / 1.5);
    else if (event.key === "0") this.zoom.by(0);
    else {
      const next = travel(
        this.graph,
        this.store.state.clicked,
        event.key,
        this.shown,
        this.places.x,
      );
      if (next === null) return;
      if (next >= 0) this.store.dispatch({ type: "select", node: next });
    }
    event.preventDefault();
  }
}

/** @param {string} name */
const layer = (name) => make("canvas", { "aria-hidden": "true", class: name });
