"""Time expressions, read in the workspace's zone, week and clock."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from agent.periods import describe, find_as_of, find_span, find_wrong_date, local_date
from memory.workspace import WorkspaceSettings, parse_instant
from tests.builders import at

UTC_WEEK = WorkspaceSettings()
#: A Wednesday, noon.
NOW = at("2026-03-18T12:00")


def days(question: str, now: datetime = NOW, **settings: str) -> tuple[str, str] | None:
    """First and last day of the span that a question names, in the workspace's zone; "" is open."""
    chosen = WorkspaceSettings.model_validate(settings)
    span = find_span(question, now, chosen)
    if span is None:
        return None
    first = local_date(span.since, chosen) if span.since else ""
    last = local_date(span.before - timedelta(microseconds=1), chosen) if span.before else ""
    return first, last


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("orders today", ("2026-03-18", "2026-03-18")),
        ("orders yesterday", ("2026-03-17", "2026-03-17")),
        ("orders this week", ("2026-03-16", "2026-03-22")),
        ("orders last week", ("2026-03-09", "2026-03-15")),
        ("orders this month", ("2026-03-01", "2026-03-31")),
        ("orders in the previous month", ("2026-02-01", "2026-02-28")),
        ("orders this quarter", ("2026-01-01", "2026-03-31")),
        ("orders last quarter", ("2025-10-01", "2025-12-31")),
        ("orders this year", ("2026-01-01", "2026-12-31")),
        ("orders last year", ("2025-01-01", "2025-12-31")),
        ("orders in March", ("2026-03-01", "2026-03-31")),
        ("orders in March 2025", ("2025-03-01", "2025-03-31")),
        ("orders in Sept. 2025", ("2025-09-01", "2025-09-30")),
        ("orders in February 2024", ("2024-02-01", "2024-02-29")),
        ("orders during 2025", ("2025-01-01", "2025-12-31")),
        ("orders in Q2 2025", ("2025-04-01", "2025-06-30")),
        ("the first half of 2025", ("2025-01-01", "2025-06-30")),
        ("the second half of 2025", ("2025-07-01", "2025-12-31")),
        ("orders on 2026-02-03", ("2026-02-03", "2026-02-03")),
        ("orders on 3 February 2026", ("2026-02-03", "2026-02-03")),
        ("orders on the 3rd of February", ("2026-02-03", "2026-02-03")),
        ("orders on February 3rd, 2026", ("2026-02-03", "2026-02-03")),
        ("orders since February", ("2026-02-01", "")),
        ("orders since 2025-12-24", ("2025-12-24", "")),
        ("orders since 2025", ("2025-01-01", "")),
        ("orders before March 2026", ("", "2026-02-28")),
        ("orders until 2026-01-10", ("", "2026-01-10")),
        ("between 2026-01-05 and 2026-01-09", ("2026-01-05", "2026-01-09")),
        ("from 3 January to 5 February 2026", ("2026-01-03", "2026-02-05")),
    ],
)
def test_a_period_is_read_in_days_of_the_workspace(question: str, expected: tuple[str, str]) -> None:
    assert days(question) == expected


@pytest.mark.parametrize(
    "question",
    [
        "How many orders?",
        "What may they buy?",
        "Did the march continue?",
        "top 10 customers",
        "order 2026",
        "a decent lamp",
    ],
)
def test_words_that_name_no_time_are_no_period(question: str) -> None:
    assert days(question) is None


@pytest.mark.parametrize(
    "question",
    [
        "orders on 2026-02-30",
        "orders on 31 February 2026",
        "orders on 2026-13-01",
        "the last 99999 years",
        "on 45 May 2026",
    ],
)
def test_dates_that_do_not_exist_are_no_period(question: str) -> None:
    assert days(question) is None


@pytest.mark.parametrize(
    ("question", "wrong"),
    [
        ("orders on 2026-02-30?", "2026-02-30"),
        ("orders between 2026-01-01 and 2026-13-01", "2026-13-01"),
        ("orders on the 31st of February", "31st of February"),
        ("orders on 2026-02-28", None),
        ("3 orders in May 2026, as of 30 April", None),
    ],
)
def test_a_date_that_no_calendar_has_is_found(question: str, wrong: str | None) -> None:
    assert find_wrong_date(question, NOW, UTC_WEEK) == wrong


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("orders in April", "2025-04-01"),
        ("orders in March", "2026-03-01"),
        ("orders since December", "2025-12-01"),
        ("orders on 19 March", "2025-03-19"),
        ("orders on 18 March", "2026-03-18"),
        ("orders in Q1", "2026-01-01"),
        ("orders in Q2", "2025-04-01"),
    ],
)
def test_without_a_year_the_last_one_that_has_begun_is_meant(question: str, expected: str) -> None:
    found = days(question)
    assert found is not None
    assert found[0] == expected


@pytest.mark.parametrize(
    ("question", "days_back"),
    [("last 30 days", 30), ("the past two weeks", 14), ("previous 3 months", 90), ("past one quarter", 91)],
)
def test_a_number_of_days_counts_back_from_this_instant(question: str, days_back: int) -> None:
    span = find_span(question, NOW, UTC_WEEK)
    assert span is not None
    assert (span.since, span.before) == (NOW - timedelta(days=days_back), None)


@pytest.mark.parametrize(
    ("week_start", "expected"),
    [("monday", ("2026-03-16", "2026-03-22")), ("sunday", ("2026-03-15", "2026-03-21")),
     ("wednesday", ("2026-03-18", "2026-03-24")), ("thursday", ("2026-03-12", "2026-03-18"))],
)  # fmt: skip
def test_a_week_begins_where_the_workspace_says(week_start: str, expected: tuple[str, str]) -> None:
    assert days("this week", week_start=week_start) == expected


def test_today_is_the_workspaces_day_and_not_the_servers() -> None:
    late = at("2026-03-18T23:30")
    assert days("today", late, time_zone="Asia/Tokyo") == ("2026-03-19", "2026-03-19")
    assert days("today", late, time_zone="America/New_York") == ("2026-03-18", "2026-03-18")


def test_a_day_begins_and_ends_at_midnight_of_the_zone() -> None:
    span = find_span("on 2026-03-18", NOW, WorkspaceSettings(time_zone="America/New_York"))
    assert span is not None
    assert (span.since, span.before) == (at("2026-03-18T04:00"), at("2026-03-19T04:00"))


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [("Europe/London", "2026-03-29", 23), ("Europe/London", "2026-10-25", 25), ("America/Sao_Paulo", "2018-11-04", 23)],
)
def test_the_days_of_a_clock_change_are_as_long_as_they_are(zone: str, day: str, hours: int) -> None:
    span = find_span(f"on {day}", at("2026-12-01"), WorkspaceSettings(time_zone=zone))
    assert span is not None
    assert span.since is not None
    assert span.before is not None
    assert span.before - span.since == timedelta(hours=hours)
    assert span.since.astimezone(ZoneInfo(zone)).date() == date.fromisoformat(day)


def test_a_month_with_a_clock_change_has_its_own_ends() -> None:
    span = find_span("in March 2026", NOW, WorkspaceSettings(time_zone="Europe/Madrid"))
    assert span is not None
    assert (span.since, span.before) == (at("2026-02-28T23:00"), at("2026-03-31T22:00"))


def test_a_clock_pinned_to_a_date_stands_at_its_end_and_still_on_that_day() -> None:
    settings = WorkspaceSettings(now="2026-03-31", time_zone="Europe/Madrid")
    clock = settings.clock(at("2031-01-01"))
    assert clock == at("2026-03-31T22:00")
    assert days("today", clock, time_zone="Europe/Madrid") == ("2026-03-31", "2026-03-31")
    assert days("this month", clock, time_zone="Europe/Madrid") == ("2026-03-01", "2026-03-31")
    assert days("in April", clock, time_zone="Europe/Madrid") == ("2025-04-01", "2025-04-30")


def test_a_date_is_an_instant_at_its_end_whatever_the_offset() -> None:
    assert parse_instant("2026-03-28", ZoneInfo("Europe/London")) == at("2026-03-29")
    assert parse_instant("2026-03-29", ZoneInfo("Europe/London")) == at("2026-03-29T23:00")
    assert parse_instant("2026-03-29T10:00:00 02:00", ZoneInfo("UTC")) == at("2026-03-29T08:00")


def test_an_as_of_in_the_question_looks_back_and_never_ahead() -> None:
    settings = WorkspaceSettings(time_zone="Europe/London")
    found = find_as_of("Who was at risk as of 2025-06-30?", NOW, settings)
    assert found == (at("2025-06-30T23:00"), "as of 2025-06-30")
    later = find_as_of("as of 2026-12-24", NOW, settings)
    assert later is not None
    assert later[0] == NOW
    assert find_as_of("as of 2026-02-30", NOW, settings) is None
    assert find_as_of("as of now", NOW, settings) is None


@pytest.mark.parametrize(
    ("question", "words"),
    [
        ("in March", "from 2026-03-01 to 2026-03-31"),
        ("yesterday", "on 2026-03-17"),
        ("since February", "since 2026-02-01"),
        ("before March", "until 2026-02-28"),
    ],
)
def test_a_period_is_told_in_dates(question: str, words: str) -> None:
    span = find_span(question, NOW, UTC_WEEK)
    assert span is not None
    assert describe(span, UTC_WEEK) == words


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("orders after 2011-05-01", "since 2011-05-02"),
        ("orders after May 2011", "since 2011-06-01"),
        ("orders between March and May 2011", "from 2011-03-01 to 2011-05-31"),
        ("orders until 31 May 2011", "until 2011-05-31"),
        ("orders before the end of May 2011", "until 2011-05-31"),
        ("orders before 31 May 2011", "until 2011-05-30"),
    ],
)
def test_bounds_mean_what_they_say(text: str, said: str) -> None:
    settings = WorkspaceSettings(now="2011-07-31", time_zone="Europe/London")
    span = find_span(text, settings.clock(datetime.now(UTC)), settings)
    assert span
    assert describe(span, settings) == said


def test_an_as_of_month_means_its_end() -> None:
    settings = WorkspaceSettings(now="2011-07-31", time_zone="UTC")
    found = find_as_of("How many orders as of May 2011?", settings.clock(datetime.now(UTC)), settings)
    assert found
    assert found[0] == datetime(2011, 6, 1, tzinfo=UTC)
