// What a person types is never lost: forms with data-draft="name" are kept in this browser until they have been sent.
(() => {
  "use strict";
  const MONTH = 30 * 86400 * 1000;
  const key = (form) => `sharp-end:draft:${form.dataset.draft}`;
  const fields = (form) => [...form.querySelectorAll("textarea, input[type=text], input[type=search], input:not([type])")].filter((f) => f.name);
  const read = (name) => { try { return JSON.parse(localStorage.getItem(name)); } catch { return null; } };
  const forget = (name) => { try { localStorage.removeItem(name); } catch { /* private window */ } };

  function keep(form) {
    const values = Object.fromEntries(fields(form).filter((f) => f.value !== f.defaultValue).map((f) => [f.name, f.value]));
    if (!Object.keys(values).length) { forget(key(form)); return; }
    try { localStorage.setItem(key(form), JSON.stringify({ at: Date.now(), values })); } catch { /* full or private: the server's copy decides */ }
  }

  function restore(form) {
    const kept = read(key(form));
    if (!kept || Date.now() - kept.at > MONTH) { forget(key(form)); return; }
    let any = false;
    for (const field of fields(form)) {
      if (field.name in kept.values && !field.value) { field.value = kept.values[field.name]; any = true; }
    }
    const word = form.querySelector("[data-draft-word]");
    if (any && word) word.hidden = false;
  }

  // A draft is forgotten only when the server took it: it answered the POST by a redirect to a page of the frame without an
  // error. A lost connection, a refused form or a sign-in page in between all keep it.
  const PREFIX = "sharp-end:draft:";
  const redirected = (performance.getEntriesByType("navigation")[0]?.redirectCount || 0) > 0;
  const taken = redirected && document.querySelector("header.bar") && !document.querySelector(".errorlist, .messages [data-tone=bad]");
  for (const name of Object.keys(sessionStorage).filter((item) => item.startsWith(PREFIX))) {
    sessionStorage.removeItem(name);
    if (taken) forget(name);
  }
  document.querySelectorAll("form[data-draft]").forEach(restore);
  document.addEventListener("input", (event) => { const form = event.target.closest("form[data-draft]"); if (form) keep(form); });
  document.addEventListener("submit", (event) => {
    const form = event.target.closest("form[data-draft]");
    if (form) { keep(form); sessionStorage.setItem(key(form), "sent"); }
  });
})();
