"""When a delivery that failed is tried again."""

from __future__ import annotations

import pytest

from server.webhooks.backoff import BACKOFF_S, pause_s, retry_after_s
from tests.builders import at

NOW = at("2026-01-05T10:00")


def test_pauses_grow_and_end() -> None:
    pauses = [pause_s(attempts, None, 0.0) for attempts in range(1, 8)]
    assert pauses == [5, 30, 120, 600, 3600, 21600, None]


@pytest.mark.parametrize("attempts", range(1, len(BACKOFF_S) + 1))
def test_luck_lengthens_a_pause_by_a_fifth_at_most(attempts: int) -> None:
    least = pause_s(attempts, None, 0.0)
    most = pause_s(attempts, None, 0.999)
    assert least is not None
    assert most is not None
    assert least < most < least * 1.2


def test_a_receiver_may_ask_for_a_longer_pause_but_not_for_a_shorter_or_an_endless_one() -> None:
    assert pause_s(1, 60, 0.0) == 60
    assert pause_s(1, 1, 0.0) == 5
    assert pause_s(1, 1e9, 0.0) == pytest.approx(1.2 * 6 * 3600)


def test_asking_for_a_pause_wins_no_further_attempt() -> None:
    assert pause_s(7, 60, 0.0) is None


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("120", 120), ("0", 0), ("Mon, 05 Jan 2026 10:01:00 GMT", 60), ("Mon, 05 Jan 2026 09:00:00 GMT", 0),
        ("Mon, 05 Jan 2026 10:01:00 -0000", 60), ("soon", None), ("-5", None), ("", None), (None, None),
        ("9" * 400, None), ("Mon, 99 Jan 99999 10:00:00 GMT", None),
    ],
)  # fmt: skip
def test_a_retry_after_is_seconds_or_a_date(header: str | None, seconds: float | None) -> None:
    assert retry_after_s(header, NOW) == seconds
