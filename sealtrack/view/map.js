// The page of a replay: puts the map, the panel and the slider together.

import { watchTime } from "./clock.js";
import { WEIGHT } from "./draw.js";
import { fillHeader, fillKinds, fillLegend, fillShipments } from "./panel.js";
import { makeMap, unpackScene } from "./stage.js";

function readScene() {
  const data = unpackScene(JSON.parse(document.getElementById("data").textContent));
  data.flagged.forEach((item, number) => {
    item.number = number;
    item.alerts = data.alerts.filter((alert) => alert.shipment_id === item.shipment_id).sort((a, b) => a.start - b.start);
    item.track = data.tracks.find((track) => track.shipment_id === item.shipment_id) || null;
    if (item.track) item.track.severity = item.severity;
  });
  data.tracks.sort((a, b) => (WEIGHT[a.severity] ?? -1) - (WEIGHT[b.severity] ?? -1));
  return data;
}

function start() {
  const scene = readScene();
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
  const openAlert = (alert) => {
    if (alert.track !== view.selected || !alert.track) select(alert.shipment_id);
    zoomTo(alert);
  };
  const { view, camera, redraw } = makeMap(document.getElementById("map"), scene, { openAlert, escape: () => select(null) });
  fillHeader(scene); fillKinds(scene, view, redraw); fillShipments(scene, select, zoomTo); fillLegend(scene);
  watchTime(scene, (moment) => { view.moment = moment; redraw(); });
  if (location.hash.length > 1) select(decodeURIComponent(location.hash.slice(1)));
}

start();
