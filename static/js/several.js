// Ticking several: all at once, and the button says how many.
(() => {
  "use strict";
  const form = document.getElementById("several");
  if (!form) return;
  const boxes = () => [...form.elements].filter((item) => item.name === "number");
  const count = form.querySelector("[data-count]");
  const all = form.querySelector("[data-tick-all]");
  const tell = () => {
    const ticked = boxes().filter((box) => box.checked).length;
    count.textContent = ticked ? `(${ticked})` : "";
    all.setAttribute("aria-pressed", String(ticked === boxes().length));
  };
  document.addEventListener("change", (event) => { if (event.target.form === form) tell(); });
  all.addEventListener("click", () => {
    const to = boxes().some((box) => !box.checked);
    for (const box of boxes()) box.checked = to;
    tell();
  });
  addEventListener("pageshow", tell); // the browser keeps ticks when one comes back
})();
