// A shipment's whole trip on the map, or one of a seal's: the latest, unless the address says `?trip=`.

import { facts, make } from "../map/dom.js";
import { get, tell } from "./api.js";
import { fillAbout, fillDeclared, fillUnjudged } from "./incident/beside.js";
import { showTrip } from "./incident/trip.js";
import { age, at, page, t } from "./say.js";
import { kind, link, sealLink, severity, shipmentLink, table, time } from "./tables.js";

const one = (id) => document.getElementById(id);

function fillIncidents(rows) {
  one("incidents").replaceChildren(table(t("head.incidents"), [
    { label: t("col.score"), cell: (row) => make("span", {}, make("span", { class: "score", text: row.score }), make("br"), severity(row.severity)) },
    { label: t("col.kinds"), cell: (row) => link(`/incidents/${row.incident_id}`, "").appendChild(make("span", {}, ...row.kinds.map(kind))).parentElement },
    { label: t("col.start"), cell: (row) => time(row.start) }, { label: t("col.status"), cell: (row) => t(`incident_status.${row.status}`) },
  ], rows));
}

// How the seal is, and how old that is at the moment that the data have come to.
function fillSeal(seal, clock) {
  if (!seal) return one("seal").replaceChildren(t("live.unheard"));
  const old = (moment) => (moment ? `${at(moment)} (${age(Date.parse(clock) - Date.parse(moment))})` : t("app.unknown"));
  const place = seal.lat === null ? t("app.unknown_place") : `${seal.lat.toFixed(5)}, ${seal.lon.toFixed(5)}`;
  one("seal").replaceChildren(facts([[t("col.seal"), sealLink(seal.seal_id)], [t("col.heard_at"), old(seal.heard_at)], [t("col.fix_at"), old(seal.fix_at)], [t("col.place"), place], [t("col.lock"), t(`lock.${seal.lock || "unknown"}`)],
    [t("col.battery_pct"), seal.battery_pct === null ? "–" : `${Math.round(seal.battery_pct)} %`], [t("col.satellites"), seal.satellites ?? "–"]]));
}

function fillTrips(trips, chosen) {
  one("trips").replaceChildren(table(t("head.trips"), [
    { label: t("col.shipment"), cell: (row) => make("span", { class: "whole" }, shipmentLink(row.shipment_id)) }, { label: t("field.depart_at"), cell: (row) => time(row.depart_at) }, { label: t("field.closed_at"), cell: (row) => time(row.closed_at) },
    { label: t("incident.map_short"), cell: (row) => (row.shipment_id === chosen ? t("seal.shown") : link(`?trip=${encodeURIComponent(row.shipment_id)}`, t("live.show"))) },
  ], trips, (tr, row) => row.shipment_id === chosen && tr.setAttribute("aria-current", "true")));
}

// The shipment whose trip is shown.
async function chosen() {
  if (page.report === "shipment") return page.id;
  const seal = await get(`/seals/${encodeURIComponent(page.id)}`), wanted = new URLSearchParams(location.search).get("trip");
  const found = seal.trips.find((trip) => trip.shipment_id === wanted) || seal.trips[0];
  fillTrips(seal.trips, found.shipment_id);
  return found.shipment_id;
}

async function show() {
  const path = `/shipments/${encodeURIComponent(await chosen())}`, [found, track] = await Promise.all([get(path), get(`${path}/track`)]);
  fillIncidents(found.incidents); fillUnjudged(found); fillDeclared(found.shipment); fillSeal(found.seal, track.clock); fillAbout(found.shipment, track);
  const gravest = found.incidents.reduce((worst, row) => (row.score > (worst?.score ?? -1) ? row : worst), null);
  if (!track.complete) tell(t("incident.cut", { to: at(track.columns.time_ms.at(-1)) }));
  showTrip({ shipment_id: found.shipment.shipment_id, seal_id: found.shipment.seal_id, severity: gravest?.severity ?? null, alerts: found.alerts, nearby: [], shipment: found.shipment }, track);
}

show().catch((error) => {
  one("content").replaceChildren(document.querySelector(".heading"), make("p", { class: "problem", role: "alert", text: t("app.failed", { problem: error.message }) }));
}).finally(() => { document.body.dataset.ready = "1"; });
