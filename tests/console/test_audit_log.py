"""Somebody who holds the database edits the audit log: every edit is found, on SQLite and on PostgreSQL."""

# ruff: noqa: S608 - the statements are our own

from __future__ import annotations

import contextlib

import pytest
from sqlalchemy import Connection, text
from typer.testing import CliRunner

from sealtrack.cli.main import app
from sealtrack.console import audit
from sealtrack.console.store import Store

ENTRIES = 6


@pytest.fixture
def log(empty: Store) -> Store:
    """A log of a few entries, and nothing that guards it any more."""
    with empty.writing() as connection:
        for number in range(ENTRIES):
            audit.append(connection, number, f"user{number}", "note", "incident:x", {"text": f"Đã xem {number}"})
        if connection.dialect.name == "sqlite":
            connection.execute(text("DROP TRIGGER audit_no_update"))
            connection.execute(text("DROP TRIGGER audit_no_delete"))
        else:
            connection.execute(text("DROP TRIGGER audit_no_change ON audit"))
    return empty


class _Undone(Exception):  # noqa: N818 - takes the edit back
    pass


def fault(store: Store, *statements: str) -> str:
    """What `verify` says once these were carried out; then they are undone."""
    found = ""
    with contextlib.suppress(_Undone), store.writing() as connection:
        for statement in statements:
            connection.execute(text(statement))
        found = audit.verify(connection).fault
        raise _Undone
    return found


CHANGES = [
    "at_ms = at_ms + 1", '"user" = \'somebody else\'', "action = 'verdict'", "subject = 'incident:y'", "detail = '{}'",
    "before = hash", "hash = before",
]  # fmt: skip


def test_a_change_in_any_entry_is_found(log: Store) -> None:
    assert fault(log) == ""
    for change in CHANGES:
        for seq in range(1, ENTRIES + 1):
            found = fault(log, f"UPDATE audit SET {change} WHERE seq = {seq}")
            assert f"entry {seq} " in found or f"entry {seq + 1} " in found, change
    assert fault(log) == ""


def test_an_entry_that_was_taken_out_is_missed(log: Store) -> None:
    for seq in range(1, ENTRIES):
        assert fault(log, f"DELETE FROM audit WHERE seq = {seq}").startswith(f"entry {seq} is missing")
    assert fault(log, f"DELETE FROM audit WHERE seq = {ENTRIES}").startswith(f"the log ends at entry {ENTRIES - 1}")


def test_two_entries_that_changed_places_are_found(log: Store) -> None:
    for seq in range(1, ENTRIES):
        moves = ((seq, 99), (seq + 1, seq), (99, seq + 1))
        found = fault(log, *(f"UPDATE audit SET seq = {to} WHERE seq = {at}" for at, to in moves))
        assert f"entry {seq} " in found


def test_closing_the_gap_or_adding_at_the_end_is_found(log: Store) -> None:
    closed = [f"UPDATE audit SET seq = {n - 1} WHERE seq = {n}" for n in (4, 5, 6)]
    assert "entry 3 " in fault(log, "DELETE FROM audit WHERE seq = 3", *closed)
    columns = 'at_ms, "user", action, subject, detail, before, hash'
    assert "entry 7 " in fault(log, f"INSERT INTO audit (seq, {columns}) SELECT 7, {columns} FROM audit WHERE seq = 6")


def _rewrite(connection: Connection) -> None:
    """Whoever knows how it is made makes it anew, one entry shorter."""
    connection.execute(text("DELETE FROM audit WHERE seq = 6"))
    connection.execute(text("UPDATE audit_head SET seq = 5, hash = (SELECT hash FROM audit WHERE seq = 5)"))


def test_a_log_made_anew_is_found_by_the_hash_that_was_noted_elsewhere(log: Store) -> None:
    url = log.engine.url.render_as_string(hide_password=False)
    command = ["audit", "verify", "--store", url]
    noted = CliRunner().invoke(app, command).stdout.split()[-1]
    with log.writing() as connection:
        _rewrite(connection)
    assert CliRunner().invoke(app, command).exit_code == 0
    done = CliRunner().invoke(app, [*command, "--head", noted])
    assert done.exit_code == 1
    assert "cut off" in done.stderr
