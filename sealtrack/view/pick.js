// What lies under the pointer, and the tip that names it.

import { visible } from "./draw.js";
import { metre } from "./geo.js";
import { stamp, when, words } from "./words.js";

export function pick(scene, view, x, y) {
  for (const alert of scene.alerts)
    if (alert.place && view.shows(alert) && alert.screen && Math.hypot(alert.screen[0] - x, alert.screen[1] - y) < 11)
      return { alert, text: `${words(alert.kind)} (${words(alert.severity)})\n${alert.shipment_id}\n${when(alert)}` };
  return scene.layers?.pick?.(view, x, y) || pickTrack(scene, view, x, y) || pickZone(scene, view, x, y) || pickRoute(scene, view, x, y);
}

export function pickTrack(scene, view, x, y) {
  let best = null, least = 8;
  for (const track of scene.tracks) {
    if (!visible(track.box, view) || (!track.severity && !view.showsOthers)) continue;
    for (const part of track.parts) {
      const hit = nearest(part, view, x, y);
      if (hit.px < least && hit.t <= view.moment) { least = hit.px; best = { track, t: hit.t }; }
    }
  }
  return best && { track: best.track, text: `${best.track.shipment_id}\n${words("seal")} ${best.track.seal_id}\n${stamp(best.t)}` };
}

// The nearest point of a line on the screen: distance in pixels and, for a track, the moment.
export function nearest(line, view, x, y) {
  let px = Infinity, t = 0;
  for (let i = 1; i < line.n; i++) {
    const [ax, ay] = view.at(line.x[i - 1], line.y[i - 1]), [bx, by] = view.at(line.x[i], line.y[i]);
    const length2 = (bx - ax) ** 2 + (by - ay) ** 2;
    const share = length2 ? Math.min(1, Math.max(0, ((x - ax) * (bx - ax) + (y - ay) * (by - ay)) / length2)) : 0;
    const d = Math.hypot(x - ax - share * (bx - ax), y - ay - share * (by - ay));
    if (d < px) { px = d; t = line.t ? line.t[i - 1] + share * (line.t[i] - line.t[i - 1]) : 0; }
  }
  return { px, t };
}

export function pickZone(scene, view, x, y) {
  const wx = (x - view.dx) / view.k, wy = (y - view.dy) / view.k, slack = 5 / view.k;
  for (const zone of [...scene.zones].reverse()) { // the smallest first
    const { x0, x1, y0, y1 } = zone.box;
    if (wx < x0 - slack || wx > x1 + slack || wy < y0 - slack || wy > y1 + slack) continue;
    if ((x1 - x0) * view.k < 7 || inside(zone.rings, wx, wy)) return { text: [zone.name, zone.role && words(zone.role), zone.rules].filter(Boolean).join("\n") };
  }
  return null;
}

export function inside(rings, x, y) {
  let odd = false;
  for (const ring of rings)
    for (let i = 1; i < ring.n; i++)
      if (ring.y[i] > y !== ring.y[i - 1] > y && x < ((ring.x[i - 1] - ring.x[i]) * (y - ring.y[i])) / (ring.y[i - 1] - ring.y[i]) + ring.x[i]) odd = !odd;
  return odd;
}

export function pickRoute(scene, view, x, y) {
  for (const route of scene.routes) {
    if (!visible(route.line.box, view)) continue;
    if (nearest(route.line, view, x, y).px < Math.max(4, route.half_width_m * metre(route.line.y[0]) * view.k))
      return { text: `${route.name}\n${words("corridor")} ±${Math.round(route.half_width_m)} m` };
  }
  return null;
}

export function showTip(hit, place, view) {
  const tip = document.getElementById("tip");
  tip.hidden = !hit;
  if (!hit) return;
  tip.textContent = hit.text;
  tip.style.left = `${Math.min(place[0] + 14, view.width - 310)}px`;
  tip.style.top = `${Math.min(place[1] + 14, view.height - 110)}px`;
}
