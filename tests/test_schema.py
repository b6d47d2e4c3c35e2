from __future__ import annotations

from pathlib import Path

from sealtrack.schema import EVENT_BIT, REPORT_DTYPE, Report, fields
from sealtrack.schema_docs import page

PAGE = Path(__file__).parents[1] / "docs" / "schema.md"


def test_the_page_is_fresh() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run: python -m sealtrack.schema_docs > docs/schema.md"


def test_every_declared_column_is_packed() -> None:
    columns = {item.f.column for item in fields(Report) if item.f.column}
    assert columns | {"flags", "partition", "offset"} == set(REPORT_DTYPE.names or ())


def test_event_bits_fit_their_column_and_stay_where_they_are() -> None:
    assert max(EVENT_BIT.values()) < 1 << 32
    assert (EVENT_BIT["rope_cut"], EVENT_BIT["back_cover_open"], EVENT_BIT["other"]) == (1, 2, 1 << 17)
