// Choose a new password.

import { post } from "./api.js";
import { t } from "./say.js";

const form = document.getElementById("password"), problem = form.querySelector(".problem");
const say = (text) => { problem.hidden = false; problem.textContent = text; };
form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const given = Object.fromEntries(new FormData(form));
  if (given.new !== given.again) return say(t("password.differ"));
  try {
    await post("/password", { old: given.old, new: given.new });
    location.assign("/");
  } catch (error) {
    say(error.message);
  }
});
