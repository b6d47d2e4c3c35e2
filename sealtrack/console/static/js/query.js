// A form of filters and the query of the address: one says what the other does.

import { fromLocal, toLocal } from "./say.js";
import { make } from "../map/dom.js";

export const fields = (form) => [...form.elements].filter((element) => element.name);

export function queryOf(form) {
  const query = new URLSearchParams();
  for (const { name, value, type } of fields(form)) if (value) query.set(name, type === "datetime-local" ? fromLocal(value) : value);
  return query;
}

export function fillForm(form) {
  const query = new URLSearchParams(location.search);
  for (const field of fields(form)) {
    const value = query.get(field.name) ?? "";
    if (field.tagName === "SELECT" && ![...field.options].some((option) => option.value === value)) {
      if (!value) { field.selectedIndex = 0; continue; }
      field.append(make("option", { value, text: value })); // several values at once, from a link
    }
    field.value = value && field.type === "datetime-local" ? toLocal(value) : value;
  }
}
