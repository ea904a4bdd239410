// What is traced with: model, features, number format, limits; folded, with what they are.
import { make } from "../../viewer/page/dom.js";

/** @type {Record<string, string>} */
const LIMITS = { max_nodes: "Most nodes", max_links: "Most links", candidates: "Candidates" };
const PRECISIONS = ["float32", "bf16", "fp16"];
const AGAINST = ["", "alternatives", "vocabulary"];

/**
 * @param {{models: string[], fetched: string[], features: string[], settings: Record<string, any>}} found
 * @param {() => void} changed  another model reads other words
 */
export function makeSettings(found, changed) {
  const model = field("model", "models", found.models, () => {
    fetching.checked = false;
    showFetching();
    changed();
  });
  const fetching = make("input", { type: "checkbox", id: "fetch", change: changed });
  const fetchedName = make("span");
  const agree = make("label", {}, fetching, fetchedName);
  const features = field("features", "sets", found.features, changed);
  const precision = choice("precision", PRECISIONS, changed);
  const against = choice("against", AGAINST, () => summarise());
  const limits = Object.keys(LIMITS).map((name) => {
    const placeholder = String(found.settings[name]);
    const input = make("input", { type: "number", min: "1", id: name, placeholder });
    input.addEventListener("input", summarise);
    return input;
  });
  const summary = make("summary");
  const element = make(
    "details",
    { class: "settings" },
    summary,
    ...labelled("Model", model),
    agree,
    ...labelled("Features", features),
    ...labelled("Number format", precision),
    ...limits.flatMap((input) => labelled(LIMITS[input.id], input)),
    ...labelled("Without a contrast, explained against", against),
  );
  model.value = found.models[0] ?? "";
  features.value = found.features[0] ?? "neurons";
  showFetching();
  return { element, asked, fill };

  /** @param {string} id @param {string} list @param {string[]} known @param {() => void} change */
  function field(id, list, known, change) {
    const options = make(
      "datalist",
      { id: list },
      ...known.map((value) => make("option", { value })),
    );
    const input = make("input", { type: "text", id, list, change });
    document.body.append(options);
    return input;
  }

  /** @param {string} id @param {string[]} values @param {() => void} change */
  function choice(id, values, change) {
    const options = values.map((value) => make("option", { value }, value || "the default"));
    const select = make("select", { id, change }, ...options);
    select.addEventListener("change", summarise);
    return select;
  }

  /** @param {string} text @param {HTMLElement} input */
  function labelled(text, input) {
    return [make("label", { for: input.id }, text), input];
  }

  /** A model of the hub is fetched only by a click that names it. */
  function showFetching() {
    const known = found.models.includes(model.value);
    const hub = /^[\w.-]+\/[\w.@-]+$/.test(model.value);
    agree.hidden = known || !hub;
    fetchedName.textContent = ` fetch ${model.value} from the hub`;
    if (found.fetched.includes(model.value)) {
      agree.hidden = false;
      fetchedName.textContent = ` fetch ${model.value}, which is not on this machine yet`;
    }
    if (!agree.hidden) element.open = true;
    summarise();
  }

  function summarise() {
    const changes = limits
      .filter((one) => one.value)
      .map((one) => `${LIMITS[one.id]} ${one.value}`);
    const told = [model.value, features.value, precision.value, ...changes, against.value];
    summary.textContent = `Settings: ${told.filter(Boolean).join(", ")}`;
  }

  function asked() {
    /** @type {Record<string, any>} */
    const settings = {};
    for (const one of limits) if (one.value) settings[one.id] = Number(one.value);
    if (against.value) settings.against = against.value;
    return {
      model: model.value,
      features: features.value,
      precision: precision.value,
      fetch: fetching.checked,
      settings,
    };
  }

  /** @param {any} given */
  function fill(given) {
    model.value = given.model ?? found.models[0] ?? "";
    features.value = given.features ?? "neurons";
    precision.value = PRECISIONS.includes(given.precision) ? given.precision : "float32";
    for (const one of limits) one.value = given.settings?.[one.id] ?? "";
    against.value = given.settings?.against ?? "";
    showFetching();
  }
}
