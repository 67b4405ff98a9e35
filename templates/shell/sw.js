// The service worker. It keeps the files of the look and one page that says "You are offline"; it never keeps a page of the
// desk or an answer of its addresses: an old incident is worse than none. `SHELL` stands above, written by the server.
const NAME = `sharp-end-${SHELL.version}`;
const kept = (path) => caches.open(NAME).then((cache) => cache.match(path, { ignoreVary: true }));

self.addEventListener("install", (event) => {
  // The names of files change with what is in them: what the page has just fetched is as good as new.
  const fresh = [new Request(SHELL.offline, { cache: "reload", credentials: "omit" }), ...SHELL.files.map((path) => new Request(path, { credentials: "omit" }))];
  event.waitUntil(caches.open(NAME).then((cache) => cache.addAll(fresh)).then(() => self.skipWaiting()));
});

self.addEventListener("activate", (event) => {
  const old = (name) => name.startsWith("sharp-end-") && name !== NAME;
  event.waitUntil(caches.keys().then((names) => Promise.all(names.filter(old).map((name) => caches.delete(name)))).then(() => self.clients.claim()));
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== self.location.origin) return;
  if (request.mode === "navigate") {
    event.respondWith(fetch(request).catch(async (lost) => { const page = await kept(SHELL.offline); if (!page) throw lost; return page; }));
  } else if (SHELL.files.includes(url.pathname)) {
    event.respondWith(kept(url.pathname).then((found) => found || fetch(request)));
  }
});
