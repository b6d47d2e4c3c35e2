// One incident: map, strips and story on one clock, and the decisions.

import { facts, make } from "../../map/dom.js";
import { colours } from "../../map/draw.js";
import { watchTime } from "../../map/clock.js";
import { makeMap } from "../../map/stage.js";
import { get, tell } from "../api.js";
import { ground } from "../ground.js";
import { actions, decide } from "../decide.js";
import { age, at, page, t } from "../say.js";
import { kind, severity } from "../tables.js";
import { fillDecisions, fillDeclared, fillEarlier, fillNearby, linkNeighbours } from "./beside.js";
import { drawGaps, drawNearby, drawStates, drawTruck, fillLegend, pickIncident } from "./layers.js";
import { makeScene, reportAt } from "./scene.js";
import { fillReasons, fillStory } from "./story.js";
import { makeStrips } from "./strips.js";

const one = (id) => document.getElementById(id), path = `/incidents/${encodeURIComponent(page.id)}`;
let incident = null;

function showState() {
  one("title").textContent = incident.shipment_id;
  one("state").replaceChildren(make("strong", { class: "score", text: incident.score }), " ", severity(incident.severity), " ", t(`incident_status.${incident.status}`), " ", ...incident.kinds.map(kind));
  one("actions").replaceChildren(...actions(incident).map((action) => make("button", { type: "button", "data-action": action, class: action === "acknowledge" ? "main" : "", text: t(`decide.${action}`), click: () => act(action) })));
  if (!actions(incident).length) one("actions").textContent = t("decide.viewer");
  fillDecisions(incident);
}

async function act(action) {
  try {
    incident = (await decide(action, incident)) || incident;
    showState();
  } catch (error) {
    tell(error.message);
  }
}

function showNow(scene, moment) {
  const now = Math.min(moment, scene.t1), { report, fix } = reportAt(scene, now);
  if (!report) return one("now").replaceChildren();
  const value = (name, unit) => (report[name] === null || report[name] < 0 ? "–" : `${Math.round(report[name])} ${unit}`);
  const rows = [[t("col.time"), at(report.t)], [t("col.age"), fix ? age(now - fix.t) : t("app.unknown")], [t("incident.speed"), value("speed_kmh", "km/h")], [t("incident.off_route"), value("off_route_m", "m")],
    [t("incident.battery"), value("battery_pct", "%")], [t("incident.lock"), t(`lock.${report.lock}`)], [t("incident.satellites"), value("satellites", "")], [`${t("incident.partition")}/${t("incident.offset")}`, `${report.partition}/${report.offset}`]];
  one("now").replaceChildren(...facts(rows).children);
}

async function showTrip() {
  const track = await get(`${path}/track`), scene = makeScene(incident, track);
  if (!scene.reports.length) tell(t("incident.no_track"));
  let map = null, colour = colours(), setMoment = () => {};
  scene.layers = { under: [ground(() => map?.redraw()), drawGaps], over: [drawStates, drawNearby, drawTruck], pick: pickIncident(scene) };
  const openAlert = (alert) => {
    map.view.focus = alert;
    for (const item of document.querySelectorAll(".alert")) item.setAttribute("aria-current", item.id === `alert-${alert.alert_id}`);
    one(`alert-${alert.alert_id}`).scrollIntoView({ block: "nearest" });
    history.replaceState(null, "", `#${alert.alert_id}`);
    setMoment(Math.min(alert.start, scene.t1 - 1));
    if (alert.place) map.camera.centre(alert.place, 1e6);
  };
  map = makeMap(one("map"), scene, { openAlert, escape: () => setMoment(Infinity) });
  map.view.selected = scene.tracks[0] || null;
  const strips = makeStrips(scene, () => colour, (moment) => setMoment(moment));
  setMoment = watchTime(scene, (moment) => { map.view.moment = moment; map.redraw(); strips.show(moment); showNow(scene, moment); });
  addEventListener("theme", () => { colour = colours(); map.recolour(); strips.draw(); });
  fillLegend(scene);
  fillStory(scene, track, openAlert);
  const wanted = scene.alerts.find((alert) => `#${alert.alert_id}` === location.hash);
  if (wanted) openAlert(wanted);
}

const KEYS = { a: "acknowledge", s: "assign", n: "note", v: "verdict" };
addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, textarea, select, dialog") || !incident) return;
  if (KEYS[event.key]) { event.preventDefault(); act(KEYS[event.key]); }
  if (event.key === "j" || event.key === "k") one(event.key === "j" ? "after" : "before").click();
});

incident = await get(path);
showState();
fillReasons(incident); fillDeclared(incident); fillNearby(incident); fillEarlier(incident);
linkNeighbours(incident).catch((error) => tell(error.message));
await showTrip();
