// The circuit, taken over from the picture that the page was built with: nothing moves until
// somebody moves it. Boxes say what they are, select their nodes, open, and can be dragged.
import { drag, select } from "../../vendor/d3.js";
import { CircuitCanvas } from "./canvas.js";
import { pressed } from "./keys.js";
import { drawOpener } from "./paint.js";
import { builtPicture, lineKey, nodesIn } from "./picture.js";
import { focusOf, isSet, leavesFocus } from "../state/state.js";

/** @typedef {import("../graph/graph.js").Graph} Graph */
/** @typedef {import("../state/state.js").State} State */
/** @typedef {import("../state/state.js").Store} Store */
/** @typedef {import("./flow.js").Facts} Facts */
/** @typedef {import("./picture.js").Box} Box */
/** @typedef {import("./picture.js").Line} Line */

const SLACK = 5;

export class Circuit {
  /**
   * @param {SVGSVGElement} svg
   * @param {import("./picture.js").BuiltLayout} layout
   * @param {Graph} graph
   * @param {Store} store
   * @param {(part: string | null, line: Line | null) => void} pointed  hears what the pointer or
   *   the focus is on
   */
  constructor(svg, layout, graph, store, pointed) {
    this.svg = svg;
    this.graph = graph;
    this.store = store;
    this.pointed = pointed;
    this.name = svg.classList.contains("wide") ? "wide" : "narrow";
    /** @type {{key: string, by: [number, number]} | null} */
    this.dragged = null;
    /** Fetched when a box is opened. @type {typeof import("./members.js").drawMembers | null} */
    this.drawMembers = null;
    /** Whether the members that open next get the focus. */
    this.intoMembers = false;
    this.canvas = new CircuitCanvas(
      svg,
      (path) => builtPicture(layout, this.name, path),
      graph,
      (element, box) => this.prepare(element, box),
    );
    this.listen();
    store.subscribe((state, previous) => this.update(state, previous));
  }

  get picture() {
    return this.canvas.picture;
  }

  /**
   * From now on the picture follows edits.
   * @param {Facts} facts  what it is computed from
   * @param {() => object} groups  those that people made, by key
   * @param {typeof import("./change.js").changedPicture} changedPicture
   */
  start(facts, groups, changedPicture) {
    this.facts = facts;
    this.peoples = groups;
    this.changedPicture = changedPicture;
    this.follow(this.store.state);
  }

  /** @param {State} state */
  follow(state) {
    const { facts, peoples, canvas, graph, changedPicture } = this;
    if (!facts || !peoples || !changedPicture) return;
    const changed = Object.keys(state.edits.work.groups).length > 0;
    if (changed && facts.open && !facts.books) {
      facts.opened ??= facts.open();
      facts.opened.then(() => this.svg.isConnected && this.follow(this.store.state));
      return;
    }
    const keys = peoples();
    const groups = graph.groups.filter((group) => group.key in keys);
    const { base, measure } = canvas;
    canvas.show(changed ? changedPicture(base, graph, groups, facts, measure) : base);
    this.place();
    this.mark(state);
  }

  /** @param {State} state @param {State} previous */
  update(state, previous) {
    if (!this.svg.isConnected || leavesFocus(state, previous)) return;
    if (state.edits.work.groups !== previous.edits.work.groups) this.follow(state);
    else if (state.edits !== previous.edits) this.place();
    this.mark(state);
    if (state.openBox || previous.openBox) this.showMembers(state);
  }

  /** After it was out of the page, where it heard of nothing. */
  refresh() {
    const { state } = this.store;
    this.follow(state);
    this.place();
    this.mark(state);
    this.showMembers(state);
  }

  place() {
    this.canvas.place((key) => this.offset(key));
  }

  /** @param {string} key @returns {[number, number]} */
  offset(key) {
    if (this.dragged?.key === key) return this.dragged.by;
    return this.store.state.edits.work.moved[`${this.name} ${key}`] ?? [0, 0];
  }

  /** What is selected, and what is put away. @param {State} state */
  mark(state) {
    const focus = focusOf(this.graph, state);
    const hidden = new Set(state.edits.work.hidden);
    const away = new Set();
    for (const box of this.picture.boxes) {
      const nodes = nodesIn(box);
      if (nodes.length && nodes.every((node) => hidden.has(this.graph.ids[node]))) {
        for (const part of box.parts) away.add(part.key);
      }
      const element = this.canvas.boxes.get(box.key)?.element;
      element?.classList.toggle("away", away.has(box.key));
      for (const link of element?.querySelectorAll("a[data-nodes]") ?? []) {
        const part = box.parts.find((one) => one.key === link.getAttribute("data-part"));
        const own = part?.nodes ?? nodes;
        const whole = focus.length > 0 && isSet(own, focus);
        link.classList.toggle("chosen", whole);
        link.classList.toggle("holds", !whole && focus.length === 1 && own.includes(focus[0]));
      }
    }
    for (const line of this.picture.lines) {
      const drawn = this.canvas.lines.get(lineKey(line));
      const gone = away.has(line.source) || away.has(line.target);
      drawn?.path.classList.toggle("away", gone);
      drawn?.head?.classList.toggle("away", gone);
    }
  }

  /** @param {Element} link @returns {number[]} */
  nodesOf(link) {
    const ids = (link.getAttribute("data-nodes") ?? "").split(" ");
    return ids.map((id) => this.graph.indexOf.get(id)).filter((node) => node !== undefined);
  }

  /**
   * What a part's lines are stands out; the rest steps back.
   * @param {string | null} key
   * @param {Line | null} [line]  under the pointer, where no part is
   */
  point(key, line = null) {
    this.svg.classList.toggle("pointing", key !== null);
    const box = key === null ? undefined : this.canvas.boxOf(key);
    const own = new Set(box?.key === key ? box.parts.map((part) => part.key) : [key]);
    const near = new Set(box?.parts.map((part) => part.key));
    for (const line of this.picture.lines) {
      const touching = own.has(line.source) || own.has(line.target);
      const drawn = this.canvas.lines.get(lineKey(line));
      drawn?.path.classList.toggle("touching", touching);
      drawn?.head?.classList.toggle("touching", touching);
      if (touching) near.add(line.source).add(line.target);
    }
    for (const one of this.picture.boxes) {
      const touched = one.parts.some((part) => near.has(part.key));
      this.canvas.boxes.get(one.key)?.element.classList.toggle("touching", touched);
    }
    this.pointed(key, line);
  }

  /** @param {SVGGElement} element @param {Box} box */
  prepare(element, box) {
    element.querySelector("title")?.remove(); // the strip says it
    if (box.kind === "group" || box.kind === "other") element.append(drawOpener(box));
    const dragging = /** @type {import("d3-drag").DragBehavior<SVGGElement, unknown, unknown>} */ (
      drag()
    );
    dragging
      .clickDistance(SLACK)
      .filter((event) => !event.ctrlKey && !event.button && this.mayDrag(event, element))
      .on("drag", ({ dx, dy }) => this.dragBy(box.key, dx, dy))
      .on("end", () => this.drop());
    select(element).call(dragging).style("touch-action", null);
  }

  /**
   * A finger scrolls the page; it drags only a box that was tapped before.
   * @param {Event} event
   * @param {Element} element
   */
  mayDrag(event, element) {
    return !event.type.startsWith("touch") || element.querySelector(".chosen") !== null;
  }

  /** @param {string} key @param {number} dx @param {number} dy */
  dragBy(key, dx, dy) {
    const [x, y] = this.offset(key);
    this.dragged = { key, by: this.inside(key, x + dx, y + dy) };
    this.place();
  }

  /** @param {string} key @param {number} dx @param {number} dy @returns {[number, number]} */
  inside(key, dx, dy) {
    const { width, height, margin } = this.picture;
    const box = /** @type {Box} */ (this.canvas.boxOf(key));
    const within = (
      /** @type {number} */ by,
      /** @type {number} */ low,
      /** @type {number} */ high,
    ) => Math.max(margin - low, Math.min(by, high));
    return [
      within(dx, box.x, width - margin - box.x - box.width),
      within(dy, box.y, height - margin - box.y - box.height),
    ];
  }

  drop() {
    if (!this.dragged) return;
    const { key, by } = this.dragged;
    this.dragged = null;
    this.move(key, by);
  }

  /** @param {string} key @param {[number, number]} by */
  move(key, [dx, dy]) {
    const by = /** @type {[number, number]} */ ([Math.round(dx), Math.round(dy)]);
    this.store.dispatch({ type: "edit", edit: { edit: "move", box: `${this.name} ${key}`, by } });
  }

  listen() {
    const { svg } = this;
    svg.addEventListener("pointerover", (event) => {
      if (event.pointerType === "touch" || this.dragged) return;
      this.point(partAt(event.target), this.lineAt(event.target));
    });
    svg.addEventListener("pointerleave", () => this.point(null));
    svg.addEventListener("focusin", (event) => this.point(partAt(event.target)));
    svg.addEventListener("focusout", () => this.point(null));
    svg.addEventListener("click", (event) => this.onClick(event));
    svg.addEventListener("keydown", (event) => {
      if (pressed(this, event)) event.preventDefault();
    });
  }

  /** @param {MouseEvent} event */
  onClick(event) {
    const target = /** @type {Element} */ (event.target);
    const box = target.closest("[data-box]")?.getAttribute("data-box") ?? null;
    const link = target.closest("a[data-nodes]");
    const line = this.lineAt(target);
    if (line) return this.point(null, line);
    if (target.closest(".opener")) this.toggle(box);
    else if (link && !event.metaKey && !event.ctrlKey) this.choose(link, event.shiftKey);
    else return;
    event.preventDefault();
  }

  /** @param {EventTarget | null} target @returns {Line | null} */
  lineAt(target) {
    const { source, target: end } = target instanceof SVGPathElement ? target.dataset : {};
    const key = lineKey({ source: source ?? "", target: end ?? "" });
    return this.picture.lines.find((line) => lineKey(line) === key) ?? null;
  }

  /** @param {Element} link @param {boolean} more  pins the nodes beside those pinned before */
  choose(link, more) {
    const nodes = this.nodesOf(link);
    const { state, dispatch } = this.store;
    if (!nodes.length) return;
    if (!more) return dispatch({ type: "show", nodes });
    dispatch({ type: "show", nodes: [...focusOf(this.graph, state), ...nodes] });
  }

  /** @param {string | null} box */
  toggle(box) {
    const { state, dispatch } = this.store;
    dispatch({ type: "open-box", box: state.openBox === box ? null : box });
  }

  /** @param {string} box */
  openFromKeyboard(box) {
    this.intoMembers = true;
    this.toggle(box);
  }

  closeMembers() {
    const { openBox } = this.store.state;
    this.focusPart(openBox);
    this.toggle(openBox);
  }

  /** @param {string | null} key  of a part, or of a box */
  focusPart(key) {
    if (key === null) return;
    const name = CSS.escape(key);
    const found =
      this.svg.querySelector(`[data-part="${name}"]`) ??
      this.svg.querySelector(`[data-box="${name}"] a`);
    if (found instanceof SVGElement) found.focus();
  }

  /** @param {State} state */
  showMembers(state) {
    const old = this.svg.querySelector(".members");
    const rows = [...(old?.querySelectorAll("[tabindex]") ?? [])];
    const at = rows.indexOf(/** @type {Element} */ (document.activeElement));
    old?.remove();
    const box = this.canvas.boxOf(state.openBox ?? "");
    if (!box) return;
    const { store, graph, drawMembers } = this;
    if (!drawMembers) {
      import("./members.js").then((found) => {
        this.drawMembers = found.drawMembers;
        this.showMembers(store.state);
      });
      return;
    }
    const element = drawMembers(
      graph,
      this.picture,
      box,
      this.offset(box.key),
      this.canvas.measure,
      {
        chosen: state.clicked,
        select: (node) => store.dispatch({ type: "select", node }),
        all: () => store.dispatch({ type: "show", nodes: nodesIn(box) }),
        close: () => {
          this.focusPart(box.parts[0].key);
          this.toggle(box.key);
        },
      },
    );
    this.svg.append(element);
    const first = this.intoMembers ? 0 : -1;
    this.intoMembers = false;
    const next = element.querySelectorAll("[tabindex]")[Math.max(at, first)];
    if (next instanceof SVGElement) next.focus();
  }
}

/** @param {EventTarget | null} target @returns {string | null}  a part's key, or a box's */
function partAt(target) {
  if (!(target instanceof Element)) return null;
  const part = target.closest("a[data-part]")?.getAttribute("data-part");
  return part ?? target.closest("a[data-nodes]")?.parentElement?.getAttribute("data-box") ?? null;
}
