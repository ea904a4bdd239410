// A dialogue box; the browser keeps the focus inside while it is open and gives it back after.
import { make } from "./dom.js";

let made = 0;

/**
 * @param {string} title
 * @param {(Node | string | null)[]} children
 */
export function openDialog(title, ...children) {
  const id = `dialog-title-${++made}`;
  const dialog = make(
    "dialog",
    { class: "viewer viewer-dialog", "aria-labelledby": id, close: () => dialog.remove() },
    make(
      "div",
      { class: "dialog-head" },
      make("h2", { id }, title),
      make("button", { type: "button", click: () => dialog.close() }, "Close"),
    ),
    ...children,
  );
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog) dialog.close();
  });
  document.body.append(dialog);
  dialog.showModal();
}
