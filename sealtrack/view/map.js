// Puts the parts together: scene from the embedded data, view, pointer, keys, time.

function readScene() {
  const data = JSON.parse(document.getElementById("data").textContent);
  const byShipment = new Map();
  for (const track of data.tracks) {
    track.parts = track.parts.map((part) => unpack(part, true));
    track.wild = unpack(track.wild, true);
    track.box = bounds(track.parts);
    byShipment.set(track.shipment_id, track);
  }
  for (const route of data.routes) route.line = unpack(route.line, false);
  for (const zone of data.zones) {
    zone.rings = zone.rings.map((ring) => unpack(ring, false));
    zone.box = bounds(zone.rings);
  }
  data.zones.sort((a, b) => b.box.x1 - b.box.x0 - (a.box.x1 - a.box.x0));
  data.named = [...data.zones].sort((a, b) => b.end - a.end);
  for (const alert of data.alerts) {
    alert.place = alert.lat === null ? null : project(alert.lat, alert.lon);
    alert.track = byShipment.get(alert.shipment_id) || null;
  }
  data.alerts.sort((a, b) => WEIGHT[b.severity] - WEIGHT[a.severity] || a.start - b.start);
  data.flagged.forEach((item, number) => {
    item.number = number;
    item.alerts = data.alerts.filter((alert) => alert.shipment_id === item.shipment_id).sort((a, b) => a.start - b.start);
    item.track = byShipment.get(item.shipment_id) || null;
    if (item.track) item.track.severity = item.severity;
  });
  data.t0 = Math.min(...data.tracks.map((track) => track.parts[0].t[0]));
  data.t1 = Math.max(...data.tracks.map((track) => track.parts.at(-1).t.at(-1)));
  data.tracks.sort((a, b) => (WEIGHT[a.severity] ?? -1) - (WEIGHT[b.severity] ?? -1));
  return data;
}

function start() {
  const canvas = document.getElementById("map"), scene = readScene();
  const view = {
    k: 1, dx: 0, dy: 0, width: 1, height: 1, selected: null, focus: null, hidden: new Set(), showsOthers: true, moment: Infinity,
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
  const select = (shipment) => {
    const open = scene.flagged.find((item) => item.shipment_id === shipment && !item.row.classList.contains("open"));
    for (const item of scene.flagged) item.expand(item === open);
    view.selected = open ? open.track : null;
    view.focus = null;
    location.hash = open ? encodeURIComponent(open.shipment_id) : "";
    open?.row.scrollIntoView({ block: "nearest" });
    if (open?.track) camera.fit(open.track.box); else redraw();
  };
  const zoomTo = (alert) => {
    view.focus = alert;
    if (alert.place) camera.centre(alert.place, 4e6); else redraw();
  };

  fillHeader(scene); fillKinds(scene, view, redraw); fillShipments(scene, select, zoomTo); fillLegend(scene);
  watchPointer(canvas, scene, view, camera, redraw, (alert) => {
    if (alert.track !== view.selected || !alert.track) select(alert.shipment_id);
    zoomTo(alert);
  });
  watchKeys(camera, everything, select);
  watchTime(scene, view, redraw);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => { colour = colours(); redraw(); });
  const resize = () => {
    const { clientWidth, clientHeight } = canvas, first = view.width === 1;
    if (view.width === clientWidth && view.height === clientHeight) return;
    view.width = clientWidth; view.height = clientHeight;
    canvas.width = clientWidth * devicePixelRatio; canvas.height = clientHeight * devicePixelRatio;
    if (first) everything();
    paint(); // at once: a resized canvas is empty
  };
  new ResizeObserver(resize).observe(canvas.parentElement);
  resize();
  if (location.hash.length > 1) select(decodeURIComponent(location.hash.slice(1)));
}

start();
