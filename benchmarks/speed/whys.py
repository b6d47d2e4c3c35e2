"""Why rows fall short and what was tried, by the beginning of what they promise; a row may say it itself.

Told only of rows that fall short. Figures of each step are in `benchmarks/tried.md`.
"""

from __future__ import annotations

from benchmarks.speed.row import Row

WHYS = {
    "core, full rule set": (
        "A report touches a shipment's row, its tail and its timers, which have left the caches when 10,000 shipments "
        "come interleaved: waiting for memory is most of the time. Tried and kept: tails in pages of one arena, rows "
        "fetched some reports ahead, segments around the last one first, cells that know of no zone, one byte for idle "
        "rules. Tried and dropped: everything inlined (87 s to compile), a second short path for a report that changes "
        "nothing (each rule's own first question is as cheap)."
    ),
    "corridor test alone": (
        "Distances here are those of the judgement (metres on the ellipsoid, with each vertex's own scale), shapely's "
        "those of a plane made ready for it. Looked at first are the segments around the last one; what is left is "
        "some tens of multiplications a fix."
    ),
    "stop rule alone": (
        "The rule keeps the mean of a stop's fixes and dates both ends by a cruising speed, which the peers do not. "
        "MovingPandas' own time differs much from one release and machine to the next."
    ),
    "Parquet file to alerts": (
        "Reading is a fifth of it, the rest is judging: see the core. Tried and kept: reading beside judging, a judge "
        "for each processor, rows moved as bytes, the feed joined only where somebody asks for it."
    ),
    "memory per active shipment": (
        "A tail of 6 h has hundreds of reports, kept for when a late one has it walked again, and the walk's state is "
        "kept several times along it. Packed where they are read seldom; what has many digits takes more bytes."
    ),
    "`sealtrack --help`": (
        "The first start compiles the rules once for the machine. A second start takes them from the disk."
    ),
    "10 % late reports": (
        "A late report has its shipment's tail walked again from the last state kept before it; most of the rest are "
        "the silences that bursts make and take back, each an alert."
    ),
    "JSON report decode": "The scanner is bound by the bytes it reads; odd values go one by one.",
    "100,000 zones": "A cell of the map knows which rules there are around it; the exact search comes after.",
}


def why_of(row: Row) -> str:
    """The row's own reason, or the one that stands here; nothing when neither does."""
    return row.why or next((why for begin, why in WHYS.items() if row.what.startswith(begin)), "")
