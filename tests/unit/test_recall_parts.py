"""What a search does beside the searching: words left out, sittings, dates, ids and events that say the same."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from memory.bm25 import query_words
from memory.common_words import leave_out
from memory.dated import Dated, dates_named, lies_in
from memory.event import parse_event
from memory.exact_ids import holds_any, ids_named
from memory.grouping import group
from memory.narration import gist, narrate
from memory.record import Record
from memory.sessions import lift_sessions, meaning_in_context, sittings, words_in_context
from tests.builders import record

BERLIN = ZoneInfo("Europe/Berlin")
BEGIN = datetime(2026, 3, 1, 9, tzinfo=UTC)


def at(minutes: int, name: str, session: str | None = None) -> Record:
    return replace(
        record("Note Left", "2026-03-01", id=name), occurred_at=BEGIN + timedelta(minutes=minutes), session=session
    )


def event(**properties: object) -> object:
    return parse_event(
        {"type": "track", "event": "Seat Booked", "userId": "u", "messageId": "m-17", "properties": properties}
    )


def terms(*words: str) -> set[int]:
    return {term for word in words for term in query_words(word).indices}


def test_a_word_that_all_memories_share_is_left_out_of_the_query() -> None:
    assert leave_out("When did Ottilie sail to Brest?", terms("Ottilie")) == "When did sail to Brest?"


def test_a_possessive_is_the_same_word() -> None:
    assert leave_out("Ottilie's boat", terms("Ottilie's")) == "boat"


def test_a_query_of_nothing_but_shared_words_stays_whole() -> None:
    assert leave_out("who is Ottilie?", terms("Ottilie")) == "who is Ottilie?"


def test_a_pause_of_more_than_half_an_hour_ends_a_sitting() -> None:
    found = sittings([at(0, "a"), at(30, "b"), at(61, "c")])
    assert [found[key].before for key in "abc"] == [None, "a", None]
    assert found["a"].number == found["b"].number != found["c"].number


def test_a_stated_session_goes_before_any_pause() -> None:
    found = sittings([at(0, "a", "s"), at(1, "b", "t"), at(300, "c", "s")])
    assert [found[key].before for key in "abc"] == [None, None, "a"]


def test_a_late_event_moves_its_neighbours() -> None:
    assert sittings([at(0, "a"), at(2, "c")])["c"].before == "a"
    assert sittings([at(0, "a"), at(1, "b"), at(2, "c")])["c"].before == "b"


def test_an_event_is_found_by_the_words_of_the_one_before_it() -> None:
    places = sittings([at(0, "a"), at(1, "b"), at(2, "c")])
    assert words_in_context({"a": 2.0}, places, "abc") == {"a": 2.0, "b": 2.0}


def test_a_predecessor_that_is_far_in_meaning_takes_nothing_away() -> None:
    places = sittings([at(0, "a"), at(1, "b")])
    assert meaning_in_context({"a": -0.4, "b": 0.5}, places)["b"] == 0.5


def test_a_strong_hit_lifts_its_session_and_no_other() -> None:
    places = sittings([at(0, "a"), at(1, "b"), at(120, "c")])
    assert lift_sessions({"a": 1.0, "b": 0.25, "c": 0.25}, places, 0.5) == {"a": 1.5, "b": 0.75, "c": 0.375}


@pytest.mark.parametrize(
    ("query", "dates"),
    [
        ("what broke on 7 May 2023?", (Dated(2023, 5, 7),)),
        ("what broke on the 7th of May?", (Dated(None, 5, 7),)),
        ("May 7th, 2023", (Dated(2023, 5, 7),)),
        ("seats booked in May", (Dated(None, 5, None),)),
        ("2023-05-07 and 2023-06", (Dated(2023, 5, 7), Dated(2023, 6, None))),
        ("orders in 2011", (Dated(2011, None, None),)),
        ("may they march on?", ()),
        ("order 2011", ()),
    ],
)
def test_the_dates_of_a_query_are_read(query: str, dates: tuple[Dated, ...]) -> None:
    assert dates_named(query) == dates


def test_a_day_is_that_of_the_workspaces_zone() -> None:
    late = datetime(2023, 5, 6, 22, 30, tzinfo=UTC)
    assert lies_in([Dated(2023, 5, 7)], late, BERLIN)
    assert not lies_in([Dated(2023, 5, 7)], late, ZoneInfo("UTC"))


def test_words_that_may_be_ids_are_those_with_digits_joints_or_capitals() -> None:
    assert ids_named("what became of PNR-7F3K, 536365 and SKU?") == ("pnr-7f3k", "536365", "sku")


@pytest.mark.parametrize(
    ("properties", "named"),
    [
        ({"order_id": "536365"}, "536365"),
        ({"ticketId": 77123}, "77123"),
        ({"booking": "PNR-7F3K"}, "pnr-7f3k"),
        ({"products": [{"name": "Lamp", "sku": "POST"}]}, "post"),
        ({}, "m-17"),
    ],
)
def test_an_event_holds_the_ids_it_states_and_its_own(properties: dict[str, object], named: str) -> None:
    assert holds_any(event(**properties), (named,))  # type: ignore[arg-type]


@pytest.mark.parametrize("properties", [{"order_id": "5363651"}, {"total": 536365}, {"note": "as in 536365 before"}])
def test_a_number_that_is_no_id_or_only_begins_like_one_is_not_held(properties: dict[str, object]) -> None:
    assert not holds_any(event(**properties), ("536365",))  # type: ignore[arg-type]


def test_what_says_the_same_is_one_group_led_by_its_best_with_its_times() -> None:
    a, b, c = at(0, "a"), at(1, "b"), at(2, "c")
    first, second = group([(b, 0.9), (c, 0.8), (a, 0.7)], lambda r: "" if r is c else "same")
    assert (first.best, first.records, second.records) == (b, (a, b), (c,))


def test_events_that_differ_in_an_id_alone_say_the_same() -> None:
    assert gist(event(cabin="aft", order_id="1")) == gist(event(cabin="aft", order_id="2"))  # type: ignore[arg-type]
    assert gist(event(cabin="aft")) != gist(event(cabin="fore"))  # type: ignore[arg-type]


def test_what_somebody_wrote_is_a_part_of_its_own() -> None:
    assert "the mast creaks" in narrate(event(message="the mast creaks", cabin="aft")).parts  # type: ignore[arg-type]


def test_a_sentence_under_any_label_is_a_part_of_its_own() -> None:
    assert "the mast creaks again" in narrate(event(remark="the mast creaks again", cabin="aft")).parts  # type: ignore[arg-type]


def test_a_value_of_few_words_is_no_part_of_its_own() -> None:
    assert len(narrate(event(cabin="aft, port side")).parts) == 1  # type: ignore[arg-type]
