// The incident in words: why it scores as it does, what happened when, and how each alert changed.

import { facts, make, mark } from "../../map/dom.js";
import { fact, when, words } from "../../map/words.js";
import { at, rank, t } from "../say.js";
import { severity, table, time } from "../tables.js";

const MOST_REPORTS = 40;
const SOURCES = ["partition", "first_offset", "last_offset"];

const sign = (points) => (points > 0 ? `+${points}` : `${points}`);

export function fillReasons(incident) {
  const starts = new Map(incident.alerts.map((alert) => [alert.alert_id, alert.start]));
  const text = (reason) => {
    if (reason.alert_id) return t("reason.worst", { what: words(reason.kind), time: at(starts.get(reason.alert_id)) });
    return t(reason.points < 0 ? "reason.top_score" : reason.kind ? "reason.repeated" : "reason.probing");
  };
  document.getElementById("why").replaceChildren(
    ...incident.reasons.map((reason) => make("li", {}, make("b", { text: sign(reason.points) }), make("span", { text: text(reason), title: reason.text }))));
}

export function fillStory(scene, track, openAlert) {
  const alerts = [...scene.alerts].sort((a, b) => a.start - b.start);
  document.getElementById("story").replaceChildren(...alerts.map((alert) => item(alert, scene, track, openAlert)));
}

function item(alert, scene, track, openAlert) {
  const evidence = Object.entries(alert.evidence).filter(([name]) => !SOURCES.includes(name)).sort(([a], [b]) => rank[a] - rank[b]).map(([name, value]) => fact(name, value));
  const button = make("button", { type: "button", title: t("incident.show_on_map"), click: () => openAlert(alert) },
    mark(alert.kind), make("strong", { text: words(alert.kind) }), severity(alert.severity), make("span", { class: "quiet", text: when(alert) }));
  const entry = make("li", { class: "alert", id: `alert-${alert.alert_id}` }, button, facts(evidence),
    fold(t("incident.meaning"), () => [make("p", { text: t(`meaning.${alert.kind}`) }), make("p", {}, make("strong", { text: `${t("incident.first_step")}: ` }), t(`first.${alert.kind}`))]),
    fold(`${t("incident.versions")} (${alert.versions.length})`, () => [versions(alert)]),
    fold(t("incident.reports"), () => [reportsBehind(alert, scene, track)]));
  return entry;
}

// What is folded away is made when it is opened first.
function fold(label, inner) {
  const details = make("details", {}, make("summary", { text: label }));
  details.addEventListener("toggle", () => details.append(...inner()), { once: true });
  return details;
}

function versions(alert) {
  const items = alert.versions.map((version) => {
    const changed = version.changed.length ? t("incident.changed", { fields: version.changed.map(words).join(", ") }) : t("incident.first_version");
    return make("li", {}, `${at(version.detected_at)} · ${t(`alert_status.${version.status}`)} · ${words(version.severity)} · ${changed}`);
  });
  return make("ol", { class: "versions" }, ...items);
}

function reportsBehind(alert, scene, track) {
  const { partition, first_offset: first, last_offset: last } = alert.evidence;
  const named = scene.reports.filter((report) => report.partition === partition && report.offset >= first && report.offset <= last);
  const found = named.length ? named : scene.reports.filter((report) => report.t >= alert.start && report.t <= (alert.end ?? Infinity));
  if (!found.length) return make("p", { class: "quiet", text: t("incident.no_reports") });
  const shown = found.slice(0, MOST_REPORTS);
  const columns = [
    [t("col.time"), (report) => time(report.t)], [t("incident.topic"), (report) => report.topic ?? track.topic], [t("incident.partition"), (report) => report.partition],
    [t("incident.offset"), (report) => report.offset], [t("incident.speed"), (report) => report.speed_kmh ?? ""], [t("incident.lock"), (report) => t(`lock.${report.lock}`)],
    [t("evidence.events"), (report) => report.events.split(";").filter(Boolean).map(words).join(", ")], [t("evidence.card"), (report) => report.card ?? ""],
  ].map(([label, cell]) => ({ label, cell }));
  const box = make("div", { class: "scroller narrow-table", tabindex: "0" }, table(t("incident.reports"), columns, shown));
  if (found.length > shown.length) box.append(make("p", { class: "quiet", text: `… +${found.length - shown.length}` }));
  return box;
}
