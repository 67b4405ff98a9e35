// Where the keyboard is stays known when a part of the page is exchanged: on what was pressed, else on what is said instead.
(() => {
  "use strict";
  let held = null;
  const words = (item) => item.textContent.trim();
  const action = (item) => item.form?.getAttribute("action") || item.getAttribute("href") || "";

  function again(region) {
    const twin = (held.id && document.getElementById(held.id))
      || [...region.querySelectorAll("button, a, summary")].find((item) => words(item) === held.words && action(item) === held.action);
    return twin || region.querySelector(".callout, .has, h1, h2");
  }
  document.addEventListener("htmx:before:swap", () => {
    const item = document.activeElement;
    const region = item?.closest("[hx-get], #editor");
    held = region ? { id: item.id, words: words(item), action: action(item), region: region.id } : null;
  });
  document.addEventListener("htmx:after:swap", () => {
    const region = held && document.getElementById(held.region);
    const lost = !document.activeElement || document.activeElement === document.body;
    const found = region && lost ? again(region) : null;
    held = null;
    if (!found) return;
    if (!found.matches("a[href], button, summary, input, textarea, select")) found.tabIndex = -1;
    found.focus({ preventScroll: true });
  });
})();
