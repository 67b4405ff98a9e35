// What a page is judged by, in the page itself. Each function gives one line of text for each thing that is wrong.
(() => {
  "use strict";
  const PRESSABLE = ["a[href]", "button", "input:not([type=hidden])", "select", "textarea", "summary", "[tabindex]"].map((one) => `${one}:not([tabindex='-1'])`).join();
  const line = (item) => item.outerHTML.replace(/\s+/g, " ").slice(0, 110);
  const shown = (item) => item.checkVisibility({ visibilityProperty: true, opacityProperty: true }) && item.getClientRects().length > 0;
  const hiddenForEyes = (item) => { const box = item.getBoundingClientRect(); return box.width <= 1 || box.height <= 1 || getComputedStyle(item).clipPath !== "none"; };
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];

  // A check box is as large as the label that presses it.
  function area(item) {
    const boxes = [item, ...(item.labels || [])].filter(shown).map((one) => one.getBoundingClientRect());
    return { width: Math.max(...boxes.map((box) => box.width)), height: Math.max(...boxes.map((box) => box.height)) };
  }

  function tooWide() {
    const room = document.documentElement.clientWidth;
    if (document.documentElement.scrollWidth <= room) return [];
    const wide = all("body *").filter((item) => item.getBoundingClientRect().right > room + 1 && !item.closest(".scroll, pre, nav.tabs, nav.subnav"));
    return (wide.length ? wide : [document.body]).slice(0, 3).map(line);
  }

  // WCAG 2.2, 2.5.8: 24 px, but for plain links, which axe judges by the room around them.
  function tooSmall(least, selector = PRESSABLE) {
    const small = all(selector).filter((item) => shown(item) && !hiddenForEyes(item) && !item.matches("a:not(.btn, .bottom a)")).filter((item) => {
      const { width, height } = area(item);
      return Math.min(width, height) < least - 0.5;
    });
    return small.slice(0, 5).map((item) => { const { width, height } = area(item); return `${Math.round(width)} x ${Math.round(height)}: ${line(item)}`; });
  }

  function headings() {
    const found = all("h1, h2, h3, h4, h5, h6").filter(shown), wrong = [];
    const first = found.filter((item) => item.tagName === "H1").length;
    if (first !== 1) wrong.push(`${first} headings of the first level`);
    let before = 0;
    for (const item of found) {
      const level = Number(item.tagName[1]);
      if (level > before + 1) wrong.push(`a heading of level ${level} after one of level ${before}: ${line(item)}`);
      before = level;
    }
    return wrong;
  }

  function blocking() {
    const wrong = all("script[src]:not([defer], [async], [type=module])").map((item) => `a script in the way: ${line(item)}`);
    wrong.push(...all("script:not([src], [type='application/json'])").map((item) => `a script in the page: ${line(item)}`));
    const sheets = all("link[rel=stylesheet], style");
    if (sheets.length !== 1) wrong.push(`${sheets.length} style sheets`);
    const waited = performance.getEntriesByType("resource").filter((one) => one.renderBlockingStatus === "blocking" && !one.name.endsWith(".css"));
    return [...wrong, ...waited.map((one) => `the first paint waits for ${one.name}`)];
  }

  // Needs one press of Tab before, so that the browser shows what has the focus.
  function focus() {
    const wrong = [];
    for (const item of all(PRESSABLE)) {
      if (!shown(item) || item.disabled || item.closest("[inert]")) continue;
      item.focus();
      if (document.activeElement !== item) continue;
      if (!outlined(item)) wrong.push(`no outline when it has the focus: ${line(item)}`);
      else if (covered(item)) wrong.push(`covered when it has the focus: ${line(item)}`);
    }
    document.activeElement?.blur();
    scrollTo(0, 0);
    return wrong.slice(0, 5);
  }

  function outlined(item) {
    const places = [[item], [item, "::after"], [item.parentElement], ...[...(item.labels || [])].map((label) => [label])];
    return places.some(([one, part]) => {
      const style = getComputedStyle(one, part);
      return style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
    });
  }

  // WCAG 2.2, 2.4.11: some of it can be seen. Points on its edge may belong to rounded corners, so they lie further in.
  function covered(item) {
    const box = item.getClientRects()[0];
    const points = [[0.5, 0.5], [0.1, 0.5], [0.9, 0.5], [0.5, 0.2], [0.5, 0.8]].map(([x, y]) => [box.left + box.width * x, box.top + box.height * y]);
    return !points.some(([x, y]) => {
      const top = document.elementFromPoint(x, y);
      return top && (item.contains(top) || top.contains(item) || [...(item.labels || [])].some((label) => label.contains(top)));
    });
  }

  // On paper there is nothing to press, and what does not fit is lost. Fields of text hold what somebody wrote.
  function printed() {
    const wrong = all("header.bar, nav, button, select, .btn").filter(shown).filter((item) => !hiddenForEyes(item));
    const cut = all("main *").filter((item) => shown(item) && !hiddenForEyes(item) && ["auto", "scroll", "hidden"].includes(getComputedStyle(item).overflowX) && item.scrollWidth > item.clientWidth + 1);
    return [...wrong.slice(0, 5).map((item) => `printed, but nobody can press it: ${line(item)}`), ...cut.slice(0, 3).map((item) => `cut off on paper: ${line(item)}`), ...tooWide().map((item) => `wider than the paper: ${item}`)];
  }

  function unfold() {
    all("main details:not(.ask)").forEach((item) => { item.open = true; });
  }

  window.judge = { tooWide, tooSmall, headings, blocking, focus, printed, unfold };
})();
