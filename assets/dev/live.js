/** Only under `tracer serve --watch`: reloads after a build, shows what is wrong when one fails. */

const mine = document.querySelector("[data-live-build]")?.getAttribute("data-live-build");
const events = new EventSource("/_live/events");

events.addEventListener("message", (event) => {
  const state = JSON.parse(event.data);
  if (state.problems.length > 0) {
    show(state.problems);
  } else if (state.build !== mine) {
    location.reload();
  }
});

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
