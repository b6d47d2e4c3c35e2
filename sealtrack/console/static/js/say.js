// Words, times and numbers of a page, in its language and zone.

import { language, span, stamp } from "../map/words.js";

export const page = document.body.dataset;
const messages = await (await fetch(`/static/messages/${document.documentElement.lang}.json`)).json();
const number = new Intl.NumberFormat(document.documentElement.lang);

Object.assign(language, {
  names: { ...messages.event, ...messages.place, ...messages.field, ...messages.evidence, ...messages.severity, ...messages.kind },
  units: messages.units, zone: page.zone, open: messages.app.still_open, unknownPlace: messages.app.unknown_place, whole: messages.app.whole,
  yes: messages.app.yes, no: messages.app.no,
});

// The order in which evidence is told: that of the messages, which is that of the rules.
export const rank = Object.fromEntries(Object.keys(messages.evidence).map((name, place) => [name, place]));

export const knows = (key) => key.split(".")[1] in (messages[key.split(".")[0]] || {});

// The text "table.name" as it stands.
export function raw(key) {
  const [table, name] = key.split(".");
  return messages[table]?.[name] ?? name;
}

// The same with {…} in it filled in from `values`.
export function t(key, values = {}) {
  return raw(key).replace(/\{(\w+)\}/g, (_, one) => values[one] ?? "");
}

export const count = (value) => number.format(value);

// "2026-03-10 14:05" of a moment given as text or milliseconds.
export const at = (moment) => (moment === null || moment === undefined ? "" : stamp(new Date(moment)));

export function age(ms) {
  return ms < 172_800_000 ? span(Math.max(0, ms)) : `${Math.round(ms / 86_400_000)} ${language.units.d}`;
}

// What a field for local times holds, as a moment in UTC; the zone is the page's, not the browser's.
export function fromLocal(text) {
  const guess = Date.parse(`${text}Z`);
  let moment = guess;
  for (let i = 0; i < 2; i++) moment = guess - (Date.parse(`${stamp(moment).replace(" ", "T")}Z`) - moment);
  return new Date(moment).toISOString();
}

export const toLocal = (moment) => stamp(new Date(moment)).replace(" ", "T");
