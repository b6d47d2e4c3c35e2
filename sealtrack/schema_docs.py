"""Prints `docs/schema.md` from the declarations: `python -m sealtrack.schema_docs > docs/schema.md`."""

from __future__ import annotations

import inspect

from sealtrack.schema import (
    EVENT_BIT,
    FLAG_BUFFERED,
    FLAG_INVALID,
    Alert,
    Field,
    FlagRecord,
    Geofence,
    IncidentRecord,
    ReasonRecord,
    Report,
    Shipment,
    Sighting,
    fields,
)

_INTRO = """# Schema

Every field that crosses a boundary. Printed from `sealtrack/schema.py` by `python -m sealtrack.schema_docs`; change the
declaration, not this page.

- A **time** is RFC 3339 text in any zone (`2024-05-01T08:00:00Z`, `2024-05-01T15:00:00+07:00`) or whole milliseconds
  since 1970-01-01 UTC. Text without a zone is refused. Written times are UTC with milliseconds.
- A **list** is an array of texts in JSON, joined by `;` in CSV.
- **Empty text and null** mean absent. Fields that are not declared here are ignored.
- A report that lacks a required field is set aside with its reason; an optional field that cannot be read is left out
  and named, and the rest of the report is used.
"""

_RECORDS = (
    ("Position report", "`seal.positions`, key `seal_id`; CSV, NDJSON, Parquet", Report),
    (
        "Shipment",
        "`seal.shipments`, key `shipment_id` or `shipment_id@amended_at`; CSV, NDJSON, JSON, Parquet",
        Shipment,
    ),
    ("Sighting", "`seal.sightings`; CSV, NDJSON, JSON, Parquet", Sighting),
    ("Geofence", "properties of a GeoJSON, GeoPackage, GeoParquet or KML feature", Geofence),
    ("Alert", "`seal.alerts`, key `shipment_id`; NDJSON, CSV, Parquet, GeoJSON", Alert),
    ("Flagged shipment", "`seal.flagged`, key `shipment_id`; null deletes it", FlagRecord),
    ("Reason", "`reasons` of a flagged shipment", ReasonRecord),
    ("Incident", "`incident` of a flagged shipment", IncidentRecord),
)


def page() -> str:
    """The whole page, Markdown."""
    parts = [_INTRO]
    parts += [_section(title, where, record) for title, where, record in _RECORDS]
    parts.append(_packed())
    return "\n".join(parts)


def _section(title: str, where: str, record: type) -> str:
    doc = (inspect.getdoc(record) or "").split("\n", maxsplit=1)[0]
    has_columns = any(item.f.column for item in fields(record))
    head = "| field | type | unit | required | meaning |" + (" packed column |" if has_columns else "")
    rule = "|---|---|---|---|---|" + ("---|" if has_columns else "")
    rows = [_row(item, has_columns=has_columns) for item in fields(record)]
    return "\n".join([f"## {title}", "", f"{doc} In {where}.", "", head, rule, *rows, ""])


def _row(item: Field, *, has_columns: bool) -> str:
    f = item.f
    meaning = f.doc + (f"; {_range(item)}" if _range(item) else "")
    if f.choices:
        meaning += ": " + ", ".join(f"`{choice}`" for choice in f.choices)
    cells = [f"`{item.name}`", f.type.value, f.unit, "yes" if item.required else "", meaning.replace("|", "\\|")]
    if has_columns:
        cells.append(f"`{f.column}` {f.dtype}" if f.column else "bit of `flags`")
    return "| " + " | ".join(cells) + " |"


def _range(item: Field) -> str:
    low, high = item.f.low, item.f.high
    if low is None and high is None:
        return ""
    return f"at least {low:,g}" if high is None else f"{low:,g} … {high:,.16g}"


def _packed() -> str:
    events = "\n".join(f"| `{name}` | {bit.bit_length() - 1} |" for name, bit in EVENT_BIT.items())
    return f"""## Packed values

`flags`: {FLAG_INVALID} = `valid` is false, {FLAG_BUFFERED} = `buffered` is true. `events` has one bit an event; a name
that is not in the table sets `other`.

| event | bit |
|---|---|
{events}
"""


if __name__ == "__main__":
    print(page(), end="")  # noqa: T201 - this module is a command
