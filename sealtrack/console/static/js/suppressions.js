// Suppressions that hold, whose they are, until when; a supervisor may end one.

import { make } from "../map/dom.js";
import { call, failed, get } from "./api.js";
import { may } from "./decide.js";
import { t } from "./say.js";
import { kind, table, time } from "./tables.js";

async function load() {
  const { items } = await get("/suppressions");
  const end = (row) => make("button", { type: "button", "aria-label": `${t("app.remove")}: ${row.value}`, text: t("app.remove"), click: () => call("DELETE", `/suppressions/${row.id}`).then(load, failed) });
  document.getElementById("report").replaceChildren(table(t("nav.suppressions"), [
    { label: t("decide.suppress_what"), cell: (row) => `${t(`decide.suppress_${row.scope}`)}: ${row.value}` }, { label: t("col.kind"), cell: (row) => (row.kind ? kind(row.kind) : t("queue.any")) },
    { label: t("decide.until"), cell: (row) => time(row.until) }, { label: t("decide.reason"), cell: (row) => row.reason }, { label: t("col.who"), cell: (row) => row.owner },
    ...(may("supervisor") ? [{ label: t("col.what"), cell: end }] : []),
  ], items));
  document.body.dataset.ready = "1";
}

load().catch(failed);
