// Words for names, times and numbers. The console fills `language` before it draws; as it stands it is plain English.

export const language = {
  names: {}, units: { s: "s", min: "min", h: "h" }, open: "still open", unknownPlace: "place unknown", whole: "whole period", yes: "true", no: "false",
  zone: undefined, // the browser's own
};
let clock = null;

export function stamp(ms) {
  // Sweden writes its dates and times as ISO 8601 does.
  clock ??= new Intl.DateTimeFormat("sv-SE", { timeZone: language.zone, dateStyle: "short", timeStyle: "short" });
  return clock.format(ms);
}

export function span(ms) {
  const minutes = Math.round(ms / 60000), { s, min, h } = language.units;
  if (minutes < 1) return `${Math.round(ms / 1000)} ${s}`;
  return minutes < 60 ? `${minutes} ${min}` : `${Math.floor(minutes / 60)} ${h} ${minutes % 60} ${min}`;
}

export function words(name) {
  return language.names[name] ?? name.replaceAll("_", " ");
}

// An evidence field, unit split off its name: duration_s 930 -> ["duration", "16 min"].
export function fact(name, value) {
  if (Array.isArray(value)) return [words(name), value.map((one) => words(String(one))).join(", ")];
  if (typeof value === "boolean") return [words(name), value ? language.yes : language.no];
  if (/_at$/.test(name) && typeof value === "string") return [words(name), stamp(Date.parse(value))];
  if (typeof value !== "number") return [words(name), value === null ? "none" : typeof value === "object" ? JSON.stringify(value) : String(value)];
  const unit = (name.match(/_(ms|s|m|km|kmh|pct|deg)$/) || [])[1];
  const label = words(unit && !(name in language.names) ? name.slice(0, -unit.length - 1) : name);
  const text = Number.isInteger(value) ? String(value) : value.toFixed(unit === "m" ? 0 : 2);
  if (unit === "s") return [label, span(value * 1000)];
  return [label, `${text} ${{ kmh: "km/h", pct: "%", deg: "°" }[unit] || unit || ""}`.trim()];
}

// From when to when.
export function when(alert) {
  const end = alert.end === null ? language.open : `${stamp(alert.end)} (${span(alert.end - alert.start)})`;
  return `${stamp(alert.start)} → ${end}${alert.place ? "" : `, ${language.unknownPlace}`}`;
}
