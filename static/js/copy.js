// "Copy" beside something to paste; says so in words when it is done.
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const source = button.closest(".snippet")?.querySelector("code");
  const word = button.querySelector("span");
  const before = word.textContent;
  try { await navigator.clipboard.writeText(source.textContent); word.textContent = "✓"; }
  catch { getSelection().selectAllChildren(source); return; }
  setTimeout(() => { word.textContent = before; }, 1500);
});
