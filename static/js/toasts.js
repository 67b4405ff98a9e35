// What went well stands in a corner and goes by itself, but not under a pointer, a finger or the focus. It is never the only
// proof: the page below shows what is true now.
(() => {
  "use strict";
  const STAYS = 10000;
  for (const toast of document.querySelectorAll(".toasts > .toast")) {
    let timer = null;
    const go = () => toast.remove();
    const wait = () => { clearTimeout(timer); timer = setTimeout(go, STAYS); };
    const stay = () => clearTimeout(timer);
    toast.addEventListener("pointerenter", stay);
    toast.addEventListener("focusin", stay);
    toast.addEventListener("pointerleave", wait);
    toast.addEventListener("focusout", wait);
    toast.querySelector("[data-close]").addEventListener("click", go);
    wait();
  }
})();
