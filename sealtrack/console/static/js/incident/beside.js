// What stands beside an incident: declaration, decisions, trucks nearby, earlier trips, its neighbours in the queue.

import { facts, make } from "../../map/dom.js";
import { words } from "../../map/words.js";
import { get } from "../api.js";
import { at, t } from "../say.js";
import { link, sealLink, shipmentLink, table, time } from "../tables.js";

const one = (id) => document.getElementById(id);

// In a line what an officer asks first: which truck, whose, with what, from where to where.
export function fillAbout(shipment, track) {
  if (!shipment) return;
  const zone = (id) => track.zones.find((each) => each.id === id)?.name || id;
  const routes = track.routes.filter((route) => route.used).map((route) => route.name);
  const way = [shipment.origin_zone, shipment.destination_zone].every(Boolean) ? `${zone(shipment.origin_zone)} → ${zone(shipment.destination_zone)}` : routes.join(" | ");
  const told = [[shipment.vehicle, "vehicle"], [shipment.carrier, "carrier"], [shipment.cargo, "cargo"], [way, "route_id"], [shipment.unit, "unit"]].filter(([text]) => text);
  one("about").replaceChildren(...told.map(([text, name]) => make("span", { title: words(name), text })), make("span", {}, sealLink(shipment.seal_id)));
}

// Alerts of the trip that are none of this incident, and where they are to be seen.
export function fillOthers({ shipment_id, other_alerts: others }) {
  one("others").hidden = !others.length;
  one("others").replaceChildren(`${t("incident.other_alerts")}: ${others.map((alert) => words(alert.kind)).join(", ")} · `, link(`/shipments/${encodeURIComponent(shipment_id)}`, shipment_id));
}

// Reports came too late to be judged: says so, and what to do.
export function fillUnjudged({ unjudged }) {
  one("unjudged").hidden = !unjudged;
  if (unjudged) one("unjudged").textContent = t("incident.unjudged", { reports: unjudged.late_reports, horizon: unjudged.horizon_needed_s });
}

export function fillDeclared(shipment) {
  const known = Object.entries(shipment || {}).filter(([, value]) => value !== null && value !== "" && !(Array.isArray(value) && !value.length));
  const text = (name, value) => (/_at$|_by$/.test(name) ? at(value) : Array.isArray(value) ? value.join(", ") : String(value));
  one("declared").replaceChildren(facts(known.map(([name, value]) => [words(name), text(name, value)])));
}

export function fillDecisions(incident) {
  const said = (decision) => [decision.verdict && t(`verdict.${decision.verdict}`), decision.reason && t(`reason_code.${decision.reason}`), decision.unit, decision.officer].filter(Boolean).join(" · ");
  one("decisions").replaceChildren(...incident.decisions.toReversed().map((decision) => make("li", {},
    make("strong", { text: t(`action.${decision.action}`) }), ` · ${decision.user || t("action.system")} · `, time(decision.at), ...(said(decision) ? [` · ${said(decision)}`] : []), ...(decision.text ? [make("p", { text: decision.text })] : []))));
}

export function fillNearby(incident) {
  one("nearby").replaceChildren(table(t("incident.nearby"), [
    { label: t("col.shipment"), cell: (row) => shipmentLink(row.shipment_id) }, { label: t("col.seal"), cell: (row) => sealLink(row.seal_id) },
    { label: t("col.time"), cell: (row) => time(row.at) }, { label: `${t("col.distance")} (m)`, number: true, cell: (row) => Math.round(row.distance_m) },
  ], incident.nearby));
}

export function fillEarlier(incident) {
  const columns = [
    { label: t("col.shipment"), cell: (row) => shipmentLink(row.shipment_id) }, { label: t("field.depart_at"), cell: (row) => time(row.depart_at) },
    { label: t("shipment.incidents"), number: true, cell: (row) => row.incidents }, { label: t("col.score"), number: true, cell: (row) => row.score ?? "" },
    { label: t("decide.verdict"), cell: (row) => (row.verdict ? t(`verdict.${row.verdict}`) : "") },
  ];
  const sorts = Object.entries(incident.earlier).filter(([, rows]) => rows.length);
  const name = (sort) => t(`incident.earlier_${sort === "card" ? "driver" : sort}`);
  one("earlier").replaceChildren(...(sorts.length ? sorts.flatMap(([sort, rows]) => [make("h3", { text: name(sort) }), table(name(sort), columns, rows)]) : [make("p", { class: "quiet", text: t("incident.other_trips") })]));
}

// Neighbours in the queue that the user came from; of a deep link, in the queue as it is.
export async function linkNeighbours(incident) {
  let queue = JSON.parse(sessionStorage.getItem("queue") || "null");
  if (!queue?.ids.includes(incident.incident_id)) {
    const { items } = await get("/incidents?size=200");
    queue = { query: "", ids: items.map((item) => item.incident_id) };
  }
  const place = queue.ids.indexOf(incident.incident_id);
  one("back").href = `/${queue.query}`;
  for (const [id, neighbour] of [["before", queue.ids[place - 1]], ["after", place < 0 ? undefined : queue.ids[place + 1]]]) {
    one(id).hidden = !neighbour;
    if (neighbour) one(id).href = `/incidents/${neighbour}`;
  }
}
