"""Cleaning: what was meant is kept, what no store takes is not."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from memory.cleaning import (
    MAX_DEPTH,
    MAX_ELEMENTS,
    Change,
    TooDeep,
    clean_text,
    clean_value,
    format_time,
    parse_amount,
    parse_time,
)

ANY_TEXT = st.text(st.characters(exclude_categories=[]))
ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | ANY_TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(ANY_TEXT, inner, max_size=4),
    max_leaves=12,
)


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("  Lamp \n", "Lamp"),
        ("a\x00b\x07c", "abc"),
        ("two\tcolumns\nand rows", "two\tcolumns\nand rows"),
        ("zero\u200bwidth\ufeff", "zerowidth"),
        ("\u202eright to left", "right to left"),
        ("half \ud83d of a pair", "half  of a pair"),
        ("cafe\u0301", "café"),
        ("Ελλάδα 日本 🙂", "Ελλάδα 日本 🙂"),
    ],
)
def test_text_is_freed_of_what_cannot_be_seen(sent: str, kept: str) -> None:
    assert clean_text(sent) == kept


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        (math.nan, None),
        (-math.inf, None),
        (2**63, str(2**63)),
        (-(2**70), str(-(2**70))),
        (2**63 - 1, 2**63 - 1),
        (True, True),
        ({" a ": [" b ", {"c": math.nan}]}, {"a": ["b", {"c": None}]}),
    ],
)
def test_values_become_what_json_can_hold(sent: Any, kept: Any) -> None:
    assert clean_value(sent) == kept


@given(ANY_JSON)
def test_any_json_can_be_written_after_cleaning_and_cleaning_again_changes_nothing(value: Any) -> None:
    cleaned = clean_value(value)
    orjson.dumps(cleaned)
    assert clean_value(cleaned) == cleaned


def test_deep_nesting_is_named_before_it_can_hurt() -> None:
    value: Any = 1
    for _ in range(MAX_DEPTH):
        value = [value]
    clean_value(value)
    with pytest.raises(TooDeep, match=str(MAX_DEPTH)):
        clean_value([value])


@pytest.mark.parametrize(
    "sent",
    [
        "2026-03-01T09:30:00Z",
        "2026-03-01T09:30:00",
        " 2026-03-01 09:30:00+00:00 ",
        "2026-03-01T10:30:00+01:00",
        "20260301T093000Z",
        1772357400,
        1772357400000,
        1772357400.0,
        datetime(2026, 3, 1, 9, 30),
        "1772357400",
        "1772357400.0",
        "1772357400000",
        1772357400_000000,
        1772357400_000000000,
        "Sun, 01 Mar 2026 09:30:00 GMT",
        "1 Mar 2026 10:30:00 +0100",
    ],
)
def test_one_instant_is_read_from_all_its_spellings(sent: object) -> None:
    assert parse_time(sent) == datetime(2026, 3, 1, 9, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    "sent",
    [
        "yesterday",
        "",
        "2026-13-01",
        "01/03/2026",
        "2026",
        "45 Mar 2026 09:30:00 GMT",
        "01 Mar 2026 09:30 PM",
        "01 Mar 2026 09:30:00 CEST",
        "01 Mar 2026 09:30:00 IST",
        "01 Mar 2026 09:30:00 GMT and more",
        20260301,
        202603010930,
        "202603010930",
        20260301093000,
        2026,
        0,
        True,
        None,
        [],
        {},
        1e300,
        -1e300,
        math.nan,
        "9" * 400,
    ],
)
def test_what_is_no_time_is_refused_in_a_short_sentence(sent: object) -> None:
    with pytest.raises(ValueError, match="is not a time") as caught:
        parse_time(sent)
    assert len(str(caught.value)) < 160


@pytest.mark.parametrize("sent", ["1969-12-31T23:59:59Z", -1, "0001-01-01"])
def test_times_before_1970_are_refused(sent: object) -> None:
    with pytest.raises(ValueError, match="before 1970"):
        parse_time(sent)


@pytest.mark.parametrize("sent", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"])
def test_times_at_the_edge_of_the_calendar_do_not_overflow(sent: str) -> None:
    with pytest.raises(ValueError, match="is not a time"):
        parse_time(sent)


@given(st.datetimes(min_value=datetime(1970, 1, 2), timezones=st.just(UTC)))
def test_a_formatted_time_reads_back_the_same(moment: datetime) -> None:
    assert parse_time(format_time(moment)) == moment


@pytest.mark.parametrize(
    ("sent", "amount"),
    [
        (59.9, Decimal("59.9")),
        (" 12.50 ", Decimal("12.50")),
        (-3, Decimal(-3)),
        ("12,50", Decimal("12.50")),
        ("1.234", Decimal("1.234")),
        ("NaN", None),
        (math.inf, None),
        ("1e999999", None),
        (True, None),
        (None, None),
        ([5], None),
    ],
)
def test_amounts_are_exact_or_absent(sent: object, amount: Decimal | None) -> None:
    assert parse_amount(sent) == amount


@given(st.decimals(-(10**14), 10**14, allow_nan=False).filter(lambda amount: len(str(amount)) <= 100))
def test_an_amount_that_was_kept_reads_back_the_same(amount: Decimal) -> None:
    assert parse_amount(str(amount)) == amount


def test_nanoseconds_are_read_and_cut() -> None:
    assert parse_time("2026-03-01T09:30:00.123456789Z").microsecond == 123456


def test_a_long_list_is_cut_and_says_so() -> None:
    changes: list[Change] = []
    assert len(clean_value(list(range(MAX_ELEMENTS + 5)), changes, "/list")) == MAX_ELEMENTS
    assert changes == [Change("/list", "too_many_elements", f"{MAX_ELEMENTS + 5} elements")]


def test_what_was_there_is_recorded_briefly_and_can_be_written() -> None:
    changes: list[Change] = []
    clean_value("\ud800" + "x" * 10_000, changes)
    orjson.dumps(changes)
    assert all(len(change.was or "") <= 60 for change in changes)
