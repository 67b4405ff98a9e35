// The page in the browser: tab title and sound while somebody is paged, and an honest strip when this tab has lost the server.
(() => {
  "use strict";
  const TONE_EVERY = 4000, LOST_AFTER = 2, SOUND = "sharp-end:sound";
  const banner = document.getElementById("page-banner");
  const strip = document.getElementById("connection");
  if (!banner) return;
  const title = document.title;
  let audio = null, ringing = null, misses = 0, lastGood = sharpEnd.now();
  const madeAt = lastGood, isLive = () => document.querySelector("main [hx-trigger*=every]") !== null;

  const wanted = () => { try { return localStorage.getItem(SOUND) === "on"; } catch { return false; } };
  const paged = () => banner.querySelector("[data-pages]");

  function tone(from, frequency, length) {
    const voice = audio.createOscillator(), gain = audio.createGain();
    voice.type = "triangle";
    voice.frequency.value = frequency;
    gain.gain.setValueAtTime(0.0001, from);
    gain.gain.exponentialRampToValueAtTime(0.5, from + 0.02);
    gain.gain.exponentialRampToValueAtTime(0.0001, from + length);
    voice.connect(gain).connect(audio.destination);
    voice.start(from);
    voice.stop(from + length);
  }

  function ring() {
    if (!audio || audio.state !== "running") return;
    const now = audio.currentTime;
    [0, 0.3, 0.6].forEach((delay, i) => tone(now + delay, i === 1 ? 660 : 880, 0.26));
  }

  async function wakeAudio() {
    if (!wanted()) return;
    try {
      audio ||= new AudioContext();
      if (audio.state !== "running") await audio.resume();
    } catch { audio = null; }
    draw();
  }

  function draw() {
    const now = paged();
    document.title = now ? `(${now.dataset.pages}) ${now.dataset.title}` : title;
    const silent = !wanted() || !audio || audio.state !== "running";
    document.documentElement.dataset.sound = silent ? "off" : "on";  // buttons that ask, and that take back, go by this
    document.querySelectorAll("[data-sound-state]").forEach((word) => { word.textContent = silent ? word.dataset.off : word.dataset.on; });
    if (now && !ringing) { ring(); ringing = setInterval(ring, TONE_EVERY); }
    if (!now && ringing) { clearInterval(ringing); ringing = null; }
  }

  // Nothing is typed, opened or held: this page may be loaded again without taking anything from anybody.
  const untouched = () => !document.querySelector("dialog[open], [popover]:popover-open, main details[open] form, .unsent, .toast")
    && ![...document.querySelectorAll("main textarea, main input, main select")].some((field) => field === document.activeElement
      || (field.type !== "hidden" && (field.type === "checkbox" || field.type === "radio" ? field.checked !== field.defaultChecked : "defaultValue" in field && field.value !== field.defaultValue)));

  function say(state) {
    strip.dataset.tone = state === "lost" ? "" : "warn";
    strip.querySelectorAll("[data-state]").forEach((word) => { word.hidden = word.dataset.state !== state; });
    strip.querySelectorAll("[data-when]").forEach((word) => { word.textContent = sharpEnd.clock(isLive() ? lastGood : madeAt, true); });
    strip.hidden = false;
  }
  // The connection is back: what asks by itself has caught up already; any other page is loaded again, or says how old it is.
  function back() {
    document.dispatchEvent(new Event("sharp-end:back"));
    if (isLive()) strip.hidden = true;
    else if (untouched()) location.reload();
    else say("back");
  }
  function good() {
    const were = misses >= LOST_AFTER;
    misses = 0;
    document.dispatchEvent(new Event("sharp-end:seen"));
    if (were) back();
    if (strip.hidden) lastGood = sharpEnd.now();
  }
  function bad() {
    if (++misses < LOST_AFTER) return;
    document.dispatchEvent(new Event("sharp-end:lost"));
    say("lost");
  }
  addEventListener("offline", () => { misses = Math.max(misses, LOST_AFTER - 1); bad(); });

  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-sound-on]")) { try { localStorage.setItem(SOUND, "on"); } catch { /* private window */ } wakeAudio().then(ring); }
    else if (event.target.closest("[data-sound-off]")) { try { localStorage.removeItem(SOUND); } catch { /* private window */ } audio?.close(); audio = null; draw(); }
    else if (wanted() && audio?.state !== "running") wakeAudio();
  });
  document.addEventListener("keydown", () => { if (wanted() && audio?.state !== "running") wakeAudio(); });

  const ours = (event) => (event.detail?.ctx?.sourceElement || event.target) === banner;
  document.addEventListener("htmx:after:request", (event) => {
    const response = event.detail?.ctx?.response?.raw;
    // The session is over: the answer is the sign-in page, which belongs in the window and not into a corner of this one.
    if (response?.redirected && event.detail.ctx.request.method === "GET") { event.preventDefault(); location.reload(); return; }
    if (ours(event)) response && response.status < 500 ? good() : bad();
  });
  document.addEventListener("htmx:error", (event) => { if (ours(event)) bad(); });
  document.addEventListener("htmx:after:swap", draw);
  wakeAudio();
  draw();
})();
