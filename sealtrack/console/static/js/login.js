// Log in, then on to the page that was asked for.

import { post } from "./api.js";
import { t } from "./say.js";

// Only a path of this server: "//other.example" would be another one.
function wanted() {
  const next = new URLSearchParams(location.search).get("next") || "/";
  return /^\/(?![/\\])/.test(next) ? next : "/";
}

const form = document.getElementById("login"), problem = form.querySelector(".problem");
form.addEventListener("submit", async (event) => {
  event.preventDefault();
  try {
    await post("/login", { user: form.elements.user.value, password: form.elements.password.value });
    location.assign(wanted());
  } catch (error) {
    problem.hidden = false;
    problem.textContent = { 401: t("login.wrong"), 429: t("login.limited") }[error.status] || error.message;
    form.elements.password.select();
  }
});
