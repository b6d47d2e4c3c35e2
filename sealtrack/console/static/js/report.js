// Pages of tables: whatever lists their JSON holds, each as a table, single values before them.

import { facts, make } from "../map/dom.js";
import { fact, words } from "../map/words.js";
import { get } from "./api.js";
import { fillForm, queryOf } from "./query.js";
import { at, count, knows, page, t } from "./say.js";
import { kind, link, sealLink, severity, shipmentLink, table, time } from "./tables.js";

const one = (id) => document.getElementById(id);
const LINKS = { shipment_id: shipmentLink, seal_id: sealLink, seal: sealLink, incident_id: (id) => link(`/incidents/${id}`, id) };
const WORDS = { status: ["incident_status", "alert_status"], verdict: ["verdict"], reason: ["reason_code"], role: ["role"], action: ["action"], state: ["live"] };

const plain = (value) => value === null || typeof value !== "object";
const label = (name) => (knows(`col.${name}`) ? t(`col.${name}`) : fact(name, 0)[0]);

// A value by what its name says it is.
export function shown(name, value) {
  if (value === null || value === undefined || value === "") return "";
  if (LINKS[name]) return LINKS[name](value);
  if (name === "kind" || name === "rule") return kind(value);
  if (name === "kinds") return make("span", {}, ...value.map(kind));
  if (name === "severity") return severity(value);
  const table = (WORDS[name] || []).find((one) => knows(`${one}.${value}`));
  if (table) return t(`${table}.${value}`);
  if (/_ms$/.test(name) && value > 1e11) return time(value);
  if (typeof value === "string" && /^\d{4}-\d\d-\d\dT/.test(value)) return time(value);
  if (typeof value === "boolean") return t(value ? "app.yes" : "app.no");
  if (Array.isArray(value)) return value.map((each) => (plain(each) ? words(String(each)) : brief(each))).join(", ");
  if (!plain(value)) return brief(value);
  if (typeof value === "number") return /_(s|m|km|kmh|pct|deg)$/.test(name) ? fact(name, value)[1] : count(value);
  return String(value);
}

const brief = (object) => Object.entries(object).filter(([, value]) => value !== null && plain(value)).map(([name, value]) => `${label(name)} ${/_at$/.test(name) ? at(value) : value}`).join(", ");

function list(title, rows) {
  const names = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const columns = names.map((name) => ({ label: label(name), number: rows.some((row) => typeof row[name] === "number"), cell: (row) => shown(name, row[name]) }));
  return make("div", { class: "scroller", tabindex: "0", role: "region", "aria-label": title }, table(title, columns, rows));
}

// Sections of a document: its own plain values, then every list and object in it.
export function sections(title, value) {
  if (Array.isArray(value)) return [list(title, value.map((row) => (plain(row) ? { value: row } : row)))];
  const own = Object.entries(value).filter(([, each]) => plain(each));
  const inner = Object.entries(value).filter(([, each]) => !plain(each));
  const rows = own.map(([name, each]) => [label(name), shown(name, each)]).map(([name, each]) => [name, each.textContent ?? each]);
  return [...(rows.length ? [facts(rows)] : []), ...inner.map(([name, each]) => section(name, each))];
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
    const found = await get(twin.slice(page.api.length) + query);
    one("report").replaceChildren(...sections(document.querySelector("h1").textContent, found));
    if (page.report === "devices") one("report").append(section("congestion", await get("/congestion")));
    if (page.report === "audit") await showChain();
  } catch (error) {
    one("report").replaceChildren(make("p", { class: "problem", role: "alert", text: t("app.failed", { problem: error.message }) }));
  }
  document.body.dataset.ready = "1";
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
