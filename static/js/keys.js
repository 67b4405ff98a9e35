// Single keys press buttons that are on the page: nothing can be done by key that cannot be done by hand.
(() => {
  "use strict";
  const typing = (target) => target.closest?.("input, textarea, select, [contenteditable]");
  const help = () => document.getElementById("keys")?.showModal();
  const shown = (item) => item.getClientRects().length > 0 && !item.disabled;

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || event.repeat) return;
    if (event.key === "Escape" && typing(event.target)) { event.target.blur(); return; }
    if (typing(event.target) || document.querySelector("dialog[open]")) return;
    if (event.key === "?") { event.preventDefault(); help(); return; }
    const key = CSS.escape(event.key);
    // The page's own button comes before one in the banner: `a` on INC-12 must never acknowledge INC-15.
    const field = [...document.querySelectorAll(`[data-key-focus="${key}"]`)].find(shown);
    if (field) { event.preventDefault(); field.focus(); return; }
    // On an incident that is mine already there is no such button: then the key does nothing.
    const where = document.getElementById("incident") ? ["main "] : ["main ", ""];
    const button = where.flatMap((part) => [...document.querySelectorAll(`${part}[data-key="${key}"]`)]).find(shown);
    if (!button) return;
    event.preventDefault();
    button.click();
    // What a key unfolds is meant to be filled in: the first field has the focus, or else the button that was pressed.
    if (button.matches("summary")) (button.parentElement.open && button.parentElement.querySelector("select, input:not([type=hidden]), textarea") || button).focus();
  });
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-keys-help]")) { document.getElementById("menu")?.hidePopover?.(); help(); }
  });
})();
