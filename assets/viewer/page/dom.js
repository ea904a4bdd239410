// The one way to make elements here: text is always text, never markup.

/**
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Record<string, string | boolean | ((event: any) => void)>} attributes  a function listens
 *   to the event of that name; `false` leaves the attribute out
 * @param {(Node | string | null)[]} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(name, value);
    else if (value !== false) element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.filter((child) => child !== null));
  return element;
}

/**
 * Calls `paint` whenever the colours or the resolution may have changed.
 * @param {() => void} paint
 */
export function onSchemeChange(paint) {
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", paint);
  const watcher = new MutationObserver(paint);
  watcher.observe(document.documentElement, { attributeFilter: ["class", "data-theme"] });
}

/** Whether there is a pointer that can be on something without selecting it. */
export const hovers = () => !matchMedia("(hover: none)").matches;

export const prefersStill = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

/**
 * Whether a key is meant for a field, or for the browser.
 * @param {KeyboardEvent} event
 */
export function isTyping(event) {
  if (event.ctrlKey || event.metaKey || event.altKey) return true;
  const fields = "input:not([type=range], [type=checkbox]), textarea, select, [contenteditable]";
  return event.target instanceof HTMLElement && event.target.closest(fields) !== null;
}

/** @param {() => void} work  what may follow when the next frame has been painted */
export const nextFrame = (work) => requestAnimationFrame(() => setTimeout(work));

/** Until the browser has shown what is in the page now: by the second frame it has painted the first. */
export const afterPaint = () =>
  new Promise((go) => requestAnimationFrame(() => nextFrame(() => go(null))));

/** @param {() => void} work  what nobody waits for yet */
export const whenIdle = (work) =>
  "requestIdleCallback" in window ? requestIdleCallback(work) : setTimeout(work, 200);
