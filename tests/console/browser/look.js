// What a page must have so that everybody can use it; in the place of axe, which is not ours to carry.
({
  faults() {
  const faults = [], seen = (node) => node.checkVisibility({ visibilityProperty: true });
  const name = (node) => {
    const by = node.getAttribute("aria-labelledby");
    if (by) return by.split(" ").map((id) => document.getElementById(id)?.textContent ?? "").join(" ").trim();
    return (node.getAttribute("aria-label") || [...(node.labels || [])].map((label) => label.textContent).join(" ") || node.textContent || node.title || "").trim();
  };
  const tell = (fault, node) => faults.push(`${fault}: ${node.outerHTML.slice(0, 120)}`);
  if (!document.documentElement.lang) faults.push("no language");
  if (!document.title.trim()) faults.push("no title");
  if (document.querySelectorAll("main").length !== 1) faults.push("not one main");
  if (document.querySelectorAll("h1").length !== 1) faults.push("not one h1");
  let level = 0;
  for (const heading of document.querySelectorAll("h1, h2, h3, h4")) {
    if (Number(heading.tagName[1]) > level + 1) tell("heading skips a level", heading);
    level = Number(heading.tagName[1]);
  }
  for (const node of document.querySelectorAll("button, a[href], input:not([type=hidden]), select, textarea, summary, canvas[role], [role=slider], [role=region], dialog, section[aria-labelledby]"))
    if (seen(node) && !name(node)) tell("no name", node);
  for (const nav of document.querySelectorAll("nav")) if (!nav.getAttribute("aria-label")) tell("nav without a name", nav);
  for (const table of document.querySelectorAll("table")) {
    if (!table.querySelector("th")) tell("table without headers", table);
    for (const th of table.querySelectorAll("th")) if (!th.scope) tell("th without scope", th);
  }
  const ids = [...document.querySelectorAll("[id]")].map((node) => node.id);
  for (const id of new Set(ids.filter((one, at) => ids.indexOf(one) !== at))) faults.push(`id twice: ${id}`);
  for (const node of document.querySelectorAll("[tabindex]")) if (node.tabIndex > 0) tell("tabindex above 0", node);
  return faults;
},

  contrasts() {
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const rgb = (colour) => { canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1); return [...canvas.getImageData(0, 0, 1, 1).data]; };
  const light = ([r, g, b]) => { const [x, y, z] = [r, g, b].map((v) => (v /= 255) <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4); return 0.2126 * x + 0.7152 * y + 0.0722 * z; };
  const ratio = (a, b) => { const [x, y] = [light(a), light(b)].sort((p, q) => q - p); return (x + 0.05) / (y + 0.05); };
  const ground = (node) => { for (; node; node = node.parentElement) { const c = rgb(getComputedStyle(node).backgroundColor); if (c[3] === 255) return c; } return [255, 255, 255]; };
  const weak = new Map();
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let text = walker.nextNode(); text; text = walker.nextNode()) {
    const node = text.parentElement;
    if (!text.data.trim() || !node.checkVisibility({ visibilityProperty: true }) || node.closest(":disabled, script, noscript, .unseen, .skip")) continue;
    const style = getComputedStyle(node), found = ratio(rgb(style.color), ground(node));
    const large = parseFloat(style.fontSize) >= 24 || (parseFloat(style.fontSize) >= 18.66 && style.fontWeight >= 700);
    if (found < (large ? 3 : 4.5)) weak.set(`${node.tagName}.${node.className}: ${style.color}`, Math.round(found * 100) / 100);
  }
  return Object.fromEntries(weak);
},
})
