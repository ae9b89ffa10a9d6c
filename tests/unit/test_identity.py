"""Whose an id is: the log of joins, replayed."""

from __future__ import annotations

from itertools import permutations

from hypothesis import given
from hypothesis import strategies as st

from memory.identity import MAX_ALIASES, Correction, Identity, joins_of, resolve
from memory.record import Record
from tests.builders import at, record


def join(user: str, when: str, visitor: str = "v1") -> Record:
    return record("Signed In", when, user, anonymousId=visitor)


def rename(former: str, now: str, when: str) -> Record:
    return record("", when, now, type="alias", previousId=former)


def said(alias: str, client_id: str | None, when: str = "2026-06-01") -> Correction:
    return Correction(alias, client_id, at(when), at(when))


def identity(*records: Record, corrections: tuple[Correction, ...] = ()) -> Identity:
    return resolve(joins_of(records), corrections)


VISIT = record("Home", "2026-01-01", None, type="page", anonymousId="v1")


def test_an_anonymous_id_belongs_to_whom_it_was_first_seen_with() -> None:
    seen = [join("bob", "2026-01-03"), join("ada", "2026-01-02"), VISIT]
    assert [identity(*order).owner_of(VISIT) for order in permutations(seen)] == ["ada"] * 6


def test_two_at_the_same_time_are_told_apart_by_the_id_of_their_events() -> None:
    same = [
        record("Signed In", "2026-01-02", user, anonymousId="v1", id=name) for user, name in (("a", "2"), ("b", "1"))
    ]
    assert identity(*same).owner("v1") == identity(*same[::-1]).owner("v1") == "b"


def test_an_event_that_names_a_user_is_that_users() -> None:
    assert identity(join("ada", "2026-01-02"), join("bob", "2026-01-03")).owner_of(join("bob", "2026-01-03")) == "bob"


def test_a_visit_that_was_never_joined_is_its_own_customer() -> None:
    assert identity(VISIT, join("ada", "2026-01-02", "v2")).owner_of(VISIT) == "v1"


def test_an_id_that_is_both_joins_nothing() -> None:
    assert identity(join("v1", "2026-01-02")).log == []


def test_joins_are_followed_to_their_end() -> None:
    assert (
        identity(join("a", "2026-01-01"), rename("a", "b", "2026-01-02"), rename("b", "c", "2026-01-03")).owner("v1")
        == "c"
    )


def test_a_circle_is_refused_at_the_join_that_would_close_it() -> None:
    found = identity(rename("a", "b", "2026-01-01"), rename("b", "c", "2026-01-02"), rename("c", "a", "2026-01-03"))
    assert [found.owner(key) for key in "abc"] == ["c"] * 3
    assert [(each.status, each.reason) for each in found.log] == [("joined", None)] * 2 + [("refused", "circle")]


def test_an_operator_outweighs_what_events_say() -> None:
    assert identity(join("ada", "2026-01-02"), corrections=(said("v1", "bob"),)).owner("v1") == "bob"
    assert identity(join("ada", "2026-01-02"), corrections=(said("v1", None),)).owner("v1") == "v1"
    assert identity(join("ada", "2026-01-02"), corrections=(said("v1", None), said("v1", "ada"))).owner("v1") == "ada"


def test_nobody_is_joined_by_more_ids_than_anybody_has() -> None:
    many = [join("shared", f"2026-01-02T00:{n // 60:02}:{n % 60:02}Z", f"v{n}") for n in range(MAX_ALIASES + 3)]
    found = identity(*many)
    assert [found.owner(f"v{n}") for n in (0, MAX_ALIASES - 1, MAX_ALIASES)] == ["shared", "shared", f"v{MAX_ALIASES}"]
    assert [each.reason for each in found.log[-3:]] == ["too_many_ids"] * 3


IDS = st.sampled_from("abcde")
RECORDS = st.lists(
    st.tuples(IDS, IDS, st.integers(1, 28), st.booleans()).map(
        lambda drawn: (rename if drawn[3] else lambda v, u, when: join(u, when, v))(
            drawn[0], drawn[1], f"2026-01-{drawn[2]:02}T00:00:00Z"
        )
    ),
    max_size=8,
)


@given(RECORDS, st.randoms())
def test_the_order_of_arrival_does_not_matter(records: list[Record], shuffler: object) -> None:
    before = identity(*records)
    shuffler.shuffle(records)  # type: ignore[attr-defined]
    after = identity(*records)
    assert [before.owner(key) for key in "abcde"] == [after.owner(key) for key in "abcde"]
    assert before.log == after.log


@given(RECORDS)
def test_everybody_has_one_owner_who_owns_themselves(records: list[Record]) -> None:
    found = identity(*records)
    assert all(found.owner(found.owner(key), known=True) == found.owner(key) for key in "abcde")
