// What a person types is never lost: every form with a text area, and those with data-draft="name", are kept in this browser
// until the server took them.
(() => {
  "use strict";
  const MONTH = 30 * 86400 * 1000;
  const PREFIX = "sharp-end:draft:";
  const key = (form) => `${PREFIX}${form.dataset.draft}`;
  const fields = (form) => [...form.querySelectorAll("textarea, input[type=text], input[type=search], input:not([type])")].filter((f) => f.name);
  const read = (name) => { try { return JSON.parse(localStorage.getItem(name)); } catch { return null; } };
  const forget = (name) => { try { localStorage.removeItem(name); } catch { /* private window */ } };

  // Fields of the same name are told apart by their turn; the first keeps the plain name.
  function named(form) {
    const turns = new Map();
    return fields(form).map((field) => {
      const turn = (turns.get(field.name) || 0) + 1;
      turns.set(field.name, turn);
      return [turn > 1 ? `${field.name}#${turn}` : field.name, field];
    });
  }
  // A part that two people can write carries a mark of what stood there: it is kept with the words, so that the server can
  // tell when somebody else has written meanwhile.
  const mark = (field) => (field.closest(".part") || field.closest("section") || field.form).querySelector("input[type=hidden][name^=was-]");

  // A form without a name of its own goes by where it is sent, and by which act of that address it is.
  function christen(form) {
    if (form.dataset.draft || form.method !== "post" || !form.querySelector("textarea[name]")) return;
    const place = new URL(form.action, location.href).pathname, act = form.querySelector("input[type=hidden][name=act]")?.value || "";
    form.dataset.draft = [place, form.id, act].filter(Boolean).join("#");
    if (form.querySelector("[data-draft-word]")) return;
    const word = document.getElementById("draft-word")?.content.firstElementChild.cloneNode(true);
    if (word) { word.hidden = true; form.querySelector("textarea[name]").after(word); }
  }

  function keep(form) {
    const changed = named(form).filter(([, field]) => field.value !== field.defaultValue);
    if (!changed.length) { forget(key(form)); return; }
    const values = Object.fromEntries(changed.map(([name, field]) => [name, field.value]));
    const bases = Object.fromEntries(changed.map(([name, field]) => [name, field.defaultValue]));
    const marks = Object.fromEntries(changed.filter(([, field]) => mark(field)).map(([name, field]) => [name, mark(field).value]));
    try { localStorage.setItem(key(form), JSON.stringify({ at: Date.now(), values, bases, marks })); } catch { /* full or private: the server's copy decides */ }
  }

  function restore(form) {
    const kept = read(key(form));
    if (!kept || Date.now() - kept.at > MONTH) { forget(key(form)); return; }
    let any = false;
    for (const [name, field] of named(form)) {
      const marked = kept.marks?.[name];
      // What stands there is only replaced when it is still what the words were written over.
      const same = field.value === kept.bases?.[name];
      if (!(name in kept.values) || field.value === kept.values[name] || (field.value && !marked && !same)) continue;
      field.value = kept.values[name];
      if (marked) mark(field).value = marked;
      any = true;
    }
    const word = form.querySelector("[data-draft-word]");
    if (any && word) word.hidden = false;
  }

  // A draft is forgotten only when the server took it: it answered the POST by a redirect to a page of the frame without an
  // error. A lost connection, a refused form or a sign-in page in between all keep it.
  const redirected = (performance.getEntriesByType("navigation")[0]?.redirectCount || 0) > 0;
  const taken = redirected && document.querySelector("header.bar") && !document.querySelector(".errorlist, .messages [data-tone=bad]");
  for (const name of Object.keys(sessionStorage).filter((item) => item.startsWith(PREFIX))) {
    sessionStorage.removeItem(name);
    if (taken) forget(name);
  }
  document.querySelectorAll("form").forEach(christen);
  document.querySelectorAll("form[data-draft]").forEach(restore);
  document.addEventListener("input", (event) => { const form = event.target.closest("form[data-draft]"); if (form) keep(form); });
  document.addEventListener("submit", (event) => {
    const form = event.target.closest("form[data-draft]");
    if (form) { keep(form); sessionStorage.setItem(key(form), "sent"); }
  });
  // Saved by a script: the page stays, so the answer itself says that the words are safe.
  document.addEventListener("htmx:after:request", (event) => {
    const { sourceElement: button, response } = event.detail?.ctx || {};
    const form = button?.name === "save" ? button.form : null;
    if (form?.dataset.draft && response?.status === 200 && !response.raw?.redirected) forget(key(form));
  });
})();
