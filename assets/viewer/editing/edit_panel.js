// What can be done with the selection: rename it, write a note, group, hide, take apart.
import { make } from "../page/dom.js";
import { makeForm } from "./edit_form.js";
import { ANSWER, FEATURE } from "../graph/graph.js";
import { excluding, featureKey, freeKey, including } from "../graph/references.js";
import { focusOf, sameNodes } from "../state/state.js";
import { count, nameOf } from "../graph/text.js";

/** @typedef {import("../graph/graph.js").Graph} Graph */
/** @typedef {import("../state/state.js").State} State */
/** @typedef {import("./edit_form.js").Said} Said */
/** @typedef {import("../state/work.js").Annotations} Annotations */

export class EditPanel {
  /**
   * @param {Graph} graph
   * @param {import("../state/state.js").Store} store
   * @param {() => Annotations} wanted  the annotations with the edits in them
   * @param {Annotations} written  the annotations as they are
   */
  constructor(graph, store, wanted, written) {
    this.graph = graph;
    this.store = store;
    this.wanted = wanted;
    this.written = written;
    this.body = make("div", { class: "edit-body" });
    this.element = make(
      "section",
      { class: "edits", "aria-label": "Edit" },
      make("h3", {}, "Edit"),
      this.body,
    );
    store.subscribe((state, previous) => {
      const same =
        state.clicked === previous.clicked &&
        state.pinned === previous.pinned &&
        state.edits === previous.edits;
      if (!same || !this.body.childElementCount) this.update(state);
    });
  }

  /** @param {State} state */
  update(state) {
    const focus = focusOf(this.graph, state);
    this.element.hidden = focus.length === 0 && !state.edits.work.hidden.length;
    const group = this.graph.groups.find(
      (one) => one.key in this.wanted().groups && sameNodes(one.members, focus),
    );
    const buttons =
      state.clicked >= 0
        ? this.forNode(state.clicked, state)
        : group
          ? this.forGroup(group)
          : this.forSeveral(focus);
    this.body.replaceChildren(
      make("p", { class: "buttons" }, ...buttons, ...this.hiding(state, focus)),
    );
  }

  /** @param {string} text @param {() => void} click */
  button(text, click) {
    return make("button", { type: "button", click }, text);
  }

  /** @param {import("../state/work.js").Edit} edit */
  edit(edit) {
    this.store.dispatch({ type: "edit", edit });
  }

  /** @param {number} node @param {State} state */
  forNode(node, state) {
    const { graph } = this;
    const mine = graph.groupsOf[node].filter((group) => group.key in this.wanted().groups);
    const others = Object.entries(this.wanted().groups).filter(
      ([key]) => !mine.some((group) => group.key === key),
    );
    const pinned = state.pinned.filter((one) => one !== node);
    return [
      graph.kinds[node] === FEATURE ? this.button("Name it", () => this.nameNode(node)) : null,
      this.labelKey(node) in this.wanted().labels
        ? this.button("Take its name away", () =>
            this.edit({ edit: "label", key: this.labelKey(node), label: null }),
          )
        : null,
      pinned.length
        ? this.button(`Group with ${count(pinned.length, "pinned node")}`, () =>
            this.nameNewGroup([node, ...pinned]),
          )
        : null,
      this.button("Make a group of it", () => this.nameNewGroup([node])),
      ...mine.flatMap((group) => this.asMember(node, group)),
      others.length ? this.adding(node, others) : null,
    ].filter((part) => part !== null);
  }

  /**
   * A group of this node alone is changed here too, for selecting it selects the node.
   * @param {number} node
   * @param {import("../graph/graph.js").Group} group
   */
  asMember(node, { key, name, members }) {
    if (members.length > 1) {
      return [this.button(`Take out of “${name}”`, () => this.takeOut(key, node))];
    }
    return [
      this.button(`Rename the group “${name}”`, () => this.nameGroup(key)),
      this.button(`Ungroup “${name}”`, () => this.edit({ edit: "group", key, group: null })),
    ];
  }

  /** @param {number[]} nodes */
  forSeveral(nodes) {
    if (!nodes.length) return [];
    return [this.button("Group these nodes", () => this.nameNewGroup(nodes))];
  }

  /** @param {import("../graph/graph.js").Group} group */
  forGroup({ key, members }) {
    return [
      this.button("Rename the group", () => this.nameGroup(key)),
      this.button("Ungroup", () => this.edit({ edit: "group", key, group: null })),
      this.picker(
        "Take a member out",
        members.map((node) => [this.graph.ids[node], nameOf(this.graph, node)]),
        (id) => this.takeOut(key, this.graph.indexOf.get(id) ?? -1),
      ),
    ];
  }

  /** @param {State} state @param {number[]} focus */
  hiding(state, focus) {
    const { hidden } = state.edits.work;
    const ids = focus.map((node) => this.graph.ids[node]);
    const isHidden = ids.length > 0 && ids.every((id) => hidden.includes(id));
    const canHide = focus.length > 0 && focus.every((node) => this.graph.kinds[node] !== ANSWER);
    return [
      isHidden
        ? this.button("Show again", () => this.edit({ edit: "unhide", ids }))
        : canHide
          ? this.button("Hide", () => {
              this.edit({ edit: "hide", ids });
              this.store.dispatch({ type: "select", node: -1 });
            })
          : null,
      hidden.length
        ? this.button(`Show all ${count(hidden.length, "hidden node")}`, () =>
            this.edit({ edit: "unhide", ids: [...hidden] }),
          )
        : null,
    ].filter((part) => part !== null);
  }

  /**
   * @param {string} label
   * @param {[string, string][]} choices  values and texts
   * @param {(value: string) => void} choose
   */
  picker(label, choices, choose) {
    const menu = make(
      "select",
      { "aria-label": label, change: () => menu.value && choose(menu.value) },
      make("option", { value: "" }, `${label} …`),
      ...choices.map(([value, text]) => make("option", { value }, text)),
    );
    return menu;
  }

  /** @param {number} node @param {[string, import("../state/work.js").Group][]} groups */
  adding(node, groups) {
    const choices = groups.map(
      ([key, group]) => /** @type {[string, string]} */ ([key, group.name]),
    );
    return this.picker("Add to a group", choices, (key) => {
      const group = this.wanted().groups[key];
      const nodes = including(this.graph, group.nodes, node, this.wanted().groups);
      this.edit({ edit: "group", key, group: { ...group, nodes } });
    });
  }

  /**
   * A group whose last member is taken out is gone.
   * @param {string} key
   * @param {number} node
   */
  takeOut(key, node) {
    const group = this.wanted().groups[key];
    const nodes = excluding(this.graph, group.nodes, node, this.wanted().groups);
    this.edit({ edit: "group", key, group: nodes.length ? { ...group, nodes } : null });
  }

  /** Where a node's name stands, or would stand. @param {number} node */
  labelKey(node) {
    const id = this.graph.ids[node];
    const { labels } = this.wanted();
    const feature = this.graph.kinds[node] === FEATURE ? featureKey(id) : null;
    return id in labels || !feature ? id : feature;
  }

  /** @param {number} node */
  nameNode(node) {
    const { graph } = this;
    const id = graph.ids[node];
    const key = this.labelKey(node);
    const label = this.wanted().labels[key];
    this.ask({
      title: "Name this node",
      said: { ...label, name: label?.text ?? graph.labels[node] ?? "", here: key === id },
      confidence: true,
      here: featureKey(id)
        ? `Only at this token, not wherever this ${graph.meta.noun} appears`
        : "",
      keep: ({ name, note, by, confidence, here }) => {
        const to = here ? id : (featureKey(id) ?? id);
        const who = by ?? (name === label?.text ? label.by : undefined);
        this.edit({
          edit: "label",
          key: to,
          label: tidy({ text: name, by: who, confidence, note }),
        });
      },
    });
  }

  /** @param {string} key */
  nameGroup(key) {
    const group = this.wanted().groups[key];
    this.ask({
      title: "Rename the group",
      said: group,
      keep: ({ name, note, by }) => {
        const who = by ?? (name === group.name ? group.by : undefined);
        this.edit({ edit: "group", key, group: tidy({ name, nodes: group.nodes, by: who, note }) });
      },
    });
  }

  /** @param {number[]} members */
  nameNewGroup(members) {
    const nodes = [...members].sort((a, b) => a - b).map((node) => this.graph.ids[node]);
    this.ask({
      title: "Name the group",
      said: {},
      keep: ({ name, note, by }) => {
        const taken = (/** @type {string} */ key) =>
          key in this.written.groups || key in this.wanted().groups;
        const key = freeKey(name, taken);
        this.edit({ edit: "group", key, group: tidy({ name, nodes, by, note }) });
        this.store.dispatch({ type: "show", nodes: [...members] });
      },
    });
  }

  /** @param {Omit<Parameters<typeof makeForm>[0], "close">} what */
  ask(what) {
    const close = () => {
      this.update(this.store.state);
      this.body.querySelector("button")?.focus();
    };
    const keep = (/** @type {Said} */ said) => {
      what.keep(said);
      close();
    };
    const { form, focus } = makeForm({ ...what, keep, close });
    this.body.replaceChildren(form);
    focus();
  }
}

/**
 * Without what was left empty.
 * @template {object} T
 * @param {T} entry
 * @returns {T}
 */
const tidy = (entry) =>
  /** @type {T} */ (Object.fromEntries(Object.entries(entry).filter(([, value]) => value)));
