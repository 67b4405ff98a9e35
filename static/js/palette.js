// Search and act: `/` or Ctrl-K opens one field over any page. What it shows comes from the server as for the plain page
// `/find/`; here are only the keys. Whatever pages somebody or ends something is led to, and pressed by a second key.
(() => {
  "use strict";
  const dialog = document.getElementById("palette");
  const field = document.getElementById("palette-q");
  if (!dialog || !field) return;
  const mac = /Mac|iP(hone|ad|od)/.test(navigator.platform);
  const typing = (target) => target.closest?.("input, textarea, select, [contenteditable]");
  const plain = (text) => text.trim().replace(/\s+/g, " ");
  const found = () => dialog.querySelector(".found");
  const answered = () => found() && plain(found().dataset.q) === plain(field.value);
  let waits = false; // the return key came before the answer

  const ask = () => field.dispatchEvent(new Event("ask"));
  function open() {
    if (dialog.open) return;
    document.getElementById("menu")?.hidePopover?.();
    dialog.showModal();
    field.select();
    ask();
  }
  function go() {
    waits = false;
    const first = dialog.querySelector("[data-first]");
    if (!first) return;
    if (first.matches("a") || first.hasAttribute("data-sure")) first.click();
    else first.focus();
  }

  document.addEventListener("keydown", (event) => {
    const modifier = mac ? event.metaKey : event.ctrlKey;
    const k = modifier && !event.altKey && !event.shiftKey && event.key.toLowerCase() === "k";
    const slash = event.key === "/" && !event.ctrlKey && !event.metaKey && !event.altKey && !typing(event.target);
    if (event.defaultPrevented || event.isComposing || event.repeat || !(k || slash)) return;
    if (document.querySelector("dialog[open]")) { if (k) event.preventDefault(); return; }
    event.preventDefault();
    open();
  });
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-palette-open]")) { event.preventDefault(); open(); }
    if (event.target === dialog || event.target.closest("[data-palette-close]")) dialog.close();
  });
  addEventListener("pagehide", () => dialog.close());
  dialog.addEventListener("close", () => { waits = false; });

  // The return key: what is shown must be the answer to what stands in the field, or it is waited for.
  dialog.querySelector("form").addEventListener("submit", (event) => {
    event.preventDefault();
    if (answered()) { go(); return; }
    waits = true;
    ask();
  });
  field.addEventListener("htmx:after:swap", () => {
    if (!dialog.open || !answered()) return;
    dialog.querySelector("[data-said]").textContent = found().dataset.said;
    if (waits) go();
  });
  // Nobody answered: the plain page says what is the matter.
  const plainly = () => { if (waits) dialog.querySelector("form").submit(); };
  field.addEventListener("htmx:error", plainly);
  field.addEventListener("htmx:response:error", plainly);

  // Arrows go from line to line, here and on the plain page; a letter goes on with the typing.
  const lines = (root) => [...root.querySelectorAll(".found li")].map((line) => line.querySelector("a, button")).filter(Boolean);
  document.addEventListener("keydown", (event) => {
    const target = event.target;
    const root = target.closest?.("#palette") || (target.closest?.("[data-palette], .found") && document.getElementById("main"));
    if (!root || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    const input = root.querySelector("[data-palette] input");
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      const all = lines(root);
      const here = all.findIndex((one) => one.closest("li").contains(target));
      const next = event.key === "ArrowDown" ? all[Math.min(here + 1, all.length - 1)] : all[here - 1] || input;
      if (next) { event.preventDefault(); next.focus(); next.scrollIntoView({ block: "nearest" }); }
    } else if (root === dialog && target !== input && (event.key === "Backspace" || (event.key.length === 1 && event.key !== " "))) {
      input.focus();
    }
  });
})();
