// Users: who they are, what they may, one-time passwords.

import { make } from "../map/dom.js";
import { call, get, post } from "./api.js";
import { t } from "./say.js";
import { table } from "./tables.js";

const one = (id) => document.getElementById(id), form = one("add"), made = one("made");
const say = (text) => { made.hidden = false; made.textContent = text; };

function tellPassword(user, answer) {
  if (answer?.one_time_password) say(t("users.one_time", { user, password: answer.one_time_password }));
}

function change(user, values) {
  return call("PATCH", `/users/${encodeURIComponent(user)}`, values).then((answer) => { tellPassword(user, answer); return load(); }).catch((error) => say(error.message));
}

async function load() {
  const found = await get("/users");
  const button = (label, user, values) => make("button", { type: "button", "aria-label": `${label}: ${user}`, text: label, click: () => change(user, values) });
  one("report").replaceChildren(table(t("users.title"), [
    { label: t("col.user"), cell: (row) => row.user }, { label: t("col.name"), cell: (row) => row.name },
    { label: t("col.role"), cell: (row) => t(`role.${row.role}`) }, { label: t("col.unit"), cell: (row) => row.units.join(", ") },
    { label: t("col.active"), cell: (row) => t(row.active ? "app.yes" : "app.no") },
    { label: t("col.what"), cell: (row) => make("span", {}, button(t("users.reset"), row.user, { new_password: true }), " ", row.active ? button(t("users.disable"), row.user, { active: false }) : button(t("users.enable"), row.user, { active: true })) },
  ], found.items));
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const { user, name, role, units } = Object.fromEntries(new FormData(form));
  try {
    tellPassword(user, await post("/users", { user, name: name || user, role, units: units.split("\n").map((unit) => unit.trim()).filter(Boolean) }));
    form.reset();
    await load();
  } catch (error) {
    say(error.message);
  }
});
load().catch((error) => say(error.message));
