// Inside somebody's frame the viewer stands alone; a line says where it comes from.
import { make } from "../page/dom.js";

/** @param {HTMLElement} viewer */
export function signEmbedded(viewer) {
  const address = new URL(location.href);
  address.searchParams.delete("embed");
  const link = make("a", { href: address.href, target: "_blank", rel: "noopener" }, document.title);
  link.addEventListener("pointerdown", follow);
  link.addEventListener("focus", follow);
  viewer.append(make("p", { class: "embed-source" }, "From ", link));

  /** The view may have changed since. */
  function follow() {
    const now = new URL(location.href);
    now.searchParams.delete("embed");
    link.href = now.href;
  }
}
