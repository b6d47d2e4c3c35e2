// The forms by which people decide about an incident, in a dialog each.

import { make } from "../map/dom.js";
import { call, get, post, tell } from "./api.js";
import { fromLocal, page, t, toLocal } from "./say.js";

const RANK = ["viewer", "analyst", "supervisor", "admin"];
export const may = (role) => RANK.indexOf(page.role) >= RANK.indexOf(role);

const field = (name, label, input, attributes = {}) => make("label", {}, label, make(input, { name, ...attributes }));
const choice = (name, label, options) =>
  make("label", {}, label, make("select", { name }, ...options.map(([value, text]) => make("option", { value, text }))));
const remark = (label, attributes) => field("text", label, "textarea", { rows: 4, maxlength: 10000, ...attributes });

const FORMS = {
  assign: assignFields,
  note: () => [remark(t("decide.note_text"), { required: "" })],
  verdict: verdictFields,
  escalate: () => [remark(t("decide.text"))],
  close: () => [make("p", { class: "quiet", text: t("decide.four_eyes") }), remark(t("decide.text"))],
  reopen: () => [remark(t("decide.text"))],
  suppress: (incident) => [
    choice("what", t("decide.suppress_what"), scopes(incident)),
    choice("kind", t("col.kind"), [["", t("queue.any")], ...incident.kinds.map((kind) => [kind, t(`kind.${kind}`)])]),
    field("until", t("decide.until"), "input", { type: "datetime-local", required: "", value: toLocal(Date.now() + 86_400_000) }),
    field("reason", t("decide.suppress_reason"), "textarea", { rows: 3, required: "" }),
  ],
};

// A shipment may have several approved routes, joined by "|".
function scopes({ shipment_id, seal_id, route_id }) {
  const all = [["shipment", shipment_id], ["seal", seal_id], ...(route_id || "").split("|").filter(Boolean).map((route) => ["route", route])];
  return all.map(([scope, value]) => [`${scope}_id ${value}`, `${t(`decide.suppress_${scope}`)}: ${value}`]);
}

async function assignFields(incident) {
  const { items } = await get("/officers");
  const officers = [["", t("app.none")], ...items.map(({ user, name }) => [user, name === user ? user : `${name} (${user})`])];
  const officer = choice("officer", t("decide.officer"), officers);
  officer.querySelector("select").value = incident.assigned_to || "";
  return [field("unit", t("decide.unit"), "input", { value: incident.assigned_unit || incident.unit || "", maxlength: 200 }), officer];
}

async function verdictFields() {
  const { verdicts } = await get("/choices");
  const reason = choice("reason", t("decide.reason"), []), list = reason.querySelector("select");
  const verdict = choice("verdict", t("decide.verdict_is"), Object.keys(verdicts).map((name) => [name, t(`verdict.${name}`)]));
  const fill = () => list.replaceChildren(...verdicts[verdict.querySelector("select").value].map((code) => make("option", { value: code, text: t(`reason_code.${code}`) })));
  verdict.addEventListener("change", fill);
  fill();
  return [verdict, reason, remark(t("decide.text"))];
}

// What somebody may do with this incident now.
export function actions(incident) {
  if (!may("analyst")) return [];
  if (incident.status === "closed") return may("supervisor") ? ["note", "reopen"] : ["note"];
  const first = ["new", "escalated"].includes(incident.status) ? ["acknowledge"] : [];
  const last = may("supervisor") ? ["suppress"] : [];
  return [...first, "assign", "note", "verdict", ...(incident.status === "escalated" ? [] : ["escalate"]), "close", ...last];
}

// Carries an action out, asking first where there is something to say; resolves to the incident as it is then, or null.
export async function decide(action, incident) {
  if (!actions(incident).includes(action)) return null;
  if (action === "acknowledge") return send(action, incident, {});
  const fields = await FORMS[action](incident);
  return new Promise((resolve) => {
    const problem = make("p", { class: "problem", role: "alert", hidden: "" });
    const cancel = make("button", { type: "button", text: t("app.cancel"), click: () => dialog.close() });
    const form = make("form", {}, make("h2", { id: "asked", text: `${t(`decide.${action}`)}: ${incident.shipment_id}` }), ...fields, problem,
      make("div", { class: "buttons" }, cancel, make("button", { class: "main", text: t(`decide.${action}`) })));
    const dialog = make("dialog", { "aria-labelledby": "asked" }, form);
    let changed = null;
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      try {
        changed = await send(action, incident, Object.fromEntries([...new FormData(form)].filter(([, value]) => value !== "")));
        dialog.close();
      } catch (error) {
        problem.hidden = false;
        problem.textContent = error.message;
      }
    });
    dialog.addEventListener("close", () => { dialog.remove(); resolve(changed); });
    document.body.append(dialog);
    dialog.showModal();
  });
}

async function send(action, incident, given) {
  const path = `/incidents/${encodeURIComponent(incident.incident_id)}`;
  if (action === "suppress") {
    const { what, kind, until, reason } = given;
    const [scope, ...value] = what.split(" ");
    await post("/suppressions", { [scope]: value.join(" "), ...(kind ? { kind } : {}), until: fromLocal(until), reason });
  }
  const changed = action === "suppress" ? await get(path) : await call("POST", `${path}/${action}`, given, action === "note" ? undefined : incident.revision);
  tell(t("decide.done", { what: t(`decide.${action}`) }));
  return changed;
}
