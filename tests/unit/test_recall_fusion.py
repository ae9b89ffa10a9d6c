"""Lists of scores become one, the same way every time."""

from __future__ import annotations

from itertools import permutations

import pytest

from memory.fusion import RRF_K, fuse, ranks


def test_nothing_fuses_to_nothing() -> None:
    assert fuse([]) == {}
    assert fuse([{}, {}]) == {}


def test_first_in_every_list_scores_one() -> None:
    assert fuse([{"a": 9.0, "b": 1.0}, {"a": 0.8}])["a"] == pytest.approx(1.0)


def test_a_list_that_does_not_hold_a_record_adds_nothing_to_it() -> None:
    assert fuse([{"a": 9.0}, {}]) == {"a": pytest.approx(0.5)}


def test_what_both_lists_hold_comes_before_what_one_does() -> None:
    found = fuse([{"a": 9.0, "b": 8.0}, {"c": 0.9, "b": 0.8}])
    assert max(found, key=found.__getitem__) == "b"


def test_ranks_decide_and_not_the_size_of_scores() -> None:
    assert fuse([{"a": 0.2, "b": 0.1}]) == fuse([{"a": 2_000.0, "b": 1.0}])


def test_the_score_is_that_of_reciprocal_ranks() -> None:
    found = fuse([{"a": 3.0, "b": 2.0}, {"b": 1.0}])
    assert found["b"] == pytest.approx((1 / (RRF_K + 2) + 1 / (RRF_K + 1)) / (2 / (RRF_K + 1)))


def test_the_order_in_which_equal_scores_come_shows_nowhere() -> None:
    equal = [("a", 0.5), ("b", 0.5), ("c", 0.5), ("d", 0.1)]
    assert {tuple(sorted(ranks(dict(order)).items())) for order in permutations(equal)} == {
        (("a", 1), ("b", 1), ("c", 1), ("d", 2))
    }


def test_scores_that_differ_by_a_batch_are_equal() -> None:
    assert ranks({"b": 0.50000012, "a": 0.5}) == {"b": 1, "a": 1}
