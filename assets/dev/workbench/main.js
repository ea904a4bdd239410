// The workbench's page: a prompt above; its graph and what is done to it below; sessions at the end.
import { make } from "../../viewer/page/dom.js";
import { Superseded, enter, listen, post, state } from "./api.js";
import { showGraph } from "./frame.js";
import { makePanel } from "./panel.js";
import { makeForm } from "./prompt.js";

const told = element("told");
const work = element("work");
/** @type {{session: any, frame: {reload: () => void}, panel: ReturnType<typeof makePanel>} | null} */
let open = null;

begin().catch((error) => tell(error.message, true));

async function begin() {
  const found = await enter();
  const form = makeForm(element("ask-left"), element("ask-right"), found.models, tell);
  listen((event) => heard(event));
  form.trace.addEventListener("click", async () => {
    busy(true);
    try {
      show(await post("trace", form.asked()));
      tell("");
    } catch (error) {
      if (error instanceof Superseded) tell("cancelled");
      else tell(error instanceof Error ? error.message : String(error), true);
    }
    busy(false);
  });
  form.cancel.addEventListener("click", () => post("cancel"));
  showSessions(found.sessions);
  await fromAddress();

  /** @param {boolean} is */
  function busy(is) {
    form.trace.disabled = is;
    form.cancel.disabled = !is;
  }

  /** @param {any} session */
  function show(session) {
    work.hidden = false;
    const panel = makePanel(element("panel"), session, tell);
    const frame = showGraph(element("page-frame"), session.id, panel.choose);
    open = { session, frame, panel };
    history.replaceState(null, "", `?session=${session.id}`);
    state().then(
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
          make("button", { type: "button", click: () => resume(one.id) }, one.prompt || one.id),
          one.kept ? make("span", { class: "hint" }, `kept as ${one.kept}`) : null,
          make(
            "button",
            {
              type: "button",
              "aria-label": `Delete the session ${one.id}`,
              click: async () => showSessions((await post("delete", { session: one.id })).sessions),
            },
            "Delete",
          ),
        ),
      ),
    );
  }

  /** @param {string} id */
  async function resume(id) {
    try {
      const session = await post("session", { session: id });
      form.fill(session.asked);
      show(session);
    } catch (error) {
      tell(error instanceof Error ? error.message : String(error), true);
    }
  }

  /** A link fills the form and starts nothing: a session and a graph of the gallery are there. */
  async function fromAddress() {
    const given = new URLSearchParams(location.search);
    const session = given.get("session");
    const graph = given.get("graph");
    if (session) await resume(session);
    else if (graph) {
      const found = await post("open", { slug: graph });
      form.fill(found.asked);
      show(found);
    } else if (given.has("prompt")) {
      form.fill({
        prompt: given.get("prompt"),
        target: given.get("target"),
        contrast: given.getAll("contrast"),
        counterfactual: given.get("counterfactual"),
        model: given.get("model"),
      });
    }
  }
}

/** @param {any} event */
function heard(event) {
  if (event.kind === "progress")
    tell(`${event.phase} … ${event.total > 1 ? `${event.done} of ${event.total}` : ""}`);
  else if (event.kind === "say") tell(event.text);
  else if (event.kind === "error") tell(event.text, true);
  else if (event.kind === "controls") open?.panel.controls(event);
  else if (event.kind === "tried" && event.session === open?.session.id) open?.frame.reload();
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
