// What went well stands in a corner and goes by itself, but not under a pointer, a finger or the focus, and later when it can
// be taken back. It is never the only proof: the page below shows what is true now.
(() => {
  "use strict";
  const STAYS = 10000, STAYS_WITH_UNDO = 45000;
  for (const toast of document.querySelectorAll(".toasts > .toast")) {
    const stays = toast.querySelector("form") ? STAYS_WITH_UNDO : STAYS;
    let timer = null;
    const go = () => {
      const held = toast.contains(document.activeElement);
      toast.remove();
      if (held) document.getElementById("main")?.focus({ preventScroll: true });
    };
    const stay = () => clearTimeout(timer);
    const wait = () => { stay(); if (!toast.matches(":hover, :focus-within")) timer = setTimeout(go, stays); };
    toast.addEventListener("pointerenter", stay);
    toast.addEventListener("focusin", stay);
    toast.addEventListener("pointerleave", () => requestAnimationFrame(wait));
    toast.addEventListener("focusout", () => requestAnimationFrame(wait));
    toast.addEventListener("keydown", (event) => { if (event.key === "Escape") go(); });
    toast.querySelector("[data-close]").addEventListener("click", go);
    wait();
  }
})();
