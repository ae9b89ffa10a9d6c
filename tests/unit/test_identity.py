"""Whose an anonymous visit is."""

from __future__ import annotations

from itertools import permutations

from memory.identity import owner_of, owners
from memory.record import Record
from tests.builders import record


def join(user: str, when: str, visitor: str = "v1") -> Record:
    return record("Signed In", when, user, anonymousId=visitor)


VISIT = record("Home", "2026-01-01", None, type="page", anonymousId="v1")


def test_an_anonymous_id_belongs_to_whom_it_was_first_seen_with() -> None:
    seen = [join("bob", "2026-01-03"), join("ada", "2026-01-02"), VISIT]
    assert [owners(order) for order in permutations(seen)] == [{"v1": "ada"}] * 6
    assert owner_of(VISIT, owners(seen)) == "ada"


def test_two_at_the_same_time_are_told_apart_by_the_id_of_their_events() -> None:
    same = [
        record("Signed In", "2026-01-02", user, anonymousId="v1", id=name) for user, name in (("a", "2"), ("b", "1"))
    ]
    assert owners(same) == owners(same[::-1]) == {"v1": "b"}


def test_an_event_that_names_a_user_is_that_users() -> None:
    assert owner_of(join("bob", "2026-01-03"), {"v1": "ada", "bob": "ada"}) == "bob"


def test_a_visit_that_was_never_joined_is_its_own_customer() -> None:
    assert owner_of(VISIT, owners([VISIT, join("ada", "2026-01-02", "v2")])) == "v1"


def test_an_id_that_is_both_joins_nothing() -> None:
    assert owners([join("v1", "2026-01-02")]) == {}
