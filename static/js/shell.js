// The shell of the installed application: a worker that keeps the look, and no word of any incident.
if ("serviceWorker" in navigator && isSecureContext) {
  addEventListener("load", () => { navigator.serviceWorker.register("/sw.js", { scope: "/" }).catch(() => { /* private window */ }); });
}
