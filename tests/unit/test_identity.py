"""Whose an id is: the log of joins, replayed."""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memory.aliases import correction_control, read_correction
from memory.identity import MAX_ALIASES, Correction, Identity, joins_of, resolve, users_among
from memory.record import Record
from tests.builders import at, record


def join(user: str, when: str, visitor: str = "v1") -> Record:
    return record("Signed In", when, user, anonymousId=visitor)


def rename(former: str, now: str, when: str) -> Record:
    return record("", when, now, type="alias", previousId=former)


def visitors_alias(former: str, now: str, when: str) -> Record:
    """Two anonymous ids are one visitor."""
    return record("", when, None, type="alias", previousId=former, anonymousId=now)


def member(user: str, account: str, when: str) -> Record:
    """An event of a user of an account, where accounts are the customers."""
    seen = record("Signed In", when, user, context={"groupId": account})
    return replace(seen, customer_id=account, group_id=account, ids=(account, user))


def minute(number: int) -> str:
    return f"2026-01-02T{number // 60:02}:{number % 60:02}:00Z"


def said(alias: str, client_id: str | None, when: str = "2026-06-01") -> Correction:
    return Correction(alias, client_id, at(when), at(when))


def identity(*records: Record, corrections: tuple[Correction, ...] = ()) -> Identity:
    return resolve(joins_of(records), corrections, users_among(records, corrections))


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


def test_an_account_has_as_many_users_as_it_has() -> None:
    found = identity(*[member(f"u{n}", "acme", minute(n)) for n in range(MAX_ALIASES + 50)])
    assert {found.owner(f"u{n}", known=True) for n in range(MAX_ALIASES + 50)} == {"acme"}


def test_the_visitors_of_a_large_account_lead_to_it() -> None:
    many = [member(f"u{n}", "acme", minute(n)) for n in range(MAX_ALIASES + 50)]
    assert identity(*many, join("u7", "2026-01-03")).owner("v1") == "acme"


def test_a_user_of_an_account_is_joined_by_no_more_ids_than_anybody() -> None:
    many = [join("u1", minute(n), f"v{n}") for n in range(MAX_ALIASES + 3)]
    found = identity(member("u1", "acme", "2026-01-01"), *many)
    assert [each.reason for each in found.log[-3:]] == ["too_many_ids"] * 3


def test_a_visitor_with_two_ids_leads_to_whom_the_later_turns_out_to_be() -> None:
    seen = [visitors_alias("a1", "a2", "2026-01-01"), join("ada", "2026-01-02", "a2")]
    assert [identity(*order).owner("a1") for order in (seen, seen[::-1])] == ["ada"] * 2


def test_a_visitor_whom_an_operator_joined_with_another_leads_to_whom_that_one_turns_out_to_be() -> None:
    joined = (said("v1", "v2", "2026-01-01"),)
    assert identity(join("ada", "2026-01-02", "v2"), corrections=joined).owner("v1") == "ada"


def test_whom_an_operator_joined_with_a_user_does_not_follow_the_visitor_of_that_name() -> None:
    seen = [record("Order Completed", "2026-01-01", "17"), join("mallory", "2026-01-02", "17")]
    assert identity(*seen, corrections=(said("x", "17"),)).owner("x") == "17"


def test_an_identify_of_a_visitor_leaves_the_user_of_that_name_alone() -> None:
    bought = record("Order Completed", "2026-01-01", "17")
    found = identity(bought, join("mallory", "2026-01-02", "17"))
    assert (found.owner_of(bought), found.owner("17")) == ("17", "mallory")


def test_a_circle_through_a_visitor_is_refused() -> None:
    found = identity(visitors_alias("a1", "a2", "2026-01-01"), join("a1", "2026-01-02", "a2"))
    assert [found.owner(key) for key in ("a1", "a2")] == ["a2"] * 2
    assert [each.reason for each in found.log] == [None, "circle"]


@pytest.mark.parametrize("days", [("2026-01-01", "2026-01-02"), ("2026-01-02", "2026-01-01")])
def test_identify_and_alias_of_one_pair_join_every_role_in_either_order(days: tuple[str, str]) -> None:
    found = identity(join("ada", days[0], "x"), rename("x", "ada", days[1]))
    assert found.owner("x", known=True) == found.owner("x") == "ada"
    assert [each.status for each in found.log] == ["joined"] * 2


def test_a_late_event_cannot_make_a_circle_of_what_an_operator_said() -> None:
    found = identity(rename("a", "b", "2026-01-01"), corrections=(said("b", "a"),))
    assert [found.owner(key) for key in "ab"] == ["a"] * 2
    assert [(each.join.how, each.reason) for each in found.log] == [("alias", "circle"), ("operator", None)]


def test_two_corrections_of_one_alias_at_one_instant_are_two() -> None:
    keys = {correction_control(said("v1", who)).key for who in ("ada", "bob", None)}
    assert len(keys) == 3


@pytest.mark.parametrize("name", ["occurred_at", "received_at"])
def test_a_correction_without_a_zone_is_refused(name: str) -> None:
    control = correction_control(said("v1", "ada"))
    with pytest.raises(ValueError, match="no zone"):
        read_correction(replace(control, data={**control.data, name: "2026-01-01T00:00:00"}))


@pytest.mark.parametrize("wrong", [{"alias": 4}, {"alias": ""}, {"alias": None}, {"client_id": 4}])
def test_a_correction_of_what_is_no_id_is_refused(wrong: dict[str, object]) -> None:
    control = correction_control(said("v1", "ada"))
    with pytest.raises(ValueError, match="texts"):
        read_correction(replace(control, data={**control.data, **wrong}))


IDS = st.sampled_from("abcde")
DAYS = st.integers(1, 28).map(lambda day: f"2026-01-{day:02}T00:00:00Z")
RECORDS = st.lists(
    st.one_of(
        st.builds(lambda visitor, user, when: join(user, when, visitor), IDS, IDS, DAYS),
        st.builds(rename, IDS, IDS, DAYS),
        st.builds(visitors_alias, IDS, IDS, DAYS),
        st.builds(member, IDS, st.just("acme"), DAYS),
    ),
    max_size=8,
)
SAID = st.lists(st.builds(said, IDS, st.one_of(st.none(), IDS)), max_size=3).map(tuple)


@given(RECORDS, SAID, st.randoms())
def test_the_order_of_arrival_does_not_matter(
    records: list[Record], corrections: tuple[Correction, ...], shuffler: object
) -> None:
    before = identity(*records, corrections=corrections)
    shuffler.shuffle(records)  # type: ignore[attr-defined]
    after = identity(*records, corrections=corrections)
    for known in (False, True):
        assert [before.owner(key, known=known) for key in "abcde"] == [after.owner(key, known=known) for key in "abcde"]
    assert before.log == after.log


@given(RECORDS, SAID)
def test_everybody_has_one_owner_who_owns_themselves(
    records: list[Record], corrections: tuple[Correction, ...]
) -> None:
    found = identity(*records, corrections=corrections)
    for known in (False, True):
        owners = {found.owner(key, known=known) for key in "abcde"}
        assert all(found.owner(owner, known=True) == owner for owner in owners)
