// "Wake me in this browser": asks when pressed, subscribes, has a test pushed, and says in words how things stand.
(() => {
  "use strict";
  const box = document.querySelector("[data-push]");
  if (!box) return;
  const KNOWN = "sharp-end:push", PATIENCE = 30000, url = box.dataset.push;
  const touched = navigator.maxTouchPoints > 1, tablet = touched && /Mac/.test(navigator.userAgent);
  const installed = matchMedia("(display-mode: standalone)").matches || navigator.standalone === true;
  let server = null, patience = null, pressed = false;

  function say(state, words) {
    clearTimeout(patience);
    box.querySelectorAll("[data-push-is]").forEach((one) => { one.hidden = !one.dataset.pushIs.split(" ").includes(state); });
    if (words) box.querySelectorAll("[data-push-words]").forEach((one) => { one.textContent = words; });
    if (state === "waiting") patience = setTimeout(() => say("silent"), PATIENCE);
  }
  const remembered = () => { try { return localStorage.getItem(KNOWN) || ""; } catch { return ""; } };
  const remember = (endpoint) => { try { localStorage.setItem(KNOWN, endpoint); } catch { /* private window */ } };
  const text = (bytes) => btoa(String.fromCharCode(...new Uint8Array(bytes))).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
  const manager = async () => (await navigator.serviceWorker.ready).pushManager;

  async function ask(endpoint) {
    const answer = await fetch(`${url}?${new URLSearchParams({ endpoint: endpoint || "" })}`, { headers: { Accept: "application/json" }, redirect: "error" });
    server = await answer.json();
    return server.state;
  }
  async function hand(subscription, more) {
    const body = JSON.stringify({ subscription: subscription.toJSON(), tablet, ...more });
    const answer = await fetch(url, { method: "POST", body, headers: { "Content-Type": "application/json", "X-CSRFToken": server.token } });
    const said = await answer.json();
    if (!answer.ok) { say("failed", said.said); return; }
    remember(subscription.endpoint);
    say(said.state === "on" && !more.test ? "on" : "waiting");
  }

  async function look() {
    if (!isSecureContext) { say("insecure"); return; }
    if (!("serviceWorker" in navigator && "PushManager" in window && "Notification" in window)) {
      say((/iPhone|iPad/.test(navigator.userAgent) || tablet) && !installed ? "install" : "unsupported");
      return;
    }
    if (Notification.permission === "denied") { say("denied"); return; }
    const subscription = await (await manager()).getSubscription(), old = remembered();
    const state = await ask(subscription?.endpoint);
    // The browser changed its address while nobody looked: the server hears who it was.
    if (subscription && state === "none" && old && old !== subscription.endpoint) await hand(subscription, { old });
    else say(subscription && Notification.permission === "granted" ? state : "none");
  }

  async function wake() {
    const allowed = await Notification.requestPermission();
    if (allowed === "denied") { say("denied"); return; }
    if (allowed !== "granted") { say("none"); return; }
    const pushes = await manager();
    if (!server) await ask("");
    let subscription = await pushes.getSubscription();
    const key = subscription?.options?.applicationServerKey;
    if (subscription && key && text(key) !== server.key) { await subscription.unsubscribe(); subscription = null; }
    subscription ||= await pushes.subscribe({ userVisibleOnly: true, applicationServerKey: server.key });
    await hand(subscription, { old: remembered(), test: true });
  }

  box.addEventListener("click", (event) => {
    const button = event.target.closest("[data-push-on]");
    if (!button) return;
    pressed = true;
    button.setAttribute("aria-busy", "true");
    wake().catch((error) => say("failed", error.message)).finally(() => button.removeAttribute("aria-busy"));
  });
  // The worker has told the server that the push arrived: the list above is loaded again.
  navigator.serviceWorker?.addEventListener("message", (event) => {
    if (event.data?.push !== "told" || !event.data.test) return;
    if (pressed && event.data.ok) location.reload();
    else if (!event.data.ok) say("silent");
  });
  look().catch((error) => say("failed", error.message));
})();
