// The moment that is shown: a slider, a play button and, where the page has one, a choice of speeds.

import { language, stamp } from "./words.js";

// The slider's right end is "everything", given as Infinity; left of it is what had happened by then.
export function watchTime(scene, changed) {
  const slider = document.getElementById("time"), play = document.getElementById("play"), moment = document.getElementById("moment");
  const speed = document.getElementById("speed");
  let running = 0;
  const chosen = () => (Number(slider.value) >= Number(slider.max) ? Infinity : scene.t0 + ((scene.t1 - scene.t0) * slider.value) / slider.max);
  const show = (now = chosen()) => {
    moment.textContent = now === Infinity ? language.whole : stamp(now);
    changed(now);
  };
  const stop = () => { clearInterval(running); running = 0; play.textContent = "▶"; play.setAttribute("aria-pressed", "false"); };
  const step = () => {
    slider.value = Number(slider.value) + Number(speed?.value || 1);
    show();
    if (slider.value === slider.max) stop();
  };
  slider.addEventListener("input", () => { stop(); show(); });
  play.addEventListener("click", () => {
    if (running) return stop();
    if (slider.value === slider.max) slider.value = 0;
    play.textContent = "❚❚";
    play.setAttribute("aria-pressed", "true");
    running = setInterval(step, 40);
  });
  document.getElementById("timeline").hidden = !(scene.t1 > scene.t0);
  show();
  // To a moment, exactly: the slider's own steps are coarser than reports are.
  return (now) => { stop(); slider.value = (slider.max * (now - scene.t0)) / (scene.t1 - scene.t0); show(now < scene.t1 ? now : Infinity); };
}
