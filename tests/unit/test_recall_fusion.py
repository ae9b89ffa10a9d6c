"""Two lists of candidates become one, the same way every time."""

from __future__ import annotations

from itertools import permutations

import pytest

from memory.recall import RRF_K, fuse
from memory.record import Record
from memory.store import Hit
from tests.builders import record

A, B, C, D = (record("Note Left", "2026-01-01", id=name) for name in "abcd")
EARLIER = record("Note Left", "2025-12-31", id="z")


def hits(*scored: tuple[Record, float]) -> list[Hit]:
    return [Hit(point_id=each.message_id, score=score, record=each) for each, score in scored]


def names(*lists: list[Hit]) -> list[str]:
    return [found.message_id for found, _ in fuse(lists)]


def test_nothing_fuses_to_nothing() -> None:
    assert fuse([]) == []
    assert fuse([[], []]) == []


def test_first_in_both_lists_scores_one() -> None:
    assert fuse([hits((A, 9.0), (B, 1.0)), hits((A, 0.8))])[0] == (A, 1.0)


def test_a_list_that_does_not_hold_a_record_adds_nothing_to_it() -> None:
    assert fuse([hits((A, 9.0)), []]) == [(A, 0.5)]


def test_what_both_lists_hold_comes_before_what_one_does() -> None:
    assert names(hits((A, 9.0), (B, 8.0)), hits((C, 0.9), (B, 0.8))) == ["b", "a", "c"]


def test_ranks_decide_and_not_the_size_of_scores() -> None:
    small, large = hits((A, 0.2), (B, 0.1)), hits((A, 2_000.0), (B, 1.0))
    assert fuse([small]) == fuse([large])


def test_the_score_is_that_of_reciprocal_ranks() -> None:
    found = {each.message_id: score for each, score in fuse([hits((A, 3.0), (B, 2.0)), hits((B, 1.0))])}
    best = 2 / (RRF_K + 1)
    assert found["b"] == pytest.approx((1 / (RRF_K + 2) + 1 / (RRF_K + 1)) / best, abs=1e-4)


def test_the_order_in_which_equal_hits_come_shows_nowhere() -> None:
    equal = [(A, 0.5), (B, 0.5), (C, 0.5), (D, 0.1)]
    answers = {tuple(names(hits(*order))) for order in permutations(equal)}
    assert answers == {("a", "b", "c", "d")}


def test_scores_that_differ_by_a_batch_are_equal() -> None:
    assert names(hits((B, 0.50000012), (A, 0.5)), []) == ["a", "b"]


def test_equals_go_by_time_before_id() -> None:
    assert names(hits((A, 0.5), (EARLIER, 0.5))) == ["z", "a"]
