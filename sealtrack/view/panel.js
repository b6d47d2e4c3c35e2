// The side panel: counts, kinds to switch on and off, flagged shipments with their reasons.

import { facts, make, mark } from "./dom.js";
import { fact, stamp, when, words } from "./words.js";

export function fillHeader(scene) {
  const { shipments, reports } = scene.counts;
  document.getElementById("counts").textContent =
    `${scene.flagged.length} of ${shipments} shipments flagged · ${reports.toLocaleString("en")} reports`;
  document.getElementById("clock").textContent = scene.tracks.length
    ? `${stamp(scene.t0)} to ${stamp(scene.t1)}, times in ${Intl.DateTimeFormat().resolvedOptions().timeZone}` : "";
  document.getElementById("omitted").textContent = scene.omitted;
}

export function fillKinds(scene, view, redraw) {
  const box = document.getElementById("kinds");
  const toggle = (label, icon, flip) => {
    const button = make("button", { type: "button", "aria-pressed": "true" }, icon, label);
    button.addEventListener("click", () => {
      button.setAttribute("aria-pressed", String(flip()));
      redraw();
    });
    box.append(button);
  };
  for (const kind of [...new Set(scene.alerts.map((alert) => alert.kind))].sort()) {
    const count = scene.alerts.filter((alert) => alert.kind === kind).length;
    toggle(`${words(kind)} ${count}`, mark(kind), () => !(view.hidden.delete(kind) || !view.hidden.add(kind)));
  }
  if (scene.tracks.some((track) => !track.severity))
    toggle("unflagged tracks", make("span", { class: "mark", colour: "track", text: "~" }), () => (view.showsOthers = !view.showsOthers));
}

export function fillShipments(scene, select, zoomTo) {
  const list = document.getElementById("shipments");
  for (const item of scene.flagged) {
    const button = make("button", { type: "button", "aria-expanded": "false", click: () => select(item.shipment_id) },
      make("strong", { text: item.shipment_id }), make("span", { class: `severity ${item.severity}`, text: `${item.severity} · ${item.score}`, title: "severity and score" }),
      make("span", { class: "reasons", text: reasons(item.alerts) }));
    item.row = make("li", { class: item.severity, id: `row-${item.number}` }, button);
    item.expand = (open) => {
      item.row.classList.toggle("open", open);
      button.setAttribute("aria-expanded", String(open));
      item.row.querySelector(".detail")?.remove();
      if (open) item.row.append(detail(item, zoomTo));
    };
    list.append(item.row);
  }
}

export function reasons(alerts) {
  const counts = new Map();
  for (const alert of alerts) counts.set(alert.kind, (counts.get(alert.kind) || 0) + 1);
  return [...counts].map(([kind, n]) => words(kind) + (n > 1 ? ` ×${n}` : "")).join(", ");
}

export function detail(item, zoomTo) {
  const declared = Object.entries(item.declared).map(([name, value]) =>
    [words(name), /_at$|_by$/.test(name) ? stamp(value) : Array.isArray(value) ? value.join(", ") : String(value)]);
  const box = make("div", { class: "detail" }, facts(declared));
  for (const alert of item.alerts) {
    box.append(make("button", { class: "alert", type: "button", click: () => zoomTo(alert) },
      mark(alert.kind), make("span", { text: words(alert.kind) }),
      make("span", { class: `severity ${alert.severity}`, text: alert.severity }),
      make("span", { class: "quiet", text: when(alert) })));
    const evidence = facts(Object.entries(alert.evidence).map(([name, value]) => fact(name, value)));
    evidence.classList.add("evidence");
    box.append(evidence);
  }
  return box;
}

export function fillLegend(scene) {
  const box = document.getElementById("legend");
  const row = (name, label, shape) => box.append(make("div", {}, make("i", { colour: name, class: shape }), make("span", { text: label })));
  row("band-edge", "approved corridor", "area");
  for (const role of [...new Set(scene.zones.filter((zone) => zone.used).map((zone) => (zone.forbids ? "forbidden" : zone.role || "zone")))].sort())
    row(role, words(role), "area");
  row("critical", "track, critical", "stroke");
  row("warning", "track, warning", "stroke");
  row("track", "track, not flagged", "stroke");
}
