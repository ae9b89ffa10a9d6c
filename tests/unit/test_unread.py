"""A condition that an intent cannot take into account is named, not dropped."""

from __future__ import annotations

import pytest

from agent.intents import cohort, measure, ranking
from agent.unread import find_unread


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("How many orders did María López place in March?", ()),
        ("How many orders over 500 GBP?", ("500",)),
        ("What is the median order value?", ()),
        ("Revenue excluding refunds", ("excluding",)),
        ("How many orders were not paid?", ()),
        ("How many orders were not large?", ("not", "large")),
        ("How many times did they use the Gantt chart?", ()),
        ("How many orders in the last 24 hours?", ("last", "24", "hours")),
    ],
)
def test_a_count_names_what_it_cannot_count_by(text: str, left: tuple[str, ...]) -> None:
    assert measure.INTENT.reads
    assert find_unread(text, measure.INTENT.reads, ["in March", "maria", "lopez", "Gantt chart", "GBP"]) == left


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("How many customers are in trial?", ()),
        ("Which customers went quiet?", ()),
        ("How many trials converted?", ("converted",)),
        ("How many customers are not engaged?", ()),
        ("How many customers are hardly engaged?", ("hardly",)),
        ("Who left feedback?", ("feedback",)),
    ],
)
def test_a_stage_question_names_what_is_no_stage(text: str, left: tuple[str, ...]) -> None:
    assert cohort.INTENT.reads
    assert find_unread(text, cohort.INTENT.reads, []) == left


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("Top 3 customers by spend in GBP", ()),
        ("Who is the most active user?", ()),
        ("Who bought the most in May 2011?", ("2011",)),
        ("Top customers by number of orders", ()),
        ("Top customers by shoe size", ("shoe", "size")),
    ],
)
def test_a_ranking_names_what_it_cannot_rank_by(text: str, left: tuple[str, ...]) -> None:
    assert ranking.INTENT.reads
    # "may" asks as often as it dates: only together with the rest is it a month.
    assert find_unread(text, ranking.INTENT.reads, ["GBP"]) == left
