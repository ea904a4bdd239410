// Everything the keyboard does, on `?`.
import { openDialog } from "./dialog.js";
import { make } from "./dom.js";

/** @type {[string, string][]} */
const KEYS = [
  ["/", "search"],
  ["?", "this list"],
  ["w", "walk the strongest way, a step each time"],
  ["Tab", "to the controls, the graph, the panel and the next list"],
  ["↑ ↓", "in the graph: along the strongest line towards the answer or the prompt"],
  ["← →", "in the graph: along the layer"],
  ["+ − 0", "in the graph: larger, smaller, everything"],
  ["Esc", "clear the selection, then pins and search"],
  ["↑ ↓ Home End", "in a list: from row to row"],
  ["Enter", "in a list: select the row’s node"],
];

const TERMS = "layer:20, layer:5-9, token:Rome, label:capital, id:22_580, head:23.4";

export const openHelp = () =>
  openDialog(
    "Keys and search",
    make(
      "dl",
      { class: "keys" },
      ...KEYS.flatMap(([keys, meaning]) => [
        make("dt", {}, ...keys.split(" ").flatMap((key) => [make("kbd", {}, key), " "])),
        make("dd", {}, meaning),
      ]),
    ),
    make(
      "p",
      {},
      "Search takes words of names, tokens, groups and ids, and these: ",
      make("code", {}, TERMS),
      ". A node must meet every term; quotes hold spaces together.",
    ),
    make("p", {}, "Ctrl and the wheel, or two fingers, zoom; drag to move what was zoomed."),
  );
