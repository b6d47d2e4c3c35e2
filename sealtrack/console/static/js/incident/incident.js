// One incident: its trip on one clock, and the decisions.

import { make } from "../../map/dom.js";
import { get, tell } from "../api.js";
import { actions, decide } from "../decide.js";
import { page, t } from "../say.js";
import { kind, severity } from "../tables.js";
import { fillAbout, fillDecisions, fillDeclared, fillEarlier, fillNearby, fillOthers, fillUnjudged, linkNeighbours } from "./beside.js";
import { fillReasons } from "./story.js";
import { showTrip } from "./trip.js";

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

const KEYS = { a: "acknowledge", s: "assign", n: "note", v: "verdict" };
addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, textarea, select, dialog") || !incident) return;
  if (KEYS[event.key]) { event.preventDefault(); act(KEYS[event.key]); }
  if (event.key === "j" || event.key === "k") one(event.key === "j" ? "after" : "before").click();
});

incident = await get(path);
showState();
fillUnjudged(incident); fillReasons(incident); fillDeclared(incident.shipment); fillNearby(incident); fillOthers(incident); fillEarlier(incident);
linkNeighbours(incident).catch((error) => tell(error.message));
const track = await get(`${path}/track`);
fillAbout(incident.shipment, track);
showTrip(incident, track);
document.body.dataset.ready = "1";
