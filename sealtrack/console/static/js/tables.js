// Tables and the small things in their cells.

import { make, mark } from "../map/dom.js";
import { words } from "../map/words.js";
import { age, at, t } from "./say.js";

// `columns`: [{ label, cell: (row) => text or node, number }]; `prepare(tr, row)` may add to a row.
export function table(label, columns, rows, prepare = () => {}) {
  if (!rows.length) return make("p", { class: "quiet", text: t("app.empty") });
  const head = columns.map(({ label: text, number }) => make(text ? "th" : "td", { ...(text ? { scope: "col" } : {}), class: number ? "number" : "", text }));
  const body = rows.map((row) => {
    const tr = make("tr", {}, ...columns.map(({ cell, number }) => make("td", { class: number ? "number" : "" }, cell(row) ?? "")));
    prepare(tr, row);
    return tr;
  });
  return make("table", {}, make("caption", { class: "unseen", text: label }), make("thead", {}, make("tr", {}, ...head)), make("tbody", {}, ...body));
}

export const link = (address, text) => make("a", { href: address, text });
export const shipmentLink = (id) => link(`/shipments/${encodeURIComponent(id)}`, id);
export const sealLink = (id) => link(`/seals/${encodeURIComponent(id)}`, id);
export const severity = (name) => make("span", { class: `severity ${name}`, text: words(name) });
export const kind = (name) => make("span", { class: "kind" }, mark(name), words(name));
export const time = (moment) => (moment ? make("time", { datetime: new Date(moment).toISOString(), text: at(moment) }) : "");

export function ago(moment, now = Date.now()) {
  return moment ? make("span", { class: "quiet", title: at(moment), text: age(now - Date.parse(moment)) }) : "";
}
