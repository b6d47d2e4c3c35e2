// The trip of one shipment on one clock: map, strips, moments, alerts. Of an incident, or of the trip as a whole.

import { facts } from "../../map/dom.js";
import { colours } from "../../map/draw.js";
import { watchTime } from "../../map/clock.js";
import { makeMap } from "../../map/stage.js";
import { tell } from "../api.js";
import { ground } from "../ground.js";
import { age, at, t } from "../say.js";
import { drawGaps, drawNearby, drawSightings, drawStates, drawTruck, fillLegend, pickOwn } from "./layers.js";
import { fillMoments } from "./moments.js";
import { makeScene, reportAt } from "./scene.js";
import { fillStory } from "./story.js";
import { makeStrips } from "./strips.js";

const CLOSE = 1e6; // an alert is looked at from so near, at least

const one = (id) => document.getElementById(id);

// `subject`: shipment_id, seal_id, severity, alerts, nearby and the declaration (shipment), of the page's JSON.
export function showTrip(subject, track) {
  const scene = makeScene(subject, track);
  if (!scene.reports.length) tell(t("incident.no_track"));
  let map = null, colour = colours(), setMoment = () => {};
  scene.layers = { under: [ground(() => map?.redraw()), drawGaps], over: [drawStates, drawNearby, drawSightings, drawTruck], pick: pickOwn(scene) };
  const goTo = (moment, place) => {
    setMoment(Math.max(scene.t0, Math.min(moment, scene.t1 - 1)));
    if (place) map.camera.centre(place, CLOSE);
  };
  const openAlert = (alert) => {
    map.view.focus = alert;
    for (const item of document.querySelectorAll(".alert")) item.setAttribute("aria-current", item.id === `alert-${alert.alert_id}`);
    one(`alert-${alert.alert_id}`).scrollIntoView({ block: "nearest" });
    history.replaceState(null, "", `#${alert.alert_id}`);
    goTo(alert.start, alert.place);
  };
  map = makeMap(one("map"), scene, { openAlert, escape: () => setMoment(Infinity) });
  map.view.selected = scene.tracks[0] || null;
  const strips = makeStrips(scene, () => colour, (moment) => setMoment(moment));
  fillStory(scene, track, openAlert);
  const moments = fillMoments(scene, subject, goTo, openAlert);
  setMoment = watchTime(scene, (moment) => { map.view.moment = moment; map.redraw(); strips.show(moment); moments.show(moment); showNow(scene, moment); });
  addEventListener("theme", () => { colour = colours(); map.recolour(); strips.draw(); });
  fillLegend(scene);
  const wanted = scene.alerts.find((alert) => `#${alert.alert_id}` === location.hash);
  if (wanted) openAlert(wanted);
}

function showNow(scene, moment) {
  const now = Math.min(moment, scene.t1), { report, fix } = reportAt(scene, now);
  if (!report) return one("now").replaceChildren();
  const value = (name, unit) => (report[name] === null || report[name] < 0 ? "–" : `${Math.round(report[name])} ${unit}`);
  const rows = [[t("col.time"), at(report.t)], [t("incident.position_age"), fix ? age(now - fix.t) : t("app.unknown")], [t("incident.speed"), value("speed_kmh", "km/h")], [t("incident.off_route"), value("off_route_m", "m")],
    [t("incident.battery"), value("battery_pct", "%")], [t("incident.lock"), t(`lock.${report.lock}`)], [t("incident.satellites"), value("satellites", "")], [`${t("incident.partition")}/${t("incident.offset")}`, `${report.partition}/${report.offset}`]];
  one("now").replaceChildren(...facts(rows).children);
}
