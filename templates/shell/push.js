// Pages that are pushed. A notification for each incident; a press on it answers by the page's signed link, which needs no
// sign-in. A press without a connection is kept (its link and its instant, no word of the incident) and sent when there is one.
const WORDS = SHELL.words, QUEUE = "presses", WAIT = 10000, KEEP = 24 * 3600 * 1000;
const LOUD = { requireInteraction: true, renotify: true, vibrate: [400, 150, 400, 150, 400, 150, 800] };
const ICON = { icon: SHELL.icon, badge: SHELL.icon };
const post = (path, fields) => fetch(path, {
  method: "POST", body: new URLSearchParams(fields || {}), headers: { Accept: "application/json" }, credentials: "omit", cache: "no-store", signal: AbortSignal.timeout(WAIT),
});
const tell = (said) => self.clients.matchAll({ type: "window", includeUncontrolled: true }).then((windows) => windows.forEach((one) => one.postMessage(said)));
const ours = (path) => typeof path === "string" && /^\/(p|in\/push)\/[^/]+\/$/.test(path);

// Presses that wait for a connection: one for each page, the last instant counts.
function store(mode, work) {
  return new Promise((done, fail) => {
    const opening = indexedDB.open("sharp-end-push", 1);
    opening.onupgradeneeded = () => opening.result.createObjectStore(QUEUE, { keyPath: "path" });
    opening.onerror = () => fail(opening.error);
    opening.onsuccess = () => {
      const base = opening.result, act = base.transaction(QUEUE, mode), asked = work(act.objectStore(QUEUE));
      act.oncomplete = () => { base.close(); done(asked.result); };
      act.onerror = () => { base.close(); fail(act.error); };
    };
  });
}
const waiting = () => store("readonly", (rows) => rows.getAll());
const keep = (press) => store("readwrite", (rows) => rows.put(press)).catch(() => { /* private window: nothing can be kept */ });
const forget = (path) => store("readwrite", (rows) => rows.delete(path));

const quiet = (tag, title, body, data) => self.registration.showNotification(title, { ...ICON, tag, body, data, silent: true });

async function show(said) {
  await self.registration.showNotification(said.title, {
    ...ICON, ...LOUD, tag: said.tag, body: said.body, actions: said.actions, timestamp: said.sent, data: { path: said.path, tag: said.tag, actions: said.actions },
  });
  tell({ push: "arrived", test: said.test });
  if (!ours(said.arrived)) return;
  // Shown first, told afterwards. A push that slept too long may be of something that is over: then it says so.
  const answer = await post(said.arrived).catch(() => null);
  tell({ push: "told", test: said.test, ok: Boolean(answer?.ok) });
  const stands = answer?.ok ? await answer.json().catch(() => null) : null;
  if (stands && !stands.asks) await quiet(said.tag, said.title, WORDS.over, { path: said.path, tag: said.tag });
}

// What became of a press. Only the server says that somebody has it.
async function told(press, answer) {
  const said = await answer.json().catch(() => null), data = { path: press.path, tag: press.tag, actions: press.actions };
  if (!said?.state) return quiet(press.tag, WORDS.failed, WORDS.open, data);
  tell({ push: "answered", state: said.state });
  if (said.state !== "again" && said.state !== "asks") return quiet(press.tag, said.title, said.said, data);
  return self.registration.showNotification(said.said, { ...ICON, ...LOUD, tag: press.tag, body: said.title, actions: press.actions, data });
}

async function send(press) {
  const answer = await post(press.path, { pressed_at: press.at, sent_at: Date.now() }).catch(() => null);
  if (!answer || answer.status >= 500 || answer.status === 429) return false;
  await forget(press.path).catch(() => { /* private window: nothing was kept */ });
  await told(press, answer);
  return true;
}

let sending = null;
function flush() {
  sending ||= (async () => {
    for (const press of await waiting()) {
      if (Date.now() - press.at > KEEP) await forget(press.path);
      else if (!await send(press)) break;
    }
  })().finally(() => { sending = null; });
  return sending;
}

async function acknowledge({ path, tag, actions }) {
  const press = { path, tag, actions, at: Date.now() };
  if (await send(press)) return;
  await keep(press);
  await self.registration.sync?.register("presses").catch(() => { /* sent with the next push or visit */ });
  await quiet(tag, WORDS.kept, WORDS.waits, { path, tag, actions });
}

async function open(path) {
  const windows = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
  const same = windows.find((one) => new URL(one.url).pathname === path);
  return same ? same.focus() : self.clients.openWindow(path);
}

self.addEventListener("push", (event) => {
  let said = null;
  try { said = event.data.json(); } catch { /* not from us; a browser wants to see something all the same */ }
  event.waitUntil(said?.title ? Promise.all([show(said), flush().catch(() => {})]) : quiet("unknown", WORDS.unknown, WORDS.open, { path: "/" }));
});

self.addEventListener("notificationclick", (event) => {
  const data = event.notification.data || {}, path = ours(data.path) ? data.path : "/";
  if (event.action === "acknowledge" && ours(data.path)) { event.waitUntil(acknowledge(data)); return; }
  event.notification.close();
  event.waitUntil(open(path));
});

self.addEventListener("sync", (event) => { if (event.tag === "presses") event.waitUntil(flush()); });
self.addEventListener("message", (event) => { if (event.data === "presses") event.waitUntil(flush()); });
self.addEventListener("activate", (event) => { event.waitUntil(flush().catch(() => {})); });

// The browser has changed its address: the server is told who it was. Without a session it learns so by the mail that follows.
self.addEventListener("pushsubscriptionchange", (event) => {
  event.waitUntil((async () => {
    const signed = await fetch(SHELL.push, { headers: { Accept: "application/json" }, cache: "no-store", redirect: "error" });
    const { key, token } = await signed.json();
    const fresh = event.newSubscription || await self.registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key });
    await fetch(SHELL.push, {
      method: "POST", headers: { "Content-Type": "application/json", "X-CSRFToken": token },
      body: JSON.stringify({ subscription: fresh.toJSON(), old: event.oldSubscription?.endpoint || "" }),
    });
  })());
});
