// The map's scene of one trip, made of its JSON: track, alerts, routes, zones, gaps, sightings.

import { bounds, project, unpack } from "../../map/geo.js";
import { prepareScene } from "../../map/stage.js";

const GAP_MS = 600_000;
export const INVALID = 1, BUFFERED = 2, DISTRUSTED = 128;
const STILL_KMH = 3;

export function makeScene(subject, track) {
  const reports = readReports(track.columns, halfWidth(track.routes));
  const parts = split(reports.filter((report) => report.fix));
  const own = { shipment_id: subject.shipment_id, seal_id: subject.seal_id, severity: subject.severity, parts, wild: line(reports.filter((report) => report.wild)) };
  const scene = prepareScene({
    routes: track.routes.map((route) => ({ ...route, line: unpack(route.line, false) })),
    zones: track.zones.map((zone) => ({ ...zone, rings: zone.rings.map((ring) => unpack(ring, false)) })),
    tracks: parts.length ? [own] : [],
    alerts: subject.alerts.map((alert) => ({ ...alert, start: Date.parse(alert.start), end: alert.end === null ? null : Date.parse(alert.end) })),
  });
  const times = [...reports.map((report) => report.t), ...scene.alerts.map((alert) => alert.start)];
  scene.t0 = times.reduce((a, b) => Math.min(a, b), Infinity);
  scene.t1 = times.reduce((a, b) => Math.max(a, b), -Infinity);
  scene.reports = reports;
  scene.gaps = track.gaps.map((gap) => ({ ...gap, from: Date.parse(gap.from), to: Date.parse(gap.to), places: gap.ends.map(([lat, lon]) => project(lat, lon)) }));
  scene.nearby = subject.nearby.map((truck) => ({ ...truck, place: project(truck.lat, truck.lon) }));
  scene.sightings = readSightings(track.sightings, scene.alerts);
  scene.now = track.to >= track.clock ? Date.parse(track.clock) : null; // of a trip under way, else null
  return scene;
}

// `evidence`: an alert names it, or something was read that is not the shipment's.
function readSightings(sightings, alerts) {
  const named = new Set(alerts.map((alert) => alert.evidence.sighting_id));
  return sightings.map((seen) => ({ ...seen, t: Date.parse(seen.at), place: seen.lat === null ? null : project(seen.lat, seen.lon), evidence: named.has(seen.sighting_id) || seen.read.length > 0 }));
}

const halfWidth = (routes) => Math.max(0, ...routes.filter((route) => route.used).map((route) => route.half_width_m));

// A row a report; `fix`: a position that is believed, `state`: the colour it is drawn in.
function readReports(columns, width_m) {
  return columns.time_ms.map((t, i) => {
    const report = Object.fromEntries(Object.entries(columns).map(([name, values]) => [name, values[i]]));
    const placed = report.lat !== null && report.lon !== null;
    report.t = t;
    report.wild = placed && Boolean(report.flags & DISTRUSTED);
    report.fix = placed && !report.wild && !(report.flags & INVALID);
    if (placed) [report.x, report.y] = project(report.lat, report.lon);
    report.state = state(report, width_m);
    return report;
  });
}

function state(report, width_m) {
  if (report.lock === "unlocked" || report.lock === "cut") return "unlocked";
  if (report.flags & (INVALID | BUFFERED)) return "stale";
  if (report.off_route_m > width_m) return "off_route";
  return report.speed_kmh !== null && report.speed_kmh < STILL_KMH ? "stopped" : "locked";
}

function split(fixes) {
  const parts = [];
  for (const fix of fixes) {
    const part = parts.at(-1);
    if (part && fix.t - part.at(-1).t <= GAP_MS) part.push(fix); else parts.push([fix]);
  }
  return parts.map((part) => line(part.length > 1 ? part : [part[0], part[0]]));
}

function line(fixes) {
  const made = { n: fixes.length, x: Float64Array.from(fixes, (fix) => fix.x), y: Float64Array.from(fixes, (fix) => fix.y), t: Float64Array.from(fixes, (fix) => fix.t) };
  made.box = bounds([made]);
  return made;
}

// The last report at or before a moment, and the last one with a position that is believed.
export function reportAt(scene, moment) {
  let low = 0, high = scene.reports.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (scene.reports[middle].t <= moment) low = middle + 1; else high = middle;
  }
  let fix = low - 1;
  while (fix >= 0 && !scene.reports[fix].fix) fix--;
  return { report: scene.reports[low - 1] || null, fix: scene.reports[fix] || null };
}
