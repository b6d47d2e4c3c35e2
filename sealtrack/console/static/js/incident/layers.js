// What the incident's map shows besides: states along the track, gaps, stale positions with their age, trucks nearby.

import { metre } from "../../map/geo.js";
import { make } from "../../map/dom.js";
import { age, at, t } from "../say.js";
import { sightingWords } from "./moments.js";
import { reportAt } from "./scene.js";

const GAP_MS = 600_000;
export const STATE_COLOUR = { locked: "state-locked", stopped: "state-stopped", off_route: "state-off", unlocked: "state-open", stale: "state-stale" };

export function drawStates(g, scene, view, colour) {
  for (const [state, name] of Object.entries(STATE_COLOUR)) {
    g.strokeStyle = colour(name);
    g.lineWidth = 3;
    g.setLineDash(state === "stale" ? [3, 4] : []);
    g.beginPath();
    let before = null;
    for (const report of scene.reports) {
      if (report.t > view.moment) break;
      if (!report.fix) continue;
      if (before && report.state === state && report.t - before.t <= GAP_MS) {
        g.moveTo(...view.at(before.x, before.y));
        g.lineTo(...view.at(report.x, report.y));
      }
      before = report;
    }
    g.stroke();
  }
  g.setLineDash([]);
}

// Everywhere within reach of both ends: an ellipse with the ends as its foci.
export function drawGaps(g, scene, view, colour) {
  g.strokeStyle = g.fillStyle = colour("state-gap");
  for (const gap of scene.gaps) {
    if (gap.from > view.moment) continue;
    const [[ax, ay], [bx, by]] = gap.places.map(([x, y]) => view.at(x, y));
    const apart = Math.hypot(bx - ax, by - ay), reach = Math.max(gap.reach_m * metre(gap.places[0][1]) * view.k, apart + 2);
    const inside = view.moment <= gap.to, share = inside ? (view.moment - gap.from) / (gap.to - gap.from) : 1;
    g.save();
    g.beginPath();
    g.ellipse((ax + bx) / 2, (ay + by) / 2, reach / 2, Math.sqrt(reach ** 2 - apart ** 2) / 2, Math.atan2(by - ay, bx - ax), 0, 2 * Math.PI);
    g.globalAlpha = 0.6; g.lineWidth = 1.2; g.setLineDash([6, 4]); g.stroke();
    g.clip(); // of what it could reach by this moment, only that from where it still gets to the other end
    g.beginPath();
    g.arc(ax, ay, reach * share, 0, 2 * Math.PI);
    g.globalAlpha = inside ? 0.2 : 0.05; g.fill();
    g.restore();
  }
}

// A position that is not of this moment is drawn hollow, and says how old it is. Of the whole trip: where it is now.
export function drawTruck(g, scene, view, colour) {
  const moment = view.moment < Infinity ? view.moment : scene.now;
  const { report, fix } = moment === null ? {} : reportAt(scene, moment);
  if (!fix) return;
  const [x, y] = view.at(fix.x, fix.y), old = moment - fix.t > 120_000 || report !== fix;
  g.lineWidth = 3;
  g.strokeStyle = colour(STATE_COLOUR[report.state]);
  g.fillStyle = old ? colour("paper") : g.strokeStyle;
  g.beginPath(); g.arc(x, y, old ? 15 : 8, 0, 2 * Math.PI); g.fill(); g.stroke(); // wide enough to be seen around a mark
  if (!old) return;
  label(g, t("incident.fix_age", { age: age(moment - fix.t) }), x + 22, y + 18, colour);
}

export function drawNearby(g, scene, view, colour) {
  for (const truck of scene.nearby) {
    const [x, y] = view.at(...truck.place);
    g.fillStyle = colour("state-nearby"); g.strokeStyle = colour("halo"); g.lineWidth = 1.5;
    g.beginPath(); g.moveTo(x, y - 6); g.lineTo(x + 6, y); g.lineTo(x, y + 6); g.lineTo(x - 6, y); g.closePath(); g.fill(); g.stroke();
  }
}

// Where others saw the truck, or the seal; red, with a line to where the seal was just then, where it is evidence.
export function drawSightings(g, scene, view, colour) {
  for (const seen of scene.sightings) {
    if (!seen.place || seen.t > view.moment) continue;
    const [x, y] = view.at(...seen.place), { fix } = reportAt(scene, seen.t), small = seen.source === "tracker" && !seen.evidence;
    g.fillStyle = colour(seen.evidence ? "separation" : "state-seen"); g.strokeStyle = colour(seen.evidence ? "separation" : "halo"); g.lineWidth = 1.2;
    if (seen.evidence && fix) {
      g.setLineDash([5, 4]); g.beginPath(); g.moveTo(...view.at(fix.x, fix.y)); g.lineTo(x, y); g.stroke(); g.setLineDash([]);
    }
    g.beginPath();
    if (small) g.arc(x, y, 2.5, 0, 2 * Math.PI); else { g.moveTo(x, y + 7); g.lineTo(x - 7, y - 6); g.lineTo(x + 7, y - 6); g.closePath(); }
    g.fill();
    if (!small) { g.strokeStyle = colour("halo"); g.stroke(); }
  }
}

function label(g, text, x, y, colour) {
  g.font = "600 12px system-ui, sans-serif"; g.textAlign = "left"; g.textBaseline = "middle";
  g.lineWidth = 4; g.strokeStyle = colour("paper"); g.strokeText(text, x, y);
  g.fillStyle = colour("ink"); g.fillText(text, x, y);
}

export function pickOwn(scene) {
  return (view, x, y) => {
    const near = (place) => Math.hypot(view.at(...place)[0] - x, view.at(...place)[1] - y) < 9;
    const truck = scene.nearby.find((one) => near(one.place));
    if (truck) return { text: `${truck.shipment_id}\n${truck.seal_id}\n${at(truck.at)} · ${truck.distance_m} m` };
    const seen = scene.sightings.findLast((one) => one.place && one.t <= view.moment && near(one.place));
    return seen ? { text: `${sightingWords(seen)}\n${at(seen.t)}${seen.within_m === null ? "" : ` · ±${seen.within_m} m`}` } : null;
  };
}

export function fillLegend(scene) {
  const states = new Set(scene.reports.map((report) => report.state));
  const rows = Object.entries(STATE_COLOUR).filter(([state]) => states.has(state));
  if (scene.gaps.length) rows.push(["gap", "state-gap"]);
  if (scene.nearby.length) rows.push(["nearby", "state-nearby"]);
  if (scene.sightings.some((seen) => seen.place)) rows.push(["seen", "state-seen"]);
  if (scene.sightings.some((seen) => seen.place && seen.evidence)) rows.push(["seen_apart", "separation"]);
  document.getElementById("legend").replaceChildren(
    ...rows.map(([state, name]) => make("div", {}, make("i", { colour: name, class: "stroke" }), make("span", { text: t(`track.${state}`) }))));
}
