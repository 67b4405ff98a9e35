// "6 min ago" stays true while the page is open. Times are those of the server: a wrong clock in this machine must not lie.
(() => {
  "use strict";
  const MINUTE = 60, HOUR = 3600, DAY = 86400;
  const pad = (n) => String(n).padStart(2, "0");
  const length = (s) => s < MINUTE ? `${s} s` : s < HOUR ? `${Math.floor(s / MINUTE)} min`
    : s < DAY ? `${Math.floor(s / HOUR)} h ${pad(Math.floor((s % HOUR) / MINUTE))}` : s >= 10 * DAY ? `${Math.floor(s / DAY)} d` : `${Math.floor(s / DAY)} d ${Math.floor((s % DAY) / HOUR)} h`;
  const meta = (name) => document.querySelector(`meta[name="${name}"]`)?.content;
  // The page says when it was made; each answer says it again, so a page out of the browser's own store is put right.
  let skew = meta("server-time") ? Date.parse(meta("server-time")) - Date.now() : 0;
  const now = () => Date.now() + skew;

  // The viewer's zone as the pages name it, not the one of this machine.
  function clock(at, seconds) {
    const shape = { hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone: meta("time-zone"), timeZoneName: "short" };
    if (seconds) shape.second = "2-digit";
    return new Intl.DateTimeFormat("en-GB", shape).format(at);
  }
  window.sharpEnd = { ...window.sharpEnd, now, clock };

  function draw() {
    for (const item of document.querySelectorAll("time[data-since]")) {
      item.textContent = length(Math.max(0, Math.floor((now() - Date.parse(item.dateTime)) / 1000)));
    }
    for (const item of document.querySelectorAll("time[data-ago]")) {
      const s = Math.floor((now() - Date.parse(item.dateTime)) / 1000);
      item.textContent = Math.abs(s) < MINUTE ? (s >= 0 ? "just now" : "in a moment") : s > 0 ? `${length(s)} ago` : `in ${length(-s)}`;
    }
  }
  document.addEventListener("htmx:after:request", (event) => {
    const said = Date.parse(event.detail?.ctx?.response?.raw?.headers.get("Date") || "");
    if (said && Math.abs(said - now()) > 5000) skew = said - Date.now();
  });
  // Only English has its words here; elsewhere the server's words stand, and are as old as the page.
  if (document.documentElement.lang.startsWith("en")) {
    setInterval(draw, 10000);
    addEventListener("pageshow", (event) => { if (event.persisted) draw(); });
    document.addEventListener("visibilitychange", () => { if (!document.hidden) draw(); });
  }
})();
