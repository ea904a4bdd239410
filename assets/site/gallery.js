/** Search and tags for the gallery page; without scripts all cards are simply there. */

const filter = /** @type {HTMLElement | null} */ (document.getElementById("filter"));
const search = /** @type {HTMLInputElement | null} */ (document.getElementById("search"));
const count = /** @type {HTMLElement | null} */ (document.getElementById("count"));
const cards = [...document.querySelectorAll("#cards .card")].map((card) => ({
  item: /** @type {HTMLElement} */ (card.parentElement),
  text: (card.textContent ?? "").toLowerCase().replace(/\s+/g, " "),
  tags: (card.getAttribute("data-tags") ?? "").split("\n"),
}));
const buttons = [...document.querySelectorAll("button[data-tag]")];

/** @returns {string[]} */
function chosenTags() {
  return buttons
    .filter((button) => button.getAttribute("aria-pressed") === "true")
    .map((button) => button.getAttribute("data-tag") ?? "");
}

/** The address holds the choice, so that a link to it can be shared. */
function writeAddress(/** @type {string} */ query, /** @type {string[]} */ tags) {
  const address = new URL(location.href);
  address.searchParams.delete("q");
  address.searchParams.delete("tag");
  if (query) address.searchParams.set("q", query);
  for (const tag of tags) address.searchParams.append("tag", tag);
  history.replaceState(null, "", address);
}

function apply() {
  const query = search?.value.trim().toLowerCase() ?? "";
  const words = query.split(/\s+/).filter(Boolean);
  const tags = chosenTags();
  let shown = 0;
  for (const card of cards) {
    const fits =
      words.every((word) => card.text.includes(word)) &&
      tags.every((tag) => card.tags.includes(tag));
    card.item.hidden = !fits;
    shown += fits ? 1 : 0;
  }
  if (count) {
    const all = shown === cards.length;
    count.textContent = all ? `${cards.length} graphs` : `${shown} of ${cards.length} graphs`;
  }
  writeAddress(query, tags);
}

function readAddress() {
  const parameters = new URLSearchParams(location.search);
  if (search) search.value = parameters.get("q") ?? "";
  const tags = parameters.getAll("tag");
  for (const button of buttons) {
    const chosen = tags.includes(button.getAttribute("data-tag") ?? "");
    button.setAttribute("aria-pressed", String(chosen));
  }
}

if (filter && search) {
  readAddress();
  filter.hidden = false;
  search.addEventListener("input", apply);
  for (const button of buttons) {
    button.addEventListener("click", () => {
      const pressed = button.getAttribute("aria-pressed") === "true";
      button.setAttribute("aria-pressed", String(!pressed));
      apply();
    });
  }
  apply();
}
