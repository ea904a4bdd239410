/**
 * One connection for all open pages, whose browser keeps no more than six to a host: each is told
 * when to ask again.
 */

/** @type {MessagePort[]} */
const pages = [];
/** @type {string | undefined} */
let latest;

new EventSource("/_preview/events").addEventListener("message", (event) => {
  latest = event.data;
  for (const page of pages) page.postMessage(latest);
});

self.addEventListener("connect", (event) => {
  const [page] = /** @type {MessageEvent} */ (event).ports;
  pages.push(page);
  if (latest !== undefined) page.postMessage(latest);
});
