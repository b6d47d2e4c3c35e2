"""Guessing passwords: slowed down for all processes of a console together, and across restarts."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest

from sealtrack.console.access.attempts import WINDOW_MS
from sealtrack.console.access.roles import Role
from sealtrack.console.clock import now_ms
from sealtrack.console.store import Store
from sealtrack.settings import Console
from tests.console.people import PASSWORD, People, client_of

SLOW = Console(logins_per_minute=3)
WRONG = {"user": "victim", "password": "not this one"}
RIGHT = {"user": "victim", "password": PASSWORD}
LOGIN = "/api/v1/login"


def test_two_processes_count_together_and_a_restart_forgets_nothing(
    empty: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    with client_of(empty, SLOW) as one, client_of(empty, SLOW) as other:
        People(empty, one).add("victim", Role.viewer)
        assert [client.post(LOGIN, json=WRONG).status_code for client in (one, other, one)] == [401] * 3
        assert other.post(LOGIN, json=RIGHT).status_code == 429
    with client_of(empty, SLOW) as started_again:
        assert started_again.post(LOGIN, json=RIGHT).status_code == 429
        later = now_ms() + WINDOW_MS + 1
        monkeypatch.setattr("sealtrack.console.api.login.now_ms", lambda: later)
        assert started_again.post(LOGIN, json=RIGHT).status_code == 204


def test_many_guesses_at_once_are_no_more_than_one_after_another(empty: Store) -> None:
    with client_of(empty, SLOW) as client:
        People(empty, client).add("victim", Role.viewer)
        with ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(lambda _: client.post(LOGIN, json=WRONG).status_code, range(8)))
    assert Counter(answers) == {401: 3, 429: 5}


def test_who_knows_the_password_is_not_counted(empty: Store) -> None:
    with client_of(empty, SLOW) as client:
        People(empty, client).add("victim", Role.viewer)
        assert [client.post(LOGIN, json=RIGHT).status_code for _ in range(6)] == [204] * 6


def test_one_address_cannot_try_one_password_on_everybody(empty: Store) -> None:
    with client_of(empty, SLOW) as client:
        answers = [client.post(LOGIN, json={"user": f"user{n}", "password": "Hanoi2026!"}) for n in range(13)]
    assert [answer.status_code for answer in answers] == [401] * 12 + [429]


def test_a_password_that_was_typed_for_a_name_is_not_logged(empty: Store) -> None:
    with client_of(empty, SLOW) as client:
        people = People(empty, client)
        people.add("victim", Role.viewer)
        client.post(LOGIN, json={"user": "My-Secret-2026", "password": "x"})
        client.post(LOGIN, json=WRONG)
        log = people("supervisor").get("/audit", action="login_failed")["items"]
    assert [entry["subject"] for entry in log] == ["user:victim", "user:"]
    assert "My-Secret" not in str(log)
