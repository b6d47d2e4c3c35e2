// What happened when, in words: alerts, what the device said, the lock, holes, sightings. A row leads to its moment.

import { make, mark } from "../../map/dom.js";
import { span, words } from "../../map/words.js";
import { at, t } from "../say.js";

const MOST = 300;
const AGAIN_MS = 1_800_000; // the device repeats itself: the same words within this long are one row

const USUAL = ["lock", "vibration", "charging", "low_battery"]; // the others are marked

const one = (id) => document.getElementById(id);

export function fillMoments(scene, subject, goTo, openAlert) {
  const all = [...declared(subject), ...ofAlerts(scene, openAlert), ...ofReports(scene), ...ofGaps(scene), ...ofSightings(scene)].sort((a, b) => a.t - b.t).slice(0, MOST);
  const list = one("moments"), rows = all.map((moment) => {
    const icon = moment.kind ? mark(moment.kind) : make("span", { class: `mark plain-mark ${moment.grave ? "grave" : ""}`, "aria-hidden": "true" });
    const button = make("button", { type: "button", click: () => (moment.open ? moment.open() : goTo(moment.t, moment.place)) }, make("time", { datetime: new Date(moment.t).toISOString(), text: at(moment.t).slice(5) }), icon, make("span", { text: moment.text }));
    return make("li", {}, button);
  });
  list.replaceChildren(...(rows.length ? rows : [make("li", { class: "quiet", text: t("app.empty") })]));
  let shown = -1;
  return {
    show(now) {
      const current = now === Infinity ? -1 : all.findLastIndex((moment) => moment.t <= now);
      if (current === shown) return;
      rows[shown]?.removeAttribute("aria-current");
      rows[(shown = current)]?.setAttribute("aria-current", "true");
      if (shown >= 0) list.scrollTop = Math.max(0, rows[shown].offsetTop - list.offsetTop - list.clientHeight / 2);
    },
  };
}

function declared({ shipment }) {
  if (!shipment) return [];
  const told = [["departs", shipment.depart_at], ["due", shipment.arrive_by], ["closes", shipment.closed_at]].filter(([, moment]) => moment);
  return told.map(([name, moment]) => ({ t: Date.parse(moment), text: t(`moment.${name}`) }));
}

function ofAlerts(scene, openAlert) {
  return scene.alerts.flatMap((alert) => {
    const what = words(alert.kind), open = () => openAlert(alert);
    const begins = { t: alert.start, kind: alert.kind, text: alert.end === null ? t("moment.lasts", { what }) : t("moment.begins", { what }), open };
    return alert.end === null || alert.end === alert.start ? [begins] : [begins, { t: alert.end, kind: alert.kind, text: t("moment.ends", { what, span: span(alert.end - alert.start) }), place: null }];
  });
}

// What the device said, and the lock as it changed.
function ofReports(scene) {
  const found = [], last = new Map();
  let lock = null;
  for (const report of scene.reports) {
    const place = report.fix ? [report.x, report.y] : null, card = report.card ? `, ${t("evidence.card").toLowerCase()} ${report.card}` : "";
    const fresh = report.events.split(";").filter((event) => event && !(report.t - last.get(event) < AGAIN_MS));
    for (const event of report.events.split(";").filter(Boolean)) last.set(event, report.t);
    if (fresh.length) found.push({ t: report.t, place, grave: fresh.some((event) => !USUAL.includes(event)), text: t("moment.device", { what: fresh.map(words).join(", ") }) + card });
    if (report.lock === "unknown") continue;
    if (lock && lock !== report.lock && !fresh.some((event) => event === "lock" || event === "unlock")) found.push({ t: report.t, place, grave: report.lock !== "locked", text: t("moment.lock", { before: t(`lock.${lock}`), after: t(`lock.${report.lock}`) }) + card });
    lock = report.lock;
  }
  return found;
}

function ofGaps(scene) {
  return scene.gaps.map((gap) => ({ t: gap.from, place: gap.places[0], text: t("moment.gap", { span: span(gap.to - gap.from), km: Math.round(gap.reach_m / 2000) }) }));
}

// Of a tracker that reports every few minutes only what is evidence.
function ofSightings(scene) {
  const told = scene.sightings.filter((seen) => seen.source !== "tracker" || seen.evidence);
  return told.map((seen) => ({ t: seen.t, place: seen.place, grave: Boolean(seen.evidence), text: sightingWords(seen) }));
}

export function sightingWords(seen) {
  const who = [t(`source.${seen.source}`), seen.device_id].filter(Boolean).join(" ");
  const parts = [t("moment.seen", { who }), ...seen.read.map((what) => t(`moment.read_${what}`, { read: (what === "plate" ? seen.plate : seen.seal_id) || "" })), ...(seen.note ? [seen.note] : [])];
  return parts.join("; ");
}
