// Where the map looks, and what moves it: pointer, wheel, keys.

import { metre } from "./geo.js";
import { pick, showTip } from "./pick.js";

const K_MIN = 200, K_MAX = 4e8; // pixels for the whole world

export function makeCamera(view, redraw) {
  const zoom = (factor, x = view.width / 2, y = view.height / 2) => {
    const k = Math.min(K_MAX, Math.max(K_MIN, view.k * factor)), by = k / view.k;
    view.fitted = false;
    view.dx = x - (x - view.dx) * by;
    view.dy = y - (y - view.dy) * by;
    view.k = k;
    redraw();
  };
  const centre = ([x, y], k) => {
    view.k = Math.max(view.k, k);
    view.dx = view.width / 2 - x * view.k;
    view.dy = view.height / 2 - y * view.k;
    view.fitted = false;
    redraw();
  };
  const fit = (box) => {
    if (!(box.x1 >= box.x0)) return redraw(); // nothing to show
    const pad = 70;
    const wide = (view.width - 2 * pad) / Math.max(box.x1 - box.x0, 1e-6), high = (view.height - 2 * pad) / Math.max(box.y1 - box.y0, 1e-6);
    view.k = Math.max(K_MIN, Math.min(wide, high));
    centre([(box.x0 + box.x1) / 2, (box.y0 + box.y1) / 2], 0);
    view.fitted = true;
  };
  const pan = (x, y) => { view.dx += x; view.dy += y; view.fitted = false; redraw(); };
  return { zoom, centre, fit, pan };
}

export function watchPointer(canvas, scene, view, camera, redraw, openAlert) {
  const down = new Map();
  let moved = 0;
  const spot = (event) => { const box = canvas.getBoundingClientRect(); return [event.clientX - box.left, event.clientY - box.top]; };
  canvas.addEventListener("pointerdown", (event) => {
    canvas.setPointerCapture(event.pointerId);
    down.set(event.pointerId, spot(event));
    moved = 0;
  });
  canvas.addEventListener("pointermove", (event) => {
    const now = spot(event), before = down.get(event.pointerId);
    if (!before) return showTip(pick(scene, view, ...now), now, view);
    const other = [...down].find(([id]) => id !== event.pointerId)?.[1];
    if (other) camera.zoom(distance(now, other) / Math.max(1, distance(before, other)), ...other);
    else camera.pan(now[0] - before[0], now[1] - before[1]);
    moved += distance(now, before);
    down.set(event.pointerId, now);
    canvas.classList.add("dragging");
    showTip(null);
  });
  for (const name of ["pointerup", "pointercancel"])
    canvas.addEventListener(name, (event) => {
      down.delete(event.pointerId);
      canvas.classList.remove("dragging");
      const hit = moved < 5 && name === "pointerup" && pick(scene, view, ...spot(event));
      if (hit?.open) hit.open();
      else if (hit?.alert) openAlert(hit.alert);
    });
  canvas.addEventListener("pointerleave", () => showTip(null));
  canvas.addEventListener("wheel", (event) => { event.preventDefault(); camera.zoom(Math.exp(-event.deltaY * 0.0018), ...spot(event)); }, { passive: false });
  canvas.addEventListener("dblclick", (event) => camera.zoom(2, ...spot(event)));
}

export function distance(a, b) {
  return Math.hypot(a[0] - b[0], a[1] - b[1]);
}

export function watchKeys(camera, everything, select) {
  const keys = {
    "+": () => camera.zoom(1.5), "=": () => camera.zoom(1.5), "-": () => camera.zoom(1 / 1.5), 0: everything, Escape: () => select(null),
    ArrowLeft: () => camera.pan(60, 0), ArrowRight: () => camera.pan(-60, 0), ArrowUp: () => camera.pan(0, 60), ArrowDown: () => camera.pan(0, -60),
    " ": () => document.getElementById("play")?.click(),
  };
  addEventListener("keydown", (event) => {
    if (event.target.closest("button, input, select, textarea, a, dialog") || !keys[event.key] || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    keys[event.key]();
  });
  document.getElementById("zoom-in").addEventListener("click", keys["+"]);
  document.getElementById("zoom-out").addEventListener("click", keys["-"]);
  document.getElementById("fit").addEventListener("click", everything);
}

export function drawScale(view) {
  const perPixel = 1 / (metre((view.height / 2 - view.dy) / view.k) * view.k);
  const size = 10 ** Math.floor(Math.log10(perPixel * 110)), nice = [5, 2, 1].find((n) => n * size <= perPixel * 110) * size;
  const label = document.querySelector("#scale span");
  label.style.width = `${nice / perPixel}px`;
  label.textContent = nice >= 1000 ? `${nice / 1000} km` : `${nice} m`;
}
