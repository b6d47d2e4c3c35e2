// What every page has: language, theme, sign out, help, and the count of new incidents, live.

import { make } from "../map/dom.js";
import { call, post } from "./api.js";
import { count, page, t } from "./say.js";

const one = (id) => document.getElementById(id);
const keep = (name, value) => { document.cookie = `${name}=${value}; path=/; max-age=31536000; samesite=lax`; };

const KEYS = [["j", "down"], ["k", "up"], ["Enter", "enter"], ["a", "acknowledge"], ["s", "assign"], ["n", "note"], ["v", "verdict"], ["/", "search"], ["␣", "play"], ["← →", "step"], ["+ − 0", "zoom"], ["Esc", "escape"], ["?", "help"]];

function help() {
  const rows = KEYS.map(([key, name]) => make("tr", {}, make("th", { scope: "row" }, make("kbd", { text: key })), make("td", { text: t(`keys.${name}`) })));
  const dialog = make("dialog", { "aria-labelledby": "keys-title" }, make("h2", { id: "keys-title", text: t("keys.title") }),
    make("table", {}, make("tbody", {}, ...rows)), make("form", { method: "dialog", class: "buttons" }, make("button", { text: t("app.close") })));
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}

function show(counts) {
  const badge = one("new-count");
  if (!badge) return;
  badge.hidden = !counts.new;
  badge.textContent = count(counts.new);
  badge.title = `${count(counts.new)} ${t("queue.new")}`;
  dispatchEvent(new CustomEvent("counts", { detail: counts }));
}

// A browser opens six connections to a server, for all its tabs together: only the tab that is looked at holds one.
function watch() {
  let stream = null;
  const open = () => {
    stream?.close();
    stream = document.hidden ? null : new EventSource(`${page.api}/stream`);
    if (!stream) return;
    stream.addEventListener("counts", (event) => show(JSON.parse(event.data)));
    stream.addEventListener("signed_out", () => location.reload());
    stream.onopen = () => { one("offline").hidden = true; };
    stream.onerror = () => { one("offline").hidden = false; };
  };
  document.addEventListener("visibilitychange", open);
  addEventListener("pagehide", () => stream?.close());
  addEventListener("pageshow", (event) => event.persisted && open());
  open();
}

one("language").addEventListener("change", async (event) => {
  const language = event.target.value;
  keep("language", language);
  if (page.user) await call("PATCH", "/me", { language });
  location.reload();
});
one("theme").addEventListener("change", (event) => {
  keep("theme", event.target.value);
  document.documentElement.dataset.theme = event.target.value;
  dispatchEvent(new Event("theme"));
});
one("logout")?.addEventListener("click", async () => { await post("/logout"); location.assign("/login"); });
one("help")?.addEventListener("click", help);
addEventListener("keydown", (event) => {
  if (event.key === "?" && page.user && !event.target.closest("input, textarea, select, dialog")) help();
});
if (one("new-count")) watch();
