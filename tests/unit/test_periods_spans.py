"""All the periods of a clause, those that lean on another, and the steps of a series."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.periods import (
    Span,
    find_as_of,
    find_ends,
    find_span,
    find_spans,
    find_steps,
    find_wrong_date,
    resolve_after,
)
from memory.workspace import WorkspaceSettings
from tests.builders import at

#: A Wednesday, noon; New York changed its clocks ten days before, and weeks begin on Sunday.
NOW = at("2026-03-18T12:00")
HERE = WorkspaceSettings(time_zone="America/New_York", week_start="sunday")


def days(span: Span) -> str:
    """ "first..last" in the workspace's zone, one day as itself, an open end as nothing."""
    first = _day(span.since) if span.since else ""
    last = _day(span.before - timedelta(microseconds=1)) if span.before else ""
    return first if first == last else f"{first}..{last}"


def _day(moment: datetime) -> str:
    return moment.astimezone(HERE.zone).date().isoformat()


def said(text: str) -> list[str]:
    return [days(span) for span in find_spans(text, NOW, HERE)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("on 1 March", "2026-03-01"),
        ("on March 1st, 2011", "2011-03-01"),
        ("on Tuesday, 3 May 2011", "2011-05-03"),
        ("from 1 to 5 May 2011", "2011-05-01..2011-05-05"),
        ("between 1 and 5 May 2011", "2011-05-01..2011-05-05"),
        ("Mar '26", "2026-03-01..2026-03-31"),
        ("in 2025-05", "2025-05-01..2025-05-31"),
        ("in may", "2025-05-01..2025-05-31"),
        ("the May orders", "2025-05-01..2025-05-31"),
        ("last May", "2025-05-01..2025-05-31"),
        ("in early May 2011", "2011-05-01..2011-05-10"),
        ("the first week of May 2011", "2011-05-01..2011-05-07"),
        ("the last 3 months of 2011", "2011-10-01..2011-12-31"),
        ("2025 Q4", "2025-10-01..2025-12-31"),
        ("2025-Q4", "2025-10-01..2025-12-31"),
        ("4th quarter of 2025", "2025-10-01..2025-12-31"),
        ("in the second quarter", "2025-04-01..2025-06-30"),
        ("H1 2026", "2026-01-01..2026-06-30"),
        ("second half of the year", "2026-07-01..2026-12-31"),
        ("throughout 2011", "2011-01-01..2011-12-31"),
        ("in spring 2011", "2011-03-01..2011-05-31"),
        ("last summer", "2025-06-01..2025-08-31"),
        ("in winter 2010", "2010-12-01..2011-02-28"),
        ("between March and May", "2025-03-01..2025-05-31"),
        ("from November 2010 to February", "2010-11-01..2011-02-28"),
        ("from December to January 2011", "2010-12-01..2011-01-31"),
        ("June to July 2011", "2011-06-01..2011-07-31"),
        ("April–May 2011", "2011-04-01..2011-05-31"),
        ("since the start of 2011", "2011-01-01.."),
        ("since the beginning of last month", "2026-02-01.."),
        ("since the end of May 2011", "2011-06-01.."),
        ("from March onwards", "2026-03-01.."),
        ("from March until now", "2026-03-01.."),
        ("by the end of May 2011", "..2011-05-31"),
        ("through May 2011", "..2011-05-31"),
        ("until the start of May 2011", "..2011-04-30"),
        ("after 3 May 2011 and before 10 May 2011", "2011-05-04..2011-05-09"),
        ("in the 30 days before 2011-05-31", "2011-05-01..2011-05-30"),
        ("in the two weeks after 3 May 2011", "2011-05-04..2011-05-17"),
        ("the week of 3 May 2011", "2011-05-01..2011-05-07"),
        ("so far this year", "2026-01-01.."),
        ("month to date", "2026-03-01.."),
        ("last week", "2026-03-08..2026-03-14"),
        ("the week before last", "2026-03-01..2026-03-07"),
        ("three months ago", "2025-12-01..2025-12-31"),
        ("2 days ago", "2026-03-16"),
        ("the day before yesterday", "2026-03-16"),
        ("on Wednesday", "2026-03-18"),
        ("last Wednesday", "2026-03-11"),
        ("over the weekend", "2026-03-14..2026-03-15"),
        ("on Monday last week", "2026-03-09"),
        ("between last Monday and yesterday", "2026-03-16..2026-03-17"),
        ("next month", "2026-04-01..2026-04-30"),
        ("the same month last year", "2025-03-01..2025-03-31"),
    ],
)
def test_one_period_is_read_as_it_is_meant(text: str, expected: str) -> None:
    assert said(f"orders {text}?") == [expected]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("April vs May 2011: up or down?", ["2011-04-01..2011-04-30", "2011-05-01..2011-05-31"]),
        ("from January to March compared with last year", ["2026-01-01..2026-03-31", "2025-01-01..2025-12-31"]),
        ("in June or July 2011", ["2011-06-01..2011-06-30", "2011-07-01..2011-07-31"]),
        ("December 2025 or January 2026", ["2025-12-01..2025-12-31", "2026-01-01..2026-01-31"]),
        ("both in May 2011 and in June 2011", ["2011-05-01..2011-05-31", "2011-06-01..2011-06-30"]),
        ("Was May better than April?", ["2025-05-01..2025-05-31", "2025-04-01..2025-04-30"]),
        ("more in 2011 than 2010", ["2011-01-01..2011-12-31", "2010-01-01..2010-12-31"]),
        ("Q1 vs Q2 2011", ["2011-01-01..2011-03-31", "2011-04-01..2011-06-30"]),
        ("this month vs the same month last year", ["2026-03-01..2026-03-31", "2025-03-01..2025-03-31"]),
        ("in May 2011 and the month before", ["2011-05-01..2011-05-31", "2011-04-01..2011-04-30"]),
    ],
)
def test_a_comparison_names_two_periods(text: str, expected: list[str]) -> None:
    assert said(text) == expected


@pytest.mark.parametrize(
    ("text", "month"),
    [
        ("more in December 2025 than in September", "2025-09"),
        ("more in January 2026 than in December", "2025-12"),
        ("Was May 2011 better than April", "2011-04"),
        ("more in June 2011 than in July", "2011-07"),
        ("more in February 2026 than in April", "2025-04"),
        ("December 2010 and January", "2011-01"),
        ("in May 2011 and in June", "2011-06"),
    ],
)
def test_a_month_beside_a_dated_one_takes_the_year_that_fits(text: str, month: str) -> None:
    assert said(text)[1].startswith(month)


@pytest.mark.parametrize(
    ("text", "hours"),
    [("last 24 hours", 24), ("last fortnight", 14 * 24), ("in the last month", 30 * 24), ("over the past week", 168)],
)
def test_what_counts_back_begins_at_this_instant(text: str, hours: int) -> None:
    span = find_span(text, NOW, HERE)
    assert span
    assert (span.since, span.before) == (NOW - timedelta(hours=hours), None)


def test_the_week_of_a_clock_change_begins_and_ends_at_local_midnights() -> None:
    span = find_span("last week", NOW, HERE)
    assert span
    assert (span.since, span.before) == (at("2026-03-08T05:00"), at("2026-03-15T04:00"))


@pytest.mark.parametrize(
    "text",
    [
        "on 03/04/2011", "on Tuesdays", "christmas 2010", "the 1990s", "the month before", "What may they buy?",
        "How much did May spend?", "the 3 may have bought", "spent over 2000", "over 2011 pounds", "orders per month",
        "opened the spring-release-notes email", "invoice inv-2026-03", "on 31 February 2026", "the 45 may churn",
    ],
)  # fmt: skip
def test_what_names_no_time_or_more_than_one_stays_unread(text: str) -> None:
    assert said(text) == []


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("How many orders in May 2011, and none in June 2011?", ["in May 2011", "in June 2011"]),
        ("orders of Ann from April to May 2011, please", ["from April to May 2011"]),
        ("orders until 3 May 2011.", ["until 3 May 2011"]),
        ("Was it April vs May 2011?", ["April", "May 2011"]),
    ],
)
def test_a_span_keeps_the_words_of_the_question(text: str, words: list[str]) -> None:
    assert [span.text for span in find_spans(text, NOW, HERE)] == words


def test_the_ends_of_a_range_are_periods_of_their_own() -> None:
    ends = find_ends("Did it change from April to May 2011?", NOW, HERE)
    assert ends
    assert [days(end) for end in ends] == ["2011-04-01..2011-04-30", "2011-05-01..2011-05-31"]
    assert find_ends("in April and May 2011", NOW, HERE) is None


@pytest.mark.parametrize(
    ("first", "then", "expected"),
    [
        ("in May 2011", "and the month before?", "2011-04-01..2011-04-30"),
        ("in May 2011", "And the month after?", "2011-06-01..2011-06-30"),
        ("in May 2011", "the year before?", "2010-05-01..2010-05-31"),
        ("in May 2011", "and a year earlier?", "2010-05-01..2010-05-31"),
        ("in May 2011", "same period last year", "2010-05-01..2010-05-31"),
        ("in February 2012", "a year later?", "2013-02-01..2013-02-28"),
        ("in Q2 2011", "and the previous quarter?", "2011-01-01..2011-03-31"),
        ("in Q1 2011", "and the period before?", "2010-10-01..2010-12-31"),
        ("in Q2 2011", "the month before?", "2011-03-01..2011-03-31"),
        ("on 3 May 2011", "and the week before?", "2011-04-24..2011-04-30"),
        ("on 3 May 2011", "a week earlier?", "2011-04-26"),
        ("last month", "two months earlier?", "2025-12-01..2025-12-31"),
    ],
)
def test_a_follow_up_leans_on_the_period_before_it(first: str, then: str, expected: str) -> None:
    before = find_span(first, NOW, HERE)
    assert before
    found = resolve_after(then, before, NOW, HERE)
    assert found
    assert days(found) == expected
    assert found.text in then


@pytest.mark.parametrize("then", ["And in June?", "and the month before she left?", "how many orders?"])
def test_a_follow_up_with_its_own_time_or_none_leans_on_nothing(then: str) -> None:
    before = find_span("in May 2011", NOW, HERE)
    assert before
    assert resolve_after(then, before, NOW, HERE) is None


@pytest.mark.parametrize(
    ("text", "step"),
    [
        ("orders per month", "month"), ("orders by month", "month"), ("monthly orders", "month"),
        ("orders each week", "week"), ("month by month", "month"), ("every quarter", "quarter"),
        ("orders by weekday", "weekday"), ("orders per day of the week", "weekday"), ("per day", "day"),
        ("on which weekday do they buy?", "weekday"), ("year over year", "year"), ("daily", "day"),
        ("Who is on the monthly plan?", None), ("orders in May", None), ("last month", None), ("by May", None),
    ],
)  # fmt: skip
def test_the_step_of_a_series_is_found(text: str, step: str | None) -> None:
    assert find_steps(text) == step


@pytest.mark.parametrize(
    ("text", "moment", "words"),
    [
        ("plan as at 31 May 2011", "2011-06-01T04:00", "as at 31 May 2011"),
        ("plan at the end of June 2011?", "2011-07-01T04:00", "at the end of June 2011"),
        ("plan at the start of June 2011?", "2011-06-01T04:00", "at the start of June 2011"),
        ("plan as of the beginning of 2011", "2011-01-01T05:00", "as of the beginning of 2011"),
        ("plan as of last month", "2026-03-01T05:00", "as of last month"),
        ("plan as of Q4 2025", "2026-01-01T05:00", "as of Q4 2025"),
    ],
)
def test_an_as_of_is_the_end_of_what_it_names_or_its_start(text: str, moment: str, words: str) -> None:
    assert find_as_of(text, NOW, HERE) == (at(moment), words)
    assert said(text) == []


PIECES = (
    "in on since from to and or than vs between until before after by as of at the May may June 2011 0001 9999 31 5th"
    " . , - last next previous week month year period same ago earlier days hours Q4 first half end start Monday"
    " weekend spring early 0001-01-01 9999-12-31 2011-13-01 99999 ' é couple"
)
WORDS = st.lists(st.sampled_from(PIECES.split()), max_size=16)


@given(st.one_of(st.text(max_size=80), WORDS.map(" ".join)))
def test_any_text_gives_its_own_words_in_order_and_stretches_that_run_forward(text: str) -> None:
    position = 0
    spans = find_spans(text, NOW, HERE)
    for span in spans:
        found = text.find(span.text, position)
        assert found >= position
        position = found + len(span.text)
        assert span.since or span.before
        assert not (span.since and span.before) or span.since < span.before
        resolve_after(text, span, NOW, HERE)
    find_as_of(text, NOW, HERE)
    find_ends(text, NOW, HERE)
    find_wrong_date(text, NOW, HERE)
