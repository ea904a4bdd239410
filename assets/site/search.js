/** Full-text search over the whole site. The index is loaded at the first query, from this site. */

const SHOWN = 20;
const form = /** @type {HTMLElement} */ (document.getElementById("search-form"));
const words = /** @type {HTMLInputElement} */ (document.getElementById("search-words"));
const status = /** @type {HTMLElement} */ (document.getElementById("search-status"));
const results = /** @type {HTMLElement} */ (document.getElementById("search-results"));
const root = new URL("../", location.href);

/** @type {Promise<any> | undefined} */
let loading;
let asked = 0;

function load() {
  loading ??= import(new URL("pagefind/pagefind.js", root).href).then(async (pagefind) => {
    await pagefind.options({ baseUrl: root.pathname, excerptLength: 24 });
    return pagefind;
  });
  return loading;
}

/** Pagefind marks what it found with `<mark>`; nothing but text and these marks is taken over. */
function excerpt(/** @type {string} */ html) {
  const parsed = new DOMParser().parseFromString(html, "text/html");
  const line = document.createElement("p");
  for (const node of parsed.body.childNodes) {
    const text = document.createTextNode(node.textContent ?? "");
    if (node.nodeName === "MARK") {
      const mark = document.createElement("mark");
      mark.append(text);
      line.append(mark);
    } else {
      line.append(text);
    }
  }
  return line;
}

function item(/** @type {any} */ found) {
  const entry = document.createElement("li");
  const link = document.createElement("a");
  link.href = found.url;
  link.textContent = found.meta.title ?? found.url;
  const title = document.createElement("h2");
  title.append(link);
  entry.append(title, excerpt(found.excerpt));
  return entry;
}

async function search() {
  const query = words.value.trim();
  const turn = ++asked;
  const address = new URL(location.href);
  if (query) address.searchParams.set("q", query);
  else address.searchParams.delete("q");
  history.replaceState(null, "", address);
  if (!query) {
    status.textContent = "";
    results.replaceChildren();
    return;
  }
  try {
    const pagefind = await load();
    const found = await pagefind.search(query);
    const shown = await Promise.all(
      found.results.slice(0, SHOWN).map((/** @type {any} */ one) => one.data()),
    );
    if (turn !== asked) return;
    const total = found.results.length;
    const count = total === 1 ? "1 page" : `${total} pages`;
    status.textContent = total > SHOWN ? `${count}; the first ${SHOWN} are shown` : count;
    results.replaceChildren(...shown.map(item));
  } catch {
    if (turn === asked) status.textContent = "The search index could not be loaded.";
    loading = undefined;
  }
}

form.hidden = false;
status.textContent = "";
form.addEventListener("submit", (event) => event.preventDefault());
words.addEventListener("input", search);
words.value = new URLSearchParams(location.search).get("q") ?? "";
if (words.value) search();
