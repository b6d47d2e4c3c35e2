// What the incident's map shows besides: states along the track, gaps, stale positions with their age, trucks nearby.

import { metre } from "../../map/geo.js";
import { make } from "../../map/dom.js";
import { age, at, t } from "../say.js";
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

// A position that is not of this moment is drawn hollow, and says how old it is.
export function drawTruck(g, scene, view, colour) {
  if (!(view.moment < Infinity)) return;
  const { report, fix } = reportAt(scene, view.moment);
  if (!fix) return;
  const [x, y] = view.at(fix.x, fix.y), old = view.moment - fix.t > 120_000 || report !== fix;
  g.lineWidth = 3;
  g.strokeStyle = colour(STATE_COLOUR[report.state]);
  g.fillStyle = old ? colour("paper") : g.strokeStyle;
  g.beginPath(); g.arc(x, y, 8, 0, 2 * Math.PI); g.fill(); g.stroke();
  if (!old) return;
  label(g, t("incident.fix_age", { age: age(view.moment - fix.t) }), x + 14, y, colour);
}

export function drawNearby(g, scene, view, colour) {
  for (const truck of scene.nearby) {
    const [x, y] = view.at(...truck.place);
    g.fillStyle = colour("state-nearby"); g.strokeStyle = colour("halo"); g.lineWidth = 1.5;
    g.beginPath(); g.moveTo(x, y - 6); g.lineTo(x + 6, y); g.lineTo(x, y + 6); g.lineTo(x - 6, y); g.closePath(); g.fill(); g.stroke();
  }
}

function label(g, text, x, y, colour) {
  g.font = "600 12px system-ui, sans-serif"; g.textAlign = "left"; g.textBaseline = "middle";
  g.lineWidth = 4; g.strokeStyle = colour("paper"); g.strokeText(text, x, y);
  g.fillStyle = colour("ink"); g.fillText(text, x, y);
}

export function pickIncident(scene) {
  return (view, x, y) => {
    const near = (place) => Math.hypot(view.at(...place)[0] - x, view.at(...place)[1] - y) < 9;
    const truck = scene.nearby.find((one) => near(one.place));
    if (truck) return { text: `${truck.shipment_id}\n${truck.seal_id}\n${at(truck.at)} · ${truck.distance_m} m` };
    return null;
  };
}

export function fillLegend(scene) {
  const states = new Set(scene.reports.map((report) => report.state));
  const rows = Object.entries(STATE_COLOUR).filter(([state]) => states.has(state));
  if (scene.gaps.length) rows.push(["gap", "state-gap"]);
  if (scene.nearby.length) rows.push(["nearby", "state-nearby"]);
  document.getElementById("legend").replaceChildren(
    ...rows.map(([state, name]) => make("div", {}, make("i", { colour: name, class: "stroke" }), make("span", { text: t(`track.${state}`) }))));
}
