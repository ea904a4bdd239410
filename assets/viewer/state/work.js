// What a reader changed and has not sent yet: names, groups, pins, hidden nodes, boxes moved. Each
// edit names what a person did. Pure.

/**
 * @typedef {{text: string, by?: string, confidence?: string, note?: string}} Label
 * @typedef {{name: string, nodes: string[], by?: string, note?: string}} Group
 *
 * @typedef {object} Annotations  As the annotation file says it, by key.
 * @property {Record<string, Label>} labels
 * @property {Record<string, Group>} groups
 * @property {string[]} pins
 *
 * @typedef {object} Work  Null stands for what was taken away.
 * @property {Record<string, Label | null>} labels
 * @property {Record<string, Group | null>} groups
 * @property {Record<string, boolean>} pins  by node id
 * @property {readonly string[]} hidden  node ids
 * @property {Record<string, [number, number]>} moved  "picture box" -> how far
 *
 * @typedef {{edit: "label", key: string, label: Label | null}
 *   | {edit: "group", key: string, group: Group | null}
 *   | {edit: "pin", id: string, on: boolean}
 *   | {edit: "hide", ids: string[]}
 *   | {edit: "unhide", ids: string[]}
 *   | {edit: "move", box: string, by: [number, number]}
 *   | {edit: "put-back"}} Edit
 */

/** @type {Work} */
export const NO_WORK = Object.freeze({ labels: {}, groups: {}, pins: {}, hidden: [], moved: {} });

/**
 * @param {Work} work
 * @param {Edit} edit
 * @returns {Work}
 */
export function change(work, edit) {
  switch (edit.edit) {
    case "label":
      return { ...work, labels: { ...work.labels, [edit.key]: edit.label } };
    case "group":
      return { ...work, groups: { ...work.groups, [edit.key]: edit.group } };
    case "pin":
      return { ...work, pins: { ...work.pins, [edit.id]: edit.on } };
    case "hide":
      return { ...work, hidden: [...new Set([...work.hidden, ...edit.ids])] };
    case "unhide":
      return { ...work, hidden: work.hidden.filter((id) => !edit.ids.includes(id)) };
    case "move":
      return { ...work, moved: { ...work.moved, [edit.box]: edit.by } };
    case "put-back":
      return { ...work, moved: {} };
  }
}
