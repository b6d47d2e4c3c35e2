// Calls the API as the user who is logged in.

import { page, t } from "./say.js";

export class Refused extends Error {
  constructor(status, body) {
    super(status === 412 ? t("decide.changed") : body.detail || String(status));
    this.status = status;
    this.code = body.code;
  }
}

// The JSON of the answer, null if it has none. Refused: the server said no, in a sentence.
// `revision`: what the change is based on; where somebody was quicker it is refused.
export async function call(method, path, body, revision) {
  const headers = method === "GET" ? {} : { "Content-Type": "application/json", "X-CSRF-Token": page.csrf || "" };
  if (revision !== undefined) headers["If-Match"] = `"${revision}"`;
  const answer = await fetch(page.api + path, { method, headers, body: body === undefined ? undefined : JSON.stringify(body) });
  const text = await answer.text();
  const found = /json/.test(answer.headers.get("Content-Type")) ? JSON.parse(text) : {};
  if (answer.ok) return text ? found : null;
  if (answer.status === 401 && page.user) location.assign(`/login?next=${encodeURIComponent(location.pathname + location.search)}`);
  throw new Refused(answer.status, found);
}

export const get = (path) => call("GET", path);
export const post = (path, body = {}) => call("POST", path, body);

// Says something without taking the focus; screen readers read it out.
export function tell(text) {
  document.getElementById("said").textContent = text;
}

export function failed(error) {
  tell(t("app.failed", { problem: error.message }));
}
