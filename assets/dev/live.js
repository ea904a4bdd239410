/** Only under `tracer serve --watch`: reloads after a build, shows what is wrong when one fails. */

const events = new EventSource("/_live/events");
let build = -1;

events.addEventListener("message", (event) => {
  const state = JSON.parse(event.data);
  if (state.problems.length > 0) {
    show(state.problems);
  } else if (overlay() || (build >= 0 && state.build !== build) || missing(state)) {
    location.reload();
  }
  build = state.build;
});

/** A page opened before the first build ended has nothing to keep. */
function missing(/** @type {{build: number}} */ state) {
  return state.build > 0 && document.title === "Not built yet";
}

function overlay() {
  return document.getElementById("live-problems");
}

function show(/** @type {string[]} */ problems) {
  overlay()?.remove();
  const box = document.createElement("section");
  box.id = "live-problems";
  box.setAttribute("role", "alert");
  const title = document.createElement("h2");
  title.textContent = "The site was not rebuilt";
  const list = document.createElement("ol");
  for (const problem of problems) {
    const item = document.createElement("li");
    item.textContent = problem;
    list.append(item);
  }
  box.append(title, list);
  document.body.append(box);
}
