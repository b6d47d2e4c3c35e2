// Draws the scene on the canvas. `scene` is what there is, `view` is where we look and what is selected.

import { latitude, metre, placeAt, project } from "./geo.js";

export const LETTER = {
  route_deviation: "D", unauthorised_stop: "S", seal_open: "O", seal_tamper: "T", signal_loss: "L", position_anomaly: "P",
  forbidden_zone: "F", route_reversal: "R", speeding: "V", jamming: "J", low_battery: "B", overdue: "A", silent_shipment: "N",
  skipped_checkpoint: "C", separation: "X", rendezvous: "M",
};
const FAN = 4;
export const WEIGHT = { info: 0, warning: 1, critical: 2 };

// A custom property is read back as it is written, `light-dark(…)` too: a colour that is computed is one of the two.
export function colours() {
  const probe = document.body.appendChild(document.createElement("i")), found = {};
  probe.hidden = true;
  const style = getComputedStyle(document.documentElement);
  const computed = (name) => { probe.style.color = `var(--${name})`; return getComputedStyle(probe).color; };
  return (name, other) => (found[name] ??= computed(style.getPropertyValue(`--${name}`) ? name : other));
}

export function draw(canvas, scene, view, colour) {
  const ratio = window.devicePixelRatio || 1;
  const g = canvas.getContext("2d");
  g.setTransform(ratio, 0, 0, ratio, 0, 0);
  g.fillStyle = colour("paper");
  g.fillRect(0, 0, view.width, view.height);
  g.lineJoin = g.lineCap = "round";
  drawGraticule(g, view, colour);
  for (const layer of scene.layers?.under || []) layer(g, scene, view, colour);
  drawRoutes(g, scene, view, colour);
  drawZones(g, scene, view, colour);
  for (const track of scene.tracks) if (track !== view.selected) drawTrack(g, track, view, colour);
  if (view.selected) drawTrack(g, view.selected, view, colour);
  for (const alert of scene.alerts) if (view.shows(alert)) drawStretch(g, alert, view, colour);
  if (view.selected) drawWild(g, view.selected, view, colour);
  if (view.moment < scene.t1) drawTrucks(g, scene, view, colour);
  for (const layer of scene.layers?.over || []) layer(g, scene, view, colour);
  drawNames(g, scene, view, colour);
  drawMarks(g, scene, view, colour);
}

// Meridians and parallels, about a hand apart: there is no other ground to the map.
function drawGraticule(g, view, colour) {
  const step = [10, 5, 2, 1, 0.5, 0.2, 0.1, 0.05, 0.02, 0.01].find((degrees) => (degrees / 360) * view.k < 220) || 0.01;
  const first = (low) => Math.ceil(low / step), digits = step < 0.1 ? 2 : step < 1 ? 1 : 0;
  const [west, east] = [-view.dx, view.width - view.dx].map((x) => (x / view.k - 0.5) * 360);
  const [north, south] = [-view.dy, view.height - view.dy].map((y) => latitude(y / view.k));
  if (!((east - west) / step < 60 && (north - south) / step < 60)) return;
  g.strokeStyle = g.fillStyle = colour("graticule");
  g.lineWidth = 1; g.font = "10px system-ui, sans-serif"; g.textBaseline = "top";
  g.beginPath();
  for (let n = first(west); n * step <= east; n++) {
    const x = Math.round(view.at(project(0, n * step)[0], 0)[0]) + 0.5;
    g.moveTo(x, 0); g.lineTo(x, view.height);
    g.textAlign = "left"; g.fillText(`${(n * step).toFixed(digits)}°`, x + 3, view.height - 14);
  }
  for (let n = first(south); n * step <= north; n++) {
    const y = Math.round(view.at(0, project(n * step, 0)[1])[1]) + 0.5;
    g.moveTo(0, y); g.lineTo(view.width, y);
    g.textAlign = "right"; g.fillText(`${(n * step).toFixed(digits)}°`, view.width - 4, y + 2);
  }
  g.stroke();
}

export function visible(box, view) {
  return box.x1 * view.k + view.dx > -50 && box.x0 * view.k + view.dx < view.width + 50
    && box.y1 * view.k + view.dy > -50 && box.y0 * view.k + view.dy < view.height + 50;
}

export function trace(g, line, view, from = 0, to = line.n) {
  for (let i = from; i < to; i++) {
    const x = line.x[i] * view.k + view.dx, y = line.y[i] * view.k + view.dy;
    if (i === from) g.moveTo(x, y); else g.lineTo(x, y);
  }
}

// A corridor is its line drawn as wide as it is permitted. All edges first, so that corridors that overlap run together.
export function drawRoutes(g, scene, view, colour) {
  const seen = scene.routes.filter((route) => visible(route.line.box, view));
  for (const used of [false, true])
    for (const edge of [2.5, 0]) {
      g.strokeStyle = colour((used ? "band" : "band-idle") + (edge ? "-edge" : ""));
      for (const route of seen)
        if (route.used === used) {
          g.lineWidth = Math.max(4, 2 * route.half_width_m * metre(route.line.y[0]) * view.k) + edge;
          g.beginPath(); trace(g, route.line, view); g.stroke();
        }
    }
  g.strokeStyle = colour("centre");
  g.lineWidth = 0.8;
  for (const route of seen) if (route.used) { g.beginPath(); trace(g, route.line, view); g.stroke(); }
}

export function drawZones(g, scene, view, colour) {
  for (const zone of scene.zones) {
    if (!visible(zone.box, view)) continue;
    g.fillStyle = g.strokeStyle = zoneColour(zone, colour);
    g.globalAlpha = scene.faint ? 0.4 : 1; // where zones are not what is looked for
    if ((zone.box.x1 - zone.box.x0) * view.k < 7) { // too small to see: a square in its place
      const [x, y] = view.at((zone.box.x0 + zone.box.x1) / 2, (zone.box.y0 + zone.box.y1) / 2);
      g.fillRect(x - 3.5, y - 3.5, 7, 7);
      continue;
    }
    g.beginPath();
    for (const ring of zone.rings) { trace(g, ring, view); g.closePath(); }
    g.globalAlpha = 0.22; g.fill("evenodd");
    g.globalAlpha = scene.faint ? 0.5 : 1; g.lineWidth = 1.4; g.stroke();
  }
  g.globalAlpha = 1;
}

export function zoneColour(zone, colour) {
  return zone.forbids ? colour("forbidden") : colour(zone.role || "zone", "zone");
}

export function drawTrack(g, track, view, colour) {
  if (!visible(track.box, view) || (!track.severity && !view.showsOthers)) return;
  const chosen = track === view.selected;
  g.globalAlpha = view.selected && !chosen ? 0.25 : track.severity ? 0.9 : 0.55;
  g.strokeStyle = colour(track.severity || "track");
  g.lineWidth = chosen ? 3 : track.severity ? 2 : 1.2;
  let before = null;
  for (const part of track.parts) {
    if (part.t[0] > view.moment) break;
    if (before) { // nothing was heard in between
      g.setLineDash([2, 5]);
      g.beginPath();
      g.moveTo(before.x[before.n - 1] * view.k + view.dx, before.y[before.n - 1] * view.k + view.dy);
      g.lineTo(part.x[0] * view.k + view.dx, part.y[0] * view.k + view.dy);
      g.stroke();
      g.setLineDash([]);
    }
    let to = part.n;
    while (to > 1 && part.t[to - 1] > view.moment) to--;
    g.beginPath(); trace(g, part, view, 0, to); g.stroke();
    before = part;
  }
  g.globalAlpha = 1;
}

// The stretch of the track that an alert is about. One without an end is shown only when its shipment is chosen: it would
// cover all that came after.
export function drawStretch(g, alert, view, colour) {
  if (!alert.track || alert.kind === "position_anomaly" || (view.selected ? alert.track !== view.selected : alert.end === null)) return;
  const end = Math.min(alert.end ?? Infinity, view.moment);
  g.strokeStyle = colour(alert.kind, "other");
  g.lineWidth = 5;
  for (const part of alert.track.parts) {
    let from = 0, to = part.n;
    while (from < to && part.t[from] < alert.start) from++;
    while (to > from && part.t[to - 1] > end) to--;
    if (to - from > 1) { g.beginPath(); trace(g, part, view, from, to); g.stroke(); }
  }
}

// Positions that the truck cannot have been at.
export function drawWild(g, track, view, colour) {
  g.fillStyle = colour("position_anomaly");
  for (let i = 0; i < track.wild.n; i++)
    if (track.wild.t[i] <= view.moment) {
      const [x, y] = view.at(track.wild.x[i], track.wild.y[i]);
      g.fillRect(x - 1.5, y - 1.5, 3, 3);
    }
}

export function drawTrucks(g, scene, view, colour) {
  for (const track of scene.tracks) {
    const place = (track.severity || view.showsOthers) && placeAt(track, view.moment);
    if (!place) continue;
    const [x, y] = view.at(...place);
    g.fillStyle = colour(track.severity || "track");
    g.strokeStyle = colour("halo");
    g.lineWidth = 1.5;
    g.beginPath(); g.arc(x, y, 4.5, 0, 2 * Math.PI); g.fill(); g.stroke();
  }
}

// Alerts at one place stand side by side, those of the chosen shipment first, then the gravest; after FAN of them the
// others are counted. Their screen places are kept for the pointer.
export function drawMarks(g, scene, view, colour) {
  const taken = new Map(), chosen = (alert) => (view.selected && alert.track === view.selected ? 1 : 0);
  const shown = scene.alerts.filter((alert) => alert.place && view.shows(alert)).sort((a, b) => chosen(b) - chosen(a));
  for (const alert of shown) {
    const [x, y] = view.at(...alert.place), cell = `${Math.round(x / 16)} ${Math.round(y / 16)}`;
    const group = taken.get(cell) || { n: 0, x, y };
    alert.screen = group.n < FAN ? [group.x + 17 * group.n, group.y] : null;
    group.n++;
    taken.set(cell, group);
  }
  g.textAlign = "center"; g.textBaseline = "middle";
  for (const alert of shown.reverse()) {
    if (!alert.screen) continue;
    const [x, y] = alert.screen;
    if (x < -20 || y < -20 || x > view.width + 20 || y > view.height + 20) continue;
    g.globalAlpha = view.selected && alert.track !== view.selected ? 0.2 : 1;
    g.fillStyle = colour(alert.severity);
    g.beginPath(); g.arc(x, y, alert === view.focus ? 14 : alert.severity === "critical" ? 11 : 10, 0, 2 * Math.PI); g.fill();
    g.fillStyle = colour(alert.kind, "other");
    g.strokeStyle = colour("halo"); g.lineWidth = 1.5;
    g.beginPath(); g.arc(x, y, 7.5, 0, 2 * Math.PI); g.fill(); g.stroke();
    g.fillStyle = colour("on-mark"); g.font = "700 10px system-ui, sans-serif";
    g.fillText(LETTER[alert.kind] || "!", x, y + 0.5);
  }
  g.globalAlpha = 1;
  g.textAlign = "left"; g.fillStyle = colour("ink"); g.strokeStyle = colour("paper"); g.lineWidth = 3;
  for (const { n, x, y } of taken.values())
    if (n > FAN) {
      g.strokeText(`+${n - FAN}`, x + 17 * FAN - 4, y);
      g.fillText(`+${n - FAN}`, x + 17 * FAN - 4, y);
    }
}

// Zone names, those of origins and destinations first, then the large ones, each where no other name stands yet.
export function drawNames(g, scene, view, colour) {
  g.font = "600 11.5px system-ui, sans-serif"; g.textAlign = "left"; g.textBaseline = "middle";
  g.lineWidth = 3; g.strokeStyle = colour("paper");
  const taken = [];
  for (const zone of scene.named) {
    if (!visible(zone.box, view) || !(zone.used || view.k > 400000)) continue;
    const [x, y] = view.at(zone.box.x1, (zone.box.y0 + zone.box.y1) / 2), wide = g.measureText(zone.name).width;
    const box = [x + 6, y - 8, x + 10 + wide, y + 8];
    if (taken.some((other) => box[0] < other[2] && box[2] > other[0] && box[1] < other[3] && box[3] > other[1])) continue;
    taken.push(box);
    g.strokeText(zone.name, x + 8, y);
    g.fillStyle = zoneColour(zone, colour);
    g.fillText(zone.name, x + 8, y);
  }
}
