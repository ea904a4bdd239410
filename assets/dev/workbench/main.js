// The workbench's page: a prompt above; its graph and what is done to it below; sessions at the end.
import { make } from "../../viewer/page/dom.js";
import { Superseded, enter, listen, post, state } from "./api.js";
import { showGraph } from "./frame.js";
import { readLink } from "./link.js";
import { makePanel } from "./panel.js";
import { makeForm } from "./prompt.js";

const told = element("told");
const work = element("work");
/** @type {{session: any, frame: ReturnType<typeof showGraph>, panel: ReturnType<typeof makePanel>} | null} */
let open = null;

begin().catch((error) => tell(error.message, true));

async function begin() {
  const link = readLink(location.search);
  const found = await enter();
  const form = makeForm(element("ask-left"), element("ask-right"), found, tell);
  let linked = link.pokes;
  listen((event) => heard(event));
  form.trace.addEventListener("click", async () => {
    if (form.trace.disabled) return;
    busy(true);
    try {
      await show(await post("trace", form.asked()), true);
      tell("");
    } catch (error) {
      if (error instanceof Superseded) tell("cancelled");
      else wrong(error);
    }
    busy(false);
  });
  form.cancel.addEventListener("click", () => post("cancel").catch(wrong));
  showSessions(found.sessions);
  await fromAddress();

  /** @param {boolean} is */
  function busy(is) {
    form.trace.disabled = is;
    form.cancel.disabled = !is;
  }

  /** @param {any} session @param {boolean} run  as a person asked for it, not a link */
  async function show(session, run) {
    work.hidden = false;
    const panel = makePanel(element("panel"), session, {
      tell,
      renamed: () => open?.frame.reload(),
    });
    const frame = showGraph(element("page-frame"), session.id, panel.choose);
    open = { session, frame, panel };
    panel.poke(linked);
    linked = [];
    history.replaceState(null, "", `?session=${session.id}`);
    if (run) panel.run();
    await state().then(
      (now) => showSessions(now.sessions),
      () => undefined,
    );
  }

  /** @param {any[]} sessions */
  function showSessions(sessions) {
    const list = /** @type {HTMLElement} */ (document.querySelector("#sessions ul"));
    list.replaceChildren(
      ...sessions.map((one) =>
        make(
          "li",
          {},
          make(
            "button",
            { type: "button", click: () => resume(one.id, true) },
            one.prompt || one.id,
          ),
          one.kept ? make("span", { class: "hint" }, `kept as ${one.kept}`) : null,
          make(
            "button",
            {
              type: "button",
              "aria-label": `Delete the session ${one.prompt || one.id}`,
              click: () => remove(one.id),
            },
            "Delete",
          ),
        ),
      ),
    );
  }

  /** @param {string} id */
  async function remove(id) {
    try {
      showSessions((await post("delete", { session: id })).sessions);
      if (open?.session.id !== id) return;
      open = null;
      work.hidden = true;
      history.replaceState(null, "", location.pathname);
    } catch (error) {
      wrong(error);
    }
  }

  /** @param {string} id @param {boolean} run */
  async function resume(id, run) {
    try {
      const session = await post("resume", { session: id, run });
      form.fill(session.asked, !run);
      await show(session, run);
    } catch (error) {
      wrong(error);
    }
  }

  /** A link fills the form, or shows what is there, and starts nothing. */
  async function fromAddress() {
    if (link.session) await resume(link.session, false);
    else if (link.graph) {
      const found = await post("open", { slug: link.graph });
      form.fill(found.asked, true);
      await show(found, false);
    } else if (link.asked) {
      form.fill(link.asked, true);
      const also = link.pokes.length ? `; ${link.pokes.length} pokes follow the trace` : "";
      tell(`The link filled this in and started nothing${also}.`);
    } else post("ready").catch(() => undefined);
  }
}

/** @param {any} event */
function heard(event) {
  if (event.kind === "progress")
    tell(`${event.phase} … ${event.total > 1 ? `${event.done} of ${event.total}` : ""}`);
  else if (event.kind === "say") tell(event.text);
  else if (event.kind === "error") tell(event.text, true);
  else if (event.kind === "controls") open?.panel.controls(event);
  else if (event.kind === "said") {
    if (event.session === open?.session.id) open?.panel.hear(event);
  } else if (event.kind === "tried" && event.session === open?.session.id)
    open?.frame.follow(open.panel.busy);
}

/** @param {unknown} error */
function wrong(error) {
  tell(error instanceof Error ? error.message : String(error), true);
}

/** @param {string} text @param {boolean} [failed] */
function tell(text, failed = false) {
  told.textContent = text;
  told.classList.toggle("failed", failed);
}

/** @param {string} id @returns {HTMLElement} */
function element(id) {
  return /** @type {HTMLElement} */ (document.getElementById(id));
}
