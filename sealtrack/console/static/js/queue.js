// The queue: a page of incidents by the filter in the address, and the keys to work through them.

import { make } from "../map/dom.js";
import { call, failed, get, post, tell } from "./api.js";
import { decide } from "./decide.js";
import { fields, fillForm, queryOf } from "./query.js";
import { count, page, t } from "./say.js";
import { ago, kind, link, severity, table, time } from "./tables.js";

const one = (id) => document.getElementById(id);
const form = one("filters"), list = one("list");
let shown = { items: [] }, at = 0, seen = null;

const COLUMNS = [
  { label: t("col.score"), number: true, cell: (row) => make("span", { class: "score", text: row.score }) },
  { label: t("col.severity"), cell: (row) => severity(row.severity) },
  { label: t("col.kinds"), cell: (row) => make("span", {}, ...row.kinds.map(kind)) },
  { label: t("col.shipment"), cell: (row) => make("span", { class: "whole" }, link(`/incidents/${row.incident_id}`, row.shipment_id)) },
  { label: t("col.carrier"), cell: (row) => row.carrier },
  { label: t("col.vehicle"), cell: (row) => make("span", { class: "whole", text: row.vehicle ?? "" }) },
  { label: t("col.cargo"), cell: (row) => row.cargo },
  { label: t("col.unit"), cell: (row) => row.unit },
  { label: `${t("col.start")} · ${t("col.age")}`, cell: (row) => make("span", {}, time(row.start), make("br"), ago(row.start)) },
  { label: t("col.status"), cell: (row) => t(`incident_status.${row.status}`) },
  { label: t("col.assigned"), cell: (row) => [row.assigned_unit, row.assigned_to].filter(Boolean).join(" · ") },
  { label: t("col.due"), cell: (row) => due(row) },
];

function due(row) {
  if (!row.due_at) return "";
  const left = Date.parse(row.due_at) - Date.now();
  return left < 0 ? make("span", { class: "late", title: row.due_at, text: t("queue.overdue") }) : time(row.due_at);
}

async function load() {
  const query = new URLSearchParams(location.search);
  one("twin").href = `${page.api}/incidents?${query}`;
  for (const each of document.querySelectorAll("[data-export]")) each.href = `${page.api}/exports/${each.dataset.export}?${query}`;
  try {
    shown = await get(`/incidents?${query}`);
  } catch (error) {
    return list.replaceChildren(make("p", { class: "problem", role: "alert", text: t("app.failed", { problem: error.message }) }));
  }
  one("fresh").hidden = true;
  sessionStorage.setItem("queue", JSON.stringify({ query: location.search, ids: shown.items.map((item) => item.incident_id) }));
  render();
}

function render() {
  at = Math.max(0, Math.min(at, shown.items.length - 1));
  list.replaceChildren(table(t("queue.title"), COLUMNS, shown.items, (tr, row) => {
    tr.classList.add(row.severity);
    tr.tabIndex = -1;
    tr.dataset.id = row.incident_id;
    tr.addEventListener("click", (event) => event.target.closest("a") || go(row));
    tr.addEventListener("focusin", () => choose(shown.items.indexOf(row), false));
  }));
  const pages = Math.max(1, Math.ceil(shown.total / shown.size));
  one("pages").replaceChildren(make("span", { text: t("queue.total", { total: count(shown.total) }) }),
    ...[["first", 1], ["previous", shown.page - 1], ["next", shown.page + 1], ["last", pages]].map(([name, number]) => turn(name, number, pages)),
    make("span", { text: t("queue.page", { page: count(shown.page), pages: count(pages) }) }));
  for (const name of ["unit", "carrier", "vehicle", "cargo"])
    one(`known-${name}`).replaceChildren(...[...new Set(shown.items.map((row) => row[name]).filter(Boolean))].map((value) => make("option", { value })));
  choose(at, false);
}

function turn(name, number, pages) {
  const query = new URLSearchParams(location.search);
  query.set("page", number);
  const button = make("button", { type: "button", text: t(`queue.${name}`), click: () => { at = 0; open(query); } });
  button.disabled = number < 1 || number > pages || number === shown.page;
  return button;
}

function open(query) {
  history.pushState(null, "", query.size ? `/?${query}` : "/");
  load();
}

const rows = () => [...list.querySelectorAll("tbody tr")];
const go = (row) => location.assign(`/incidents/${row.incident_id}`);

function choose(number, focus = true) {
  at = Math.max(0, Math.min(number, shown.items.length - 1));
  rows().forEach((tr, index) => { tr.classList.toggle("at", index === at); tr.tabIndex = index === at ? 0 : -1; });
  if (focus) rows()[at]?.focus();
}

async function act(action) {
  const changed = await decide(action, shown.items[at]).catch((error) => { tell(error.message); return error.status === 412; });
  if (changed) await load();
  rows()[at]?.focus();
}

const KEYS = { j: () => choose(at + 1), k: () => choose(at - 1), a: () => act("acknowledge"), s: () => act("assign"), n: () => act("note"), v: () => act("verdict"), Enter: () => go(shown.items[at]) };

addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, textarea, select, dialog, a, button, summary")) return;
  if (event.key === "/") { event.preventDefault(); return form.elements.q.focus(); }
  if (!KEYS[event.key] || !shown.items.length) return;
  event.preventDefault();
  KEYS[event.key]();
});

form.addEventListener("submit", (event) => { event.preventDefault(); at = 0; open(queryOf(form)); });
addEventListener("popstate", () => { fillForm(form); load(); });
one("fresh").addEventListener("click", load);
addEventListener("counts", ({ detail }) => {
  one("counts").replaceChildren(...[["", detail.new, t("queue.new")], ["critical", detail.by_severity.critical, t("severity.critical")], ["warning", detail.by_severity.warning, t("severity.warning")], ["", detail.open, t("queue.open")]]
    .map(([name, value, text]) => make("span", { class: name }, make("strong", { text: count(value) }), ` ${text}`)));
  if (seen && seen !== detail.updated_at) { one("fresh").hidden = false; one("fresh").textContent = t("queue.arrived"); }
  seen = detail.updated_at;
});

async function showViews() {
  const { items } = await get("/views");
  one("views").replaceChildren(...items.map((view) => make("span", { class: "view" }, link(`/?${view.query}`, view.name),
    make("button", { type: "button", "aria-label": `${t("app.remove")}: ${view.name}`, text: "×", click: () => call("DELETE", `/views/${view.id}`).then(showViews, failed) }))));
}

one("save-view").addEventListener("click", () => {
  const name = make("input", { name: "name", required: "", maxlength: 100 });
  const dialog = make("dialog", { "aria-labelledby": "asked" }), inner = make("form", {}, make("h2", { id: "asked", text: t("queue.save_view") }), make("label", {}, t("queue.view_name"), name),
    make("div", { class: "buttons" }, make("button", { type: "button", text: t("app.cancel"), click: () => dialog.close() }), make("button", { class: "main", text: t("app.save") })));
  inner.addEventListener("submit", (event) => {
    event.preventDefault();
    post("/views", { name: name.value, query: String(queryOf(form)) }).then(showViews, failed);
    dialog.close();
  });
  dialog.append(inner);
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
});

fillForm(form);
if (fields(form).some((field) => field.value && field.closest("details"))) form.querySelector("details").open = true;
load();
showViews().catch(failed);
