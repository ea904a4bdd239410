// How the page asks its server. Every answer is JSON; what is wrong is one line of text.

/** An answer that nobody waits for any more: something newer was asked. */
export class Superseded extends Error {}

/**
 * @param {string} name
 * @param {unknown} content
 * @returns {Promise<any>}
 */
export async function post(name, content = {}) {
  const answer = await fetch(`/workbench/api/${name}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(content),
  }).catch(() => {
    throw new Error("the server does not answer: is `tracer serve --watch` still running?");
  });
  const found = await answer.json().catch(() => ({ error: `the server answers ${answer.status}` }));
  if (found.superseded) throw new Superseded();
  if (!answer.ok) throw new Error(found.error ?? `the server answers ${answer.status}`);
  return found;
}

/** Exchanges the token of the printed link for a cookie; without one, tries the cookie there is. */
export async function enter() {
  const token = location.hash.slice(1);
  if (/^[\w-]{20,}$/.test(token)) {
    history.replaceState(null, "", location.pathname + location.search); // it is used up
    await post("enter", { token }).catch(async (error) => {
      if (!(await state().catch(() => null))) throw error;
    });
  }
  return state();
}

/** @returns {Promise<any>} */
export async function state() {
  const answer = await fetch("/workbench/api/state");
  const found = await answer.json();
  if (!answer.ok) throw new Error(found.error);
  return found;
}

/** @param {(event: any) => void} heard */
export function listen(heard) {
  const events = new EventSource("/workbench/api/events");
  events.addEventListener("message", (event) => heard(JSON.parse(event.data)));
}

/**
 * Calls `ask` once calls have paused; answers that are stale by then are dropped.
 * @param {number} pause  ms
 * @param {() => Promise<void>} ask
 */
export function paused(pause, ask) {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let waiting;
  const call = () => {
    clearTimeout(waiting);
    waiting = setTimeout(ask, pause);
  };
  call.forget = () => clearTimeout(waiting);
  return call;
}
