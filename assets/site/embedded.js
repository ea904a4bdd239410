// Runs before anything is painted, so that a page inside a frame (`?embed`) never shows its own head.
if (new URLSearchParams(location.search).has("embed")) {
  document.documentElement.classList.add("embedded");
}
