// Time strips under the map: one below the other, on one axis, with the moment as a line through all of them.

import { make } from "../../map/dom.js";
import { at, t } from "../say.js";
import { STATE_COLOUR } from "./layers.js";

const STRIPS = [
  { name: "speed", column: "speed_kmh", unit: "km/h" },
  { name: "off_route", column: "off_route_m", unit: "m" },
  { name: "battery", column: "battery_pct", unit: "%", most: 100 },
  { name: "lock", column: "lock" },
  { name: "satellites", column: "satellites", unit: "" },
];
const LOCK_COLOUR = { locked: "state-locked", unlocked: "state-open", cut: "state-open", unknown: "state-stale" };
const BREAK_MS = 600_000;
const TICKS_MIN = [1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720, 1440];

export function makeStrips(scene, colourOf, moveTo) {
  const box = document.getElementById("strips");
  const canvases = STRIPS.map((strip) => {
    const canvas = make("canvas", { "aria-hidden": "true" });
    box.append(make("div", { class: "strip" }, make("span", { text: t(`incident.${strip.name}`) }), canvas));
    return canvas;
  });
  const axis = make("canvas", { "aria-hidden": "true" });
  box.append(make("div", { class: "strip axis" }, make("span"), axis));
  let moment = Infinity;
  const draw = () => {
    STRIPS.forEach((strip, number) => drawStrip(canvases[number], scene, strip, moment, colourOf()));
    drawAxis(axis, scene, colourOf());
  };
  follow(box, canvases[0], scene, moveTo, () => moment);
  new ResizeObserver(draw).observe(box);
  return {
    draw,
    show(now) {
      moment = now;
      box.setAttribute("aria-valuenow", now === Infinity ? 100 : Math.round((100 * (now - scene.t0)) / (scene.t1 - scene.t0)));
      box.setAttribute("aria-valuetext", now === Infinity ? t("app.whole") : at(now));
      draw();
    },
  };
}

function follow(box, axis, scene, moveTo, current) {
  const choose = (event) => {
    const { left, width } = axis.getBoundingClientRect();
    moveTo(scene.t0 + (scene.t1 - scene.t0) * Math.max(0, Math.min(1, (event.clientX - left) / width)));
  };
  box.addEventListener("pointerdown", (event) => { box.setPointerCapture(event.pointerId); choose(event); });
  box.addEventListener("pointermove", (event) => event.buttons && choose(event));
  box.addEventListener("keydown", (event) => {
    const now = Math.min(current(), scene.t1), times = scene.reports;
    const next = { ArrowRight: () => times.find((one) => one.t > now)?.t ?? scene.t1, ArrowLeft: () => times.findLast((one) => one.t < now)?.t ?? scene.t0, Home: () => scene.t0, End: () => scene.t1 }[event.key];
    if (!next) return;
    event.preventDefault();
    event.stopPropagation();
    moveTo(next());
  });
}

// A canvas made ready: its context, its size, and where a moment is on it. Null while it has no size.
function prepared(canvas, scene) {
  const { clientWidth: width, clientHeight: height } = canvas, ratio = devicePixelRatio || 1;
  if (!width) return null;
  canvas.width = width * ratio; canvas.height = height * ratio;
  const g = canvas.getContext("2d"), x = (time) => ((time - scene.t0) / (scene.t1 - scene.t0 || 1)) * width;
  g.scale(ratio, ratio);
  return { g, width, height, x };
}

// Hours of the page's zone, some finger's breadths apart.
function drawAxis(canvas, scene, colour) {
  const made = prepared(canvas, scene);
  if (!made || !(scene.t1 > scene.t0)) return;
  const { g, width, x } = made, minutes = (scene.t1 - scene.t0) / 60_000;
  const step = TICKS_MIN.find((one) => (one / minutes) * width > 64) ?? TICKS_MIN.at(-1), every = Math.min(step, 60);
  g.fillStyle = g.strokeStyle = colour("quiet"); g.font = "10px system-ui, sans-serif"; g.textAlign = "center"; g.textBaseline = "top";
  for (let time = Math.ceil(scene.t0 / (every * 60_000)) * every * 60_000; time <= scene.t1; time += every * 60_000) {
    const [day, hour] = at(time).split(" "), whole = Number(hour.slice(0, 2)) * 60 + Number(hour.slice(3));
    if (whole % step || x(time) < 16 || x(time) > width - 16) continue;
    g.fillRect(x(time) - 0.5, 0, 1, 4);
    g.fillText(whole ? hour : day.slice(5), x(time), 5);
  }
}

function drawStrip(canvas, scene, strip, moment, colour) {
  const made = prepared(canvas, scene);
  if (!made) return;
  const { g, width, height, x } = made;
  g.fillStyle = colour("paper"); g.fillRect(0, 0, width, height);
  for (const alert of scene.alerts) {
    g.fillStyle = colour(alert.kind, "other"); g.globalAlpha = 0.16;
    g.fillRect(x(alert.start), 0, Math.max(2, x(alert.end ?? scene.t1) - x(alert.start)), height);
  }
  g.globalAlpha = 1;
  if (strip.column === "lock") drawLock(g, scene, x, height, colour); else drawLine(g, scene, strip, x, width, height, colour);
  if (moment < Infinity) { g.fillStyle = colour("ink"); g.fillRect(x(moment) - 0.75, 0, 1.5, height); }
}

function drawLine(g, scene, strip, x, width, height, colour) {
  const known = scene.reports.filter((report) => report[strip.column] !== null && report[strip.column] >= 0);
  const most = strip.most ?? known.reduce((a, report) => Math.max(a, report[strip.column]), 1);
  g.strokeStyle = colour(STATE_COLOUR.locked); g.lineWidth = 1.4;
  g.beginPath();
  let before = null;
  for (const report of known) {
    const y = height - 2 - (report[strip.column] / most) * (height - 4);
    if (before !== null && report.t - before <= BREAK_MS) g.lineTo(x(report.t), y); else g.moveTo(x(report.t), y);
    before = report.t;
  }
  g.stroke();
  g.fillStyle = colour("quiet"); g.font = "10px system-ui, sans-serif"; g.textAlign = "right"; g.textBaseline = "top";
  g.strokeStyle = colour("paper"); g.lineWidth = 3;
  g.strokeText(`${Math.round(most)} ${strip.unit}`, width - 3, 2);
  g.fillText(`${Math.round(most)} ${strip.unit}`, width - 3, 2);
}

function drawLock(g, scene, x, height, colour) {
  scene.reports.forEach((report, i) => {
    const end = Math.min(scene.reports[i + 1]?.t ?? report.t, report.t + BREAK_MS);
    const low = report.lock === "locked" || report.lock === "unknown";
    g.fillStyle = colour(LOCK_COLOUR[report.lock]);
    g.fillRect(x(report.t), low ? height * 0.55 : height * 0.1, Math.max(1, x(end) - x(report.t) + 0.5), low ? height * 0.3 : height * 0.75);
  });
}
