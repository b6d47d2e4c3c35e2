// A map on a canvas: the scene made ready, the view on it, and what follows pointer, keys, size and theme.

import { bounds, project, unpack } from "./geo.js";
import { WEIGHT, colours, draw } from "./draw.js";
import { drawScale, makeCamera, watchKeys, watchPointer } from "./camera.js";

// Unpacks what sealtrack/view/scene.py packed, in place.
export function unpackScene(data) {
  for (const track of data.tracks) {
    track.parts = track.parts.map((part) => unpack(part, true));
    track.wild = unpack(track.wild, true);
  }
  for (const route of data.routes) route.line = unpack(route.line, false);
  for (const zone of data.zones) zone.rings = zone.rings.map((ring) => unpack(ring, false));
  return prepareScene(data);
}

// Adds what drawing needs: boxes, places on the map, who belongs to whom, and the order of drawing.
export function prepareScene(data) {
  const byShipment = new Map();
  for (const track of data.tracks) {
    track.box = bounds(track.parts);
    byShipment.set(track.shipment_id, track);
  }
  for (const zone of data.zones) zone.box = bounds(zone.rings);
  data.zones.sort((a, b) => b.box.x1 - b.box.x0 - (a.box.x1 - a.box.x0));
  data.named = [...data.zones].sort((a, b) => b.end - a.end);
  for (const alert of data.alerts) {
    alert.place = alert.lat === null ? null : project(alert.lat, alert.lon);
    alert.track = byShipment.get(alert.shipment_id) || null;
  }
  data.alerts.sort((a, b) => WEIGHT[b.severity] - WEIGHT[a.severity] || a.start - b.start);
  data.t0 = Math.min(...data.tracks.map((track) => track.parts[0].t[0]));
  data.t1 = Math.max(...data.tracks.map((track) => track.parts.at(-1).t.at(-1)));
  return data;
}

// `scene.layers` may hold functions (g, scene, view, colour) of the page's own, drawn `under` or `over` the rest.
export function makeMap(canvas, scene, { openAlert, escape }) {
  const view = {
    k: 1, dx: 0, dy: 0, width: 1, height: 1, selected: null, focus: null, hidden: new Set(), showsOthers: true, moment: Infinity, fitted: false,
    at: (x, y) => [x * view.k + view.dx, y * view.k + view.dy],
    shows: (alert) => !view.hidden.has(alert.kind) && alert.start <= view.moment,
  };
  let colour = colours(), asked = false;
  const paint = () => { draw(canvas, scene, view, colour); drawScale(view); };
  const redraw = () => {
    if (!asked) requestAnimationFrame(() => { asked = false; paint(); });
    asked = true;
  };
  const camera = makeCamera(view, redraw);
  const everything = () => camera.fit(bounds(scene.tracks.length ? scene.tracks.flatMap((track) => track.parts) : scene.routes.map((route) => route.line)));
  const recolour = () => { colour = colours(); redraw(); };
  const resize = () => {
    const { clientWidth, clientHeight } = canvas, first = view.width === 1;
    if (!clientWidth || (view.width === clientWidth && view.height === clientHeight)) return;
    view.width = clientWidth; view.height = clientHeight;
    canvas.width = clientWidth * devicePixelRatio; canvas.height = clientHeight * devicePixelRatio;
    if (first || view.fitted) everything(); // until somebody has looked elsewhere
    paint(); // at once: a resized canvas is empty
  };
  watchPointer(canvas, scene, view, camera, redraw, openAlert);
  watchKeys(camera, everything, escape);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", recolour);
  new ResizeObserver(resize).observe(canvas.parentElement);
  resize();
  return { scene, view, camera, redraw, recolour, everything };
}
