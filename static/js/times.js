// "6 min ago" stays true while the page is open. The words come from the server once, in data- attributes of <html>'s page.
(() => {
  "use strict";
  const MINUTE = 60, HOUR = 3600, DAY = 86400;
  const pair = (s, big, one, small, two) => `${Math.floor(s / big)} ${one}${Math.floor((s % big) / small) ? ` ${Math.floor((s % big) / small)} ${two}` : ""}`;
  const length = (s) => s < MINUTE ? `${s} s` : s < HOUR ? `${Math.floor(s / MINUTE)} min`
    : s < DAY ? pair(s, HOUR, "h", MINUTE, "min") : s >= 10 * DAY ? `${Math.floor(s / DAY)} d` : pair(s, DAY, "d", HOUR, "h");
  // The viewer's clock may be wrong: count from the server's, which the page carries.
  const skew = (() => {
    const meta = document.querySelector('meta[name="server-time"]');
    return meta ? Date.parse(meta.content) - Date.now() : 0;
  })();

  function draw() {
    const now = Date.now() + skew;
    for (const item of document.querySelectorAll("time[data-since]")) {
      item.textContent = length(Math.max(0, Math.floor((now - Date.parse(item.dateTime)) / 1000)));
    }
    for (const item of document.querySelectorAll("time[data-ago]")) {
      const s = Math.floor((now - Date.parse(item.dateTime)) / 1000);
      item.textContent = Math.abs(s) < MINUTE ? (s >= 0 ? "just now" : "in a moment") : s > 0 ? `${length(s)} ago` : `in ${length(-s)}`;
    }
  }
  // Only English has its words here; elsewhere the server's words stand, and are as old as the page.
  if (document.documentElement.lang.startsWith("en")) { setInterval(draw, 10000); }
})();
