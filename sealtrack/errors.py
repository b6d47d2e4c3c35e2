"""What can go wrong, whose fault it is, and what to do about it.

    SealtrackError
    ├── UsageError        the caller's: a flag, a setting, a policy key        exit 2
    ├── InputError        the data's: a file or message that cannot be read    exit 2
    │   └── GeofenceError   a geofence file that must not be used              exit 2
    └── TransportError    the environment's: broker away, disk full            exit 2

Every message is one line: where (file, row or offset, field), what, and the remedy. `Rejected` is the other half: a
single bad row or record is no exception, it is set aside with its reason while its neighbours are processed.
"""

from __future__ import annotations

from typing import NamedTuple


def visible(text: str, *, keep: str = "") -> str:
    """The text as it may go to a terminal or a log: what is not printed there, but for `keep`, is written out.

    Names come from files and topics: one that holds a line feed or an escape would add lines, or colours, of its own.
    """
    if text.isprintable():
        return text
    return "".join(
        letter if letter.isprintable() or letter in keep else letter.encode("unicode_escape").decode()
        for letter in text
    )


class SealtrackError(Exception):
    """Base of all errors that sealtrack raises on purpose; the CLI prints it as one line and exits with 2."""


class UsageError(SealtrackError):
    """A flag, setting or policy is wrong: the caller can mend it."""


class InputError(SealtrackError):
    """A file as a whole cannot be read: absent, empty, wrong format, a required column missing."""


class GeofenceError(InputError):
    """A geofence file has faults that make its use unsafe."""


class TransportError(SealtrackError):
    """The broker, the disk or the network failed; the same call may succeed later."""


class Rejected(NamedTuple):
    """One input row or record that could not be used, and why. Becomes a record of `seal.dead-letter`."""

    source: str
    """File name or topic."""
    partition: int
    """Kafka partition; 0 for files."""
    offset: int
    """Kafka offset, or the row number in a file (1 is the first data row)."""
    field: str
    """The field at fault, or "" when the record as a whole is unreadable."""
    reason: str
    """Stable code such as `not_json`, `missing`, `not_a_number`, `out_of_range`, `unknown_seal`."""
    message: str
    """One sentence with the remedy."""
    value: bytes
    """The record as it came, so that nothing is lost."""

    def __str__(self) -> str:
        field = f", field {self.field}" if self.field else ""
        return f"{self.source}, {self.partition}:{self.offset}{field}: {self.message}"
