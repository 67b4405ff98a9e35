// Forms that are sent: pressed twice is once, a slow answer says so, and without a connection nothing that was typed is lost.
(() => {
  "use strict";
  const LATE = 300, LONG = 5000, GIVEN_UP = 20000, FRESH = 12000, PATIENCE = 4000;
  let seen = Date.now(), lost = false;
  document.addEventListener("sharp-end:seen", () => { seen = Date.now(); lost = false; });
  document.addEventListener("sharp-end:lost", () => { lost = true; });
  const stamp = (name) => document.getElementById(name)?.content.firstElementChild.cloneNode(true);
  const typed = (form) => [...form.querySelectorAll("textarea, input")].some((field) => field.name && field.type !== "hidden" && field.value !== "" && field.value !== field.defaultValue);

  // What is under way, by its form: the button says so after a moment, and the page after a long one.
  const under = new Map();
  function begin(form, button) {
    const late = setTimeout(() => button?.setAttribute("aria-busy", "true"), LATE);
    const long = setTimeout(() => { const word = stamp("slow"); if (word) form.append(word); }, LONG);
    const end = setTimeout(() => finish(form), GIVEN_UP);
    under.set(form, { button, timers: [late, long, end] });
  }
  function finish(form) {
    const one = under.get(form);
    if (!one) return;
    one.timers.forEach(clearTimeout);
    one.button?.removeAttribute("aria-busy");
    form.querySelector(":scope > .slow")?.remove();
    under.delete(form);
  }

  // It could not be sent. The words stay where they are; "Try again" presses the same button.
  function unsent(form, again) {
    finish(form);
    form.dataset.unsent ||= String(sharpEnd.now());
    form.querySelector(":scope > .unsent")?.remove();
    const notice = stamp(typed(form) ? "unsaved" : "unsent");
    if (!notice) return;
    const when = notice.querySelector("[data-when]");
    if (when) when.textContent = sharpEnd.clock(Number(form.dataset.unsent));
    notice.querySelector("[data-retry]").addEventListener("click", () => { notice.remove(); again(); });
    form.append(notice);
    notice.scrollIntoView({ block: "nearest" });
  }
  function sent(form) {
    finish(form);
    delete form.dataset.unsent;
    form.querySelector(":scope > .unsent")?.remove();
  }

  // No answer in time is no refusal: a slow network must not stop an acknowledgement. Only a broken one does.
  function reachable() {
    if (navigator.onLine === false) return Promise.resolve(false);
    const asked = fetch("/healthz/live", { method: "HEAD", cache: "no-store", credentials: "omit" }).then(() => true, () => false);
    return Promise.race([asked, new Promise((done) => { setTimeout(done, PATIENCE, true); })]);
  }

  const passed = new WeakSet();
  document.addEventListener("submit", async (event) => {
    const { target: form, submitter: button } = event;
    if (event.defaultPrevented || form.method !== "post" || !document.getElementById("unsent")) return;
    if (under.has(form) && !passed.has(form)) { event.preventDefault(); return; }
    const sure = passed.delete(form) || (navigator.onLine !== false && !lost && Date.now() - seen < FRESH);
    if (sure) { if (!under.has(form)) begin(form, button); return; }
    event.preventDefault();
    event.stopImmediatePropagation();
    begin(form, button);
    const send = () => form.requestSubmit(button?.isConnected ? button : undefined);
    if (await reachable()) { passed.add(form); send(); } else unsent(form, send);
  });
  addEventListener("pageshow", (event) => { if (event.persisted) [...under.keys()].forEach(finish); });

  // The same for what a script sends.
  const posted = (event) => { const ctx = event.detail?.ctx; return ctx?.request?.method === "POST" ? ctx.sourceElement?.closest("form") : null; };
  document.addEventListener("htmx:before:request", (event) => {
    const form = posted(event);
    if (!form) return;
    if (under.has(form)) event.preventDefault(); else begin(form, event.detail.ctx.sourceElement);
  });
  document.addEventListener("htmx:after:request", (event) => {
    const form = posted(event), { sourceElement: button, response } = event.detail.ctx;
    if (!form) return;
    if (response.status >= 500) unsent(form, () => button.click()); else sent(form);
  });
  document.addEventListener("htmx:error", (event) => {
    const form = posted(event), button = event.detail?.ctx?.sourceElement;
    if (form) unsent(form, () => button.click());
  });
})();
