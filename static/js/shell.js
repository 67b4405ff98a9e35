// The shell of the installed application: a worker that keeps the look, and no word of any incident.
if ("serviceWorker" in navigator && isSecureContext) {
  addEventListener("load", () => { navigator.serviceWorker.register("/sw.js", { scope: "/" }).catch(() => { /* private window */ }); });
  // Pages that were acknowledged without a connection: the worker sends what it kept.
  const send = () => navigator.serviceWorker.ready.then((found) => found.active?.postMessage("presses")).catch(() => {});
  addEventListener("online", send);
  addEventListener("load", send);
}
