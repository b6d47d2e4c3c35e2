// The incident in words: why it scores as it does, what happened when, and how each alert changed.

import { facts, make, mark } from "../../map/dom.js";
import { fact, when, words } from "../../map/words.js";
import { at, rank, raw, t } from "../say.js";
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
  const entry = make("li", { class: "alert", id: `alert-${alert.alert_id}` }, button, make("p", { class: "told", text: sentence(alert) }),
    fold(t("incident.evidence"), () => [facts(evidence)]),
    fold(t("incident.meaning"), () => [make("p", { text: t(`meaning.${alert.kind}`) }), make("p", {}, make("strong", { text: `${t("incident.first_step")}: ` }), t(`first.${alert.kind}`))]),
    fold(`${t("incident.versions")} (${alert.versions.length})`, () => [versions(alert)]),
    fold(t("incident.reports"), () => [reportsBehind(alert, scene, track)]));
  return entry;
}

// The evidence as a sentence: parts of which a blank stays empty are left out.
export function sentence(alert) {
  const values = Object.fromEntries(Object.entries(alert.evidence).map(([name, value]) => [name, said(name, value)]));
  const parts = raw(`sentence.${alert.kind}`).split("|").filter((part) => [...part.matchAll(/\{(\w+)\}/g)].every(([, name]) => values[name]));
  const text = parts.map((part) => part.replace(/\{(\w+)\}/g, (_, name) => values[name])).join(", ");
  return text && `${text[0].toLocaleUpperCase()}${text.slice(1)}.`;
}

// Of what holds or not only what holds is told, by its own name.
const NOTHING = /_m$|^others_/; // of these 0 is not worth a word
const said = (name, value) => (value === false || value === null || (value === 0 && NOTHING.test(name)) || (Array.isArray(value) && !value.length) ? "" : value === true ? fact(name, value)[0].toLocaleLowerCase() : fact(name, value)[1]);

// What is folded away is made when it is opened first.
function fold(label, inner) {
  const details = make("details", {}, make("summary", { text: label }));
  details.addEventListener("toggle", () => details.append(...inner()), { once: true });
  return details;
}

function versions(alert) {
  const items = alert.versions.map((version, number) => {
    const before = alert.versions[number - 1], changed = before ? changes(before, version) : [];
    const why = changed.length ? t("incident.changed", { fields: changed.join("; ") }) : t("incident.first_version");
    return make("li", {}, time(version.detected_at), ` · ${t(`alert_status.${version.status}`)} · ${words(version.severity)} · ${why}`);
  });
  return make("ol", { class: "versions" }, ...items);
}

// Each thing that is not as it was, from what to what.
function changes(before, version) {
  const plain = version.changed.filter((name) => name !== "evidence" && name !== "lon").map((name) => {
    if (name === "lat") return words("place");
    return `${words(name)} ${worded(name, before[name])} → ${worded(name, version[name])}`;
  });
  const names = Object.keys({ ...before.evidence, ...version.evidence }).filter((name) => !SOURCES.includes(name) && JSON.stringify(before.evidence[name]) !== JSON.stringify(version.evidence[name]));
  const shown = (name, value) => (value === undefined ? "–" : fact(name, value)[1]);
  return [...plain, ...names.sort((a, b) => rank[a] - rank[b]).map((name) => `${fact(name, version.evidence[name] ?? before.evidence[name])[0]} ${shown(name, before.evidence[name])} → ${shown(name, version.evidence[name])}`)];
}

function worded(name, value) {
  if (name === "status") return t(`alert_status.${value}`);
  return name === "start" || name === "end" ? (value === null ? t("app.still_open") : at(value)) : words(String(value));
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
