"""Which deliveries have outlived their use."""

from __future__ import annotations

from datetime import datetime, timedelta

from memory.webhooks import Brief, DeliveryState
from server.webhooks.tidying import NEWEST, outlived
from tests.builders import at

NOW = at("2026-06-01")


def brief(number: int, state: str, days_ago: float = 0, receiver: str = "w1") -> Brief:
    ended: datetime = NOW - timedelta(days=days_ago)
    over = None if state == "waiting" else ended
    return Brief(f"{state}-{number:04}", receiver, DeliveryState(state), ended, ended, ended, None, over)


def gone(*briefs: Brief, before: datetime | None = None, most: int = 1_000) -> list[str]:
    return outlived(briefs, {"w1", "w2"}, NOW, before, most)


def test_what_waits_stays_however_long() -> None:
    assert gone(brief(1, "waiting", 400)) == []


def test_the_newest_that_arrived_stay_to_be_looked_at_and_older_ones_go_after_two_days() -> None:
    arrived = [brief(number, "delivered", 3 + number) for number in range(NEWEST + 2)]
    assert gone(*arrived) == [f"delivered-{NEWEST:04}", f"delivered-{NEWEST + 1:04}"]


def test_each_receiver_keeps_its_own_newest() -> None:
    arrived = [brief(number, "delivered", 3, f"w{1 + number % 2}") for number in range(2 * NEWEST)]
    assert gone(*arrived) == []


def test_what_arrived_lately_is_remembered_however_much_it_is() -> None:
    assert gone(*[brief(number, "delivered", 1) for number in range(3 * NEWEST)]) == []


def test_the_dead_go_after_thirty_days_and_the_oldest_of_too_many_at_once() -> None:
    assert gone(brief(1, "dead", 31), brief(2, "dead", 29)) == ["dead-0001"]
    assert gone(*[brief(number, "dead", number) for number in range(5)], most=3) == ["dead-0003", "dead-0004"]


def test_what_has_no_receiver_or_is_older_than_a_workspace_remembers_goes_in_every_state() -> None:
    states = ("waiting", "delivered", "dead")
    assert len(gone(*[brief(1, state, receiver="removed") for state in states])) == 3
    assert len(gone(*[brief(1, state, 2) for state in states], before=NOW - timedelta(days=1))) == 3
