// All shipments under way on the map, each in the colour of its state; the highest risks beside it.

import { make } from "../map/dom.js";
import { bounds, project, unpack } from "../map/geo.js";
import { makeMap, prepareScene } from "../map/stage.js";
import { failed, get } from "./api.js";
import { ground } from "./ground.js";
import { age, at, count, t } from "./say.js";
import { shipmentLink, table, time } from "./tables.js";

const EVERY_MS = 10_000, LISTED = 100, RISKY = 50, CROWD = 500, NEAR_K = 300_000;
const COLOUR = { moving: "state-locked", standing: "state-stopped", stale: "state-stale", silent: "state-gap", unheard: "state-stale" };
const one = (id) => document.getElementById(id);

function readSeals({ columns, seals }) {
  return seals.map((row) => {
    const seal = Object.fromEntries(columns.map((name, i) => [name, row[i]]));
    [seal.x, seal.y] = seal.lat === null ? [NaN, NaN] : project(seal.lat, seal.lon);
    seal.colour = seal.score >= RISKY ? "critical" : seal.score > 0 ? "warning" : COLOUR[seal.state];
    return seal;
  }).sort((a, b) => a.score - b.score); // the riskiest are drawn last, on top
}

// A seal is a disc; where there are thousands, a square, which costs a fifth. A position that is not of now is hollow.
function drawSeals(g, scene, view, colour) {
  const crowd = scene.seals.length > CROWD && view.k < NEAR_K, size = view.k > NEAR_K ? 7 : crowd ? 4 : 6;
  const put = crowd ? drawSquare : drawDisc, halo = colour("halo");
  for (const seal of scene.seals) {
    const x = seal.x * view.k + view.dx, y = seal.y * view.k + view.dy;
    if (!(x > -9 && y > -9 && x < view.width + 9 && y < view.height + 9)) continue;
    put(g, x, y, size, colour(seal.colour), halo, seal.state === "moving" || seal.state === "standing");
  }
  if (!scene.found) return;
  const [x, y] = view.at(scene.found.x, scene.found.y);
  g.strokeStyle = colour("ink"); g.lineWidth = 3;
  g.beginPath(); g.arc(x, y, 14, 0, 2 * Math.PI); g.stroke();
}

function drawSquare(g, x, y, size, ink, halo, fresh) {
  g.fillStyle = ink; g.fillRect(x - size, y - size, 2 * size, 2 * size);
  if (fresh) return;
  g.fillStyle = halo; g.fillRect(x - size + 1.5, y - size + 1.5, 2 * size - 3, 2 * size - 3);
}

function drawDisc(g, x, y, size, ink, halo, fresh) {
  g.beginPath(); g.arc(x, y, size, 0, 2 * Math.PI);
  g.fillStyle = fresh ? ink : halo; g.fill();
  g.strokeStyle = fresh ? halo : ink; g.lineWidth = fresh ? 1.2 : 2.5; g.stroke();
}

function pickSeal(scene) {
  return (view, x, y) => {
    let best = null, least = 9;
    for (const seal of scene.seals) {
      const px = Math.hypot(seal.x * view.k + view.dx - x, seal.y * view.k + view.dy - y);
      if (px < least || (px === least && best)) { least = px; best = seal; }
    }
    return best && { text: words(best), open: () => location.assign(`/shipments/${encodeURIComponent(best.shipment_id)}`) };
  };
}

const isLate = (seal) => Boolean(seal.arrive_by_ms && seal.eta_ms > seal.arrive_by_ms);

function words(seal) {
  const lines = [seal.shipment_id, `${t("col.seal")} ${seal.seal_id}`, `${t(`live.${seal.state}`)} · ${t("incident.fix_age", { age: age(seal.age_s * 1000) })}`, `${t("col.score")} ${seal.score}`];
  if (seal.eta_ms) lines.push(`${t("col.eta")} ${at(seal.eta_ms)}${isLate(seal) ? ` · ${t("live.late")}` : ""}`);
  return lines.join("\n");
}

function fillList(scene, map) {
  const wanted = one("find").value.trim().toLowerCase();
  const found = scene.seals.filter((seal) => !wanted || `${seal.shipment_id} ${seal.seal_id}`.toLowerCase().includes(wanted)).reverse().slice(0, LISTED);
  scene.found = wanted && found.length && !Number.isNaN(found[0].x) ? found[0] : null;
  const columns = [
    { label: t("col.score"), number: true, cell: (row) => make("span", { class: "score", text: row.score }) },
    { label: t("col.shipment"), cell: (row) => make("span", { class: "whole" }, shipmentLink(row.shipment_id)) },
    { label: `${t("col.state")} · ${t("col.age")}`, cell: (row) => make("span", {}, t(`live.${row.state}`), make("br"), make("span", { class: "quiet", text: row.age_s === null ? "–" : age(row.age_s * 1000) })) },
    { label: t("col.eta"), cell: (row) => make("span", { class: isLate(row) ? "due late" : "due", ...(isLate(row) ? { title: t("live.late") } : {}) }, time(row.eta_ms), ...(isLate(row) ? [make("br"), t("live.late")] : [])) },
    { label: "", cell: (row) => show(row, map) },
  ];
  one("risk").replaceChildren(table(t("live.list"), columns, found));
  map.redraw();
}

function show(row, map) {
  const button = make("button", { type: "button", text: t("live.show"), "aria-label": `${t("incident.show_on_map")}: ${row.shipment_id}`, click: () => map.camera.centre([row.x, row.y], 2e6) });
  button.disabled = Number.isNaN(row.x);
  return button;
}

function fillLegend(scene) {
  const states = [...new Set(scene.seals.map((seal) => seal.state))].sort();
  const rows = [["critical", `${t("col.score")} ≥ ${RISKY}`], ["warning", t("live.flagged")], ...states.map((state) => [COLOUR[state], t(`live.${state}`)])];
  one("legend").replaceChildren(...rows.map(([name, label]) => make("div", {}, make("i", { colour: name }), make("span", { text: label }))));
}

async function refresh(scene, map) {
  const live = await get("/live");
  scene.seals = readSeals(live);
  one("live-count").textContent = t("live.count", { count: count(scene.seals.length) });
  one("live-clock").textContent = t("live.clock", { time: at(live.clock) });
  fillList(scene, map);
  fillLegend(scene);
}

// How long trucks stay, and how many wait, at gates and yards.
async function refreshQueues() {
  const { items } = await get("/congestion");
  one("queues").replaceChildren(table(t("head.congestion"), [
    { label: t("col.place"), cell: (row) => row.name || row.zone_id }, { label: t("col.inside"), number: true, cell: (row) => count(row.inside) },
    { label: t("col.queue"), number: true, cell: (row) => count(row.queue) }, { label: t("col.dwell_median_s"), number: true, cell: (row) => (row.dwell_median_s === null ? "–" : age(row.dwell_median_s * 1000)) },
  ], items.filter((row) => row.inside || row.queue || row.visits).slice(0, LISTED)));
}

const places = await get("/places");
const scene = prepareScene({
  routes: places.routes.map((route) => ({ ...route, line: unpack(route.line, false) })),
  zones: places.zones.map((zone) => ({ ...zone, rings: zone.rings.map((ring) => unpack(ring, false)) })),
  tracks: [], alerts: [],
});
scene.seals = [];
scene.faint = true;
let map = null;
scene.layers = { under: [ground(() => map?.redraw())], over: [drawSeals], pick: pickSeal(scene) };
map = makeMap(one("map"), scene, { openAlert: () => {}, escape: () => {} });
map.camera.fit(bounds(scene.routes.map((route) => route.line)));
addEventListener("theme", map.recolour);
one("find").addEventListener("input", () => {
  fillList(scene, map);
  if (scene.found) map.camera.centre([scene.found.x, scene.found.y], 2e6);
});
await refresh(scene, map);
document.body.dataset.ready = scene.seals.length;
setInterval(() => document.hidden || refresh(scene, map).catch(() => {}), EVERY_MS);
refreshQueues().catch(failed);
setInterval(() => document.hidden || refreshQueues().catch(() => {}), 6 * EVERY_MS);
