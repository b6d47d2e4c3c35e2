// Elements. Text is only ever set as textContent, never as HTML: names come from other people.

import { LETTER } from "./draw.js";

export function make(tag, attributes, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes || {}))
    if (name === "text") element.textContent = value;
    else if (name === "click") element.addEventListener("click", value);
    else if (name === "colour") element.style.background = `var(--${value}, var(--other))`;
    else element.setAttribute(name, value);
  element.append(...children);
  return element;
}

export function mark(kind) {
  return make("span", { class: "mark", colour: kind, text: LETTER[kind] || "!", "aria-hidden": "true" });
}

export function facts(pairs) {
  return make("dl", {}, ...pairs.flatMap(([name, value]) => [make("dt", { text: name }), make("dd", {}, value)]));
}
