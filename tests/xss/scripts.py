"""What is done inside a hostile gallery's pages, as scripts."""

HOOKS = """
  for (const name of ["alert", "print", "confirm", "prompt"]) window[name] = () => ran(name);
  addEventListener("securitypolicyviolation", (event) => ran("blocked " + event.blockedURI));
  window.made = [];
  const make = URL.createObjectURL;
  URL.createObjectURL = (blob) => (made.push(blob), make.call(URL, blob));
  const click = HTMLAnchorElement.prototype.click;
  HTMLAnchorElement.prototype.click = function () {
    if (!this.hasAttribute("download")) click.call(this);
  };
"""
# Whatever could run, had anybody the patience to click or wait for it.
SCAN = """(html) => {
  const bad = [];
  const address = /^[\\s\\x00-\\x1f]*(javascript|vbscript|data:text|data:image.svg)/i;
  const whole = html ? new DOMParser().parseFromString(html, "text/html") : document;
  for (const one of whole.querySelectorAll("*")) {
    const data = /json|^text.plain/.test(one.getAttribute("type") ?? "");
    const runs = one.localName === "script" && !one.hasAttribute("src") && !data;
    const frame = !html && ["iframe", "object", "embed", "base", "portal"].includes(one.localName);
    if (runs || frame) bad.push(one.outerHTML.slice(0, 200));
    for (const { name, value } of one.attributes)
      if (name.startsWith("on") || address.test(value) && /href|src|action|data$/.test(name)
        || name === "srcdoc" || name === "style" && value.includes("canary"))
        bad.push(one.outerHTML.slice(0, 200));
  }
  return bad;
}"""
# What Back and Forward do, for each of these addresses.
WALK = """async (queries) => {
  const painted = () => new Promise((go) => requestAnimationFrame(() => setTimeout(go)));
  for (const query of queries) {
    history.pushState(null, "", "?" + query);
    dispatchEvent(new PopStateEvent("popstate"));
    await painted();
  }
  for (const row of document.querySelectorAll("[data-node]"))
    for (const kind of ["pointerover", "mouseover", "pointermove"])
      row.dispatchEvent(new PointerEvent(kind, { bubbles: true }));
  await painted();
}"""

TYPE = """async (texts) => {
  const field = document.querySelector("main input[type=search]");
  for (const text of texts) {
    field.value = text;
    field.dispatchEvent(new Event("input", { bubbles: true }));
    await new Promise((go) => setTimeout(go, 30));
  }
}"""

# Names and groups by the forms, as somebody types them who has chosen one node after the other.
EDIT = """async ([ids, texts]) => {
  const painted = () => new Promise((go) => requestAnimationFrame(() => setTimeout(go)));
  const press = (name) => {
    const buttons = [...document.querySelectorAll("#viewer button")];
    const found = buttons.find((one) => one.textContent === name);
    if (!found) throw new Error(`no button ${name}`);
    found.click();
  };
  const fill = (text) => {
    const form = document.querySelector(".edit-form");
    for (const field of form.querySelectorAll("input:not([type=checkbox]), textarea"))
      field.value = text;
    press("Keep");
  };
  for (const [at, text] of texts.entries()) {
    const query = new URLSearchParams({ clickedId: ids[at % ids.length] });
    history.pushState(null, "", "?" + query);
    dispatchEvent(new PopStateEvent("popstate"));
    await painted();
    press("Name it");
    fill(text);
    await painted();
    press("Make a group of it");
    fill(text);
    await painted();
  }
}"""

# What another page of the same host could leave where edits are kept.
KEEP = """([ids, texts]) => {
  const [labels, groups, pins, moved] = [{}, {}, {}, {}];
  for (const [at, text] of texts.entries()) {
    const said = { by: text, note: text, confidence: text };
    for (const id of [ids[at % ids.length], text]) {
      labels[id] = { ...said, text };
      groups[text] = { ...said, name: text, nodes: [id, text] };
      pins[id] = true;
      moved[id] = [text, text];
    }
  }
  const kept = Object.keys(localStorage).filter((one) => one.startsWith("tracer edits"));
  const work = { labels, groups, pins, moved, hidden: texts };
  for (const key of kept) localStorage.setItem(key, JSON.stringify({ work, past: [work] }));
  localStorage.setItem("tracer author", texts.join(" "));
  return kept.length;
}"""

# What the dialog to share offers: the files it makes, and what goes into other people's pages.
TAKE = """async () => {
  made.length = 0;
  const dialog = document.querySelector("dialog[open]");
  for (const button of dialog.querySelectorAll("button"))
    if (/SVG|CSV/.test(button.textContent)) button.click();
  const drawings = made.filter((one) => one.type.includes("svg"));
  const fields = [...dialog.querySelectorAll("textarea")].map((one) => one.value);
  return {
    drawings: await Promise.all(drawings.map((one) => one.text())),
    embedding: fields.find((one) => one.startsWith("<iframe")),
  };
}"""
