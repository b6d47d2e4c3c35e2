// Pages of tables: whatever lists their JSON holds, each as a table, single values before them.

import { facts, make } from "../map/dom.js";
import { fact, words } from "../map/words.js";
import { failed, get, post } from "./api.js";
import { may } from "./decide.js";
import { fillForm, queryOf } from "./query.js";
import { at, count, knows, page, t } from "./say.js";
import { kind, link, sealLink, severity, shipmentLink, table, time } from "./tables.js";

const one = (id) => document.getElementById(id);
const LINKS = { shipment_id: shipmentLink, seal_id: sealLink, seal: sealLink, incident_id: (id) => link(`/incidents/${id}`, id) };
const INCIDENT = ["score", "severity", "kinds", "incident_id", "shipment_id", "carrier", "vehicle", "unit", "start", "status", "assigned_to"];
const UNTOLD = ["at_ms", "hash", "before", "by", "size", "page", "complete"]; // for programs: the JSON has them
const WORDS = { status: ["incident_status", "alert_status"], verdict: ["verdict"], reason: ["reason_code"], action: ["action"], state: ["live"], lock: ["lock"], faults: ["fault"], fault: ["fault"], role: ["role", "place"] };

const plain = (value) => value === null || typeof value !== "object";

function label(name) {
  const known = ["col", "action", "verdict"].find((one) => knows(`${one}.${name}`));
  return known ? t(`${known}.${name}`) : words(name) === name.replaceAll("_", " ") ? fact(name, 0)[0] : words(name);
}

// A value by what its name says it is.
export function shown(name, value) {
  if (value === null || value === undefined || value === "") return "";
  if (LINKS[name]) return LINKS[name](value);
  if (name === "kind" || name === "rule") return kind(value);
  if (name === "kinds") return make("span", {}, ...value.map(kind));
  if (name === "severity") return severity(value);
  const text = plain(value) && said(name, value);
  if (text && text !== words(String(value))) return text;
  if (/_ms$/.test(name) && value > 1e11) return time(value);
  if (typeof value === "string" && /^\d{4}-\d\d-\d\dT/.test(value)) return time(value);
  if (typeof value === "boolean") return t(value ? "app.yes" : "app.no");
  if (name === "tasks") return tasks(value);
  if (Array.isArray(value)) return value.map((each) => (plain(each) ? said(name, each) : brief(each))).join(", ");
  if (!plain(value)) return brief(value) || "";
  if (typeof value === "number") return /_(s|m|km|kmh|pct|deg)$/.test(name) ? fact(name, value)[1] : count(value);
  return String(value);
}

const brief = (object) => Object.entries(object).filter(([, value]) => value !== null && plain(value)).map(([name, value]) => `${label(name)} ${/_at$/.test(name) ? at(value) : value}`).join(", ");

// One of the words that a field of this name holds, else as it stands.
function said(name, value) {
  const table = (WORDS[name] || []).find((one) => knows(`${one}.${value}`));
  return table ? t(`${table}.${value}`) : words(String(value));
}

// Open work on a seal: whose it is, since when; who may decide takes it, or says that it is done.
function tasks(open) {
  const send = (task, values) => post(`/devices/${encodeURIComponent(task.seal_id)}/tasks/${task.id}`, values).then(load, failed);
  const button = (name, task, values) => make("button", { type: "button", "aria-label": `${t(`care.${name}`)}: ${task.seal_id}`, text: t(`care.${name}`), click: () => send(task, values) });
  return make("ul", { class: "plain" }, ...open.map((task) => make("li", {}, `${said("fault", task.fault)} · ${t("care.waits", { days: count(task.days_open) })} · ${task.owner || "–"} `,
    ...(may("analyst") ? [button("take", task, { owner: page.user }), " ", button("done", task, { done: true })] : []))));
}

function list(title, rows) {
  const given = [...new Set(rows.flatMap((row) => Object.keys(row)))].filter((name) => !UNTOLD.includes(name)), placed = given.includes("lat");
  const names = given.includes("kinds") ? INCIDENT.filter((name) => given.includes(name)) : given.filter((name) => name !== "lat" && name !== "lon");
  const columns = names.map((name) => ({ label: label(name), number: rows.some((row) => typeof row[name] === "number"), cell: (row) => shown(name, row[name]) }));
  if (placed && !given.includes("kinds")) columns.push({ label: t("col.place"), cell: (row) => (row.lat === null ? "" : `${row.lat.toFixed(4)}, ${row.lon.toFixed(4)}`) });
  return make("div", { class: "scroller", tabindex: "0", role: "region", "aria-label": title }, table(title, columns, rows));
}

// Sections of a document: its own plain values, then every list and object in it.
export function sections(title, value) {
  if (Array.isArray(value)) return [list(title, value.map((row) => (plain(row) ? { value: row } : row)))];
  const own = Object.entries(value).filter(([name, each]) => plain(each) && each !== null && each !== "" && !UNTOLD.includes(name));
  const inner = Object.entries(value).filter(([, each]) => !plain(each));
  const rows = own.map(([name, each]) => [label(name), shown(name, each)]);
  if (!rows.length && !inner.length) return [make("p", { class: "quiet", text: t("app.empty") })];
  return [...(rows.length ? [facts(rows)] : []), ...inner.flatMap(([name, each]) => (name === "items" ? sections(title, each) : [section(name, each)]))];
}

function section(name, value) {
  const title = knows(`head.${name}`) ? t(`head.${name}`) : label(name);
  return make("section", { class: "card" }, make("h2", { text: title }), ...sections(title, value));
}

async function load() {
  const query = location.search, twin = one("twin").getAttribute("href").split("?")[0];
  one("twin").href = twin + query;
  for (const each of document.querySelectorAll("[data-export]")) each.href = `${page.api}/exports/${each.dataset.export}${query}`;
  try {
    const found = named(await get(twin.slice(page.api.length) + query));
    one("report").replaceChildren(...sections(document.querySelector("h1").textContent, found), ...turning(found));
    if (page.report === "devices") one("report").append(section("congestion", await get("/congestion")));
    if (page.report === "audit") await showChain();
  } catch (error) {
    one("report").replaceChildren(make("p", { class: "problem", role: "alert", text: t("app.failed", { problem: error.message }) }));
  }
  document.body.dataset.ready = "1";
}

// Earlier and later pages of a list that is longer than one.
function turning({ total, page: number, size }) {
  if (!(total > size)) return [];
  const turn = (name, to) => {
    const query = new URLSearchParams(location.search);
    query.set("page", to);
    return link(`?${query}`, t(`queue.${name}`));
  };
  const pages = Math.ceil(total / size);
  return [make("nav", { class: "pages", "aria-label": t("nav.audit") }, ...(number > 1 ? [turn("previous", number - 1)] : []), make("span", { text: t("queue.page", { page: number, pages }) }), ...(number < pages ? [turn("next", number + 1)] : []))];
}

// What the rows of a document are about stands beside them: the name of a rule is a kind, of a seal a seal.
function named(found) {
  const about = { rule: "kind", seal: "seal_id" }[found.by];
  if (about) found.items = found.items.map(({ name, ...rest }) => ({ [about]: name, ...rest }));
  for (const item of found.items || []) for (const task of item.tasks || []) task.seal_id = item.seal_id;
  return found;
}

async function showChain() {
  const { fault } = await get("/audit/verify");
  const text = fault ? t("audit.broken", { entry: fault }) : t("audit.intact");
  one("report").prepend(make("p", { class: fault ? "problem" : "", role: "status", text }));
}

if (page.report) {
  const form = one("filters");
  if (form) fillForm(form);
  form?.addEventListener("submit", (event) => {
    event.preventDefault();
    const query = queryOf(form);
    history.pushState(null, "", query.size ? `?${query}` : location.pathname);
    load();
  });
  addEventListener("popstate", load);
  one("print")?.addEventListener("click", () => print());
  load();
}
