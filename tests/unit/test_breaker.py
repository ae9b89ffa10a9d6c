"""The circuit breaker: who failed is left alone, and tried by one alone."""

from __future__ import annotations

import asyncio

import pytest

from agent.breaker import LONGEST_REST_S, Breaker
from agent.chat_model import ModelFailed, NotAsked, OutOfTime, ProviderFailed, Unusable


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def breaker(clock: Clock) -> Breaker:
    return Breaker(30, clock)


def call(breaker: Breaker, error: BaseException | None = None) -> None:
    with breaker.passing():
        if error:
            raise error


def fails(breaker: Breaker, error: ModelFailed) -> None:
    with pytest.raises(type(error)):
        call(breaker, error)


def test_one_failure_of_the_provider_keeps_everyone_away_and_says_why(breaker: Breaker) -> None:
    fails(breaker, ProviderFailed("it is on fire"))
    with pytest.raises(NotAsked, match="it is on fire"):
        call(breaker)
    assert breaker.reason == "it is on fire"


@pytest.mark.parametrize("error", [Unusable("nonsense"), OutOfTime("too late")])
def test_what_is_not_the_providers_failure_keeps_nobody_away(breaker: Breaker, error: ModelFailed) -> None:
    fails(breaker, error)
    call(breaker)
    assert not breaker.is_open


def test_after_its_rest_it_is_tried_and_closes(breaker: Breaker, clock: Clock) -> None:
    fails(breaker, ProviderFailed("down"))
    clock.now += 30
    call(breaker)
    assert not breaker.is_open
    assert breaker.reason is None


def test_a_try_that_fails_begins_another_rest(breaker: Breaker, clock: Clock) -> None:
    fails(breaker, ProviderFailed("down"))
    clock.now += 30
    fails(breaker, ProviderFailed("still down"))
    clock.now += 29
    with pytest.raises(NotAsked, match="still down"):
        call(breaker)


def test_only_one_may_try(breaker: Breaker, clock: Clock) -> None:
    fails(breaker, ProviderFailed("down"))
    clock.now += 30
    with breaker.passing(), pytest.raises(NotAsked):
        call(breaker)
    call(breaker)


@pytest.mark.parametrize("error", [asyncio.CancelledError(), OutOfTime("too late")])
def test_a_try_that_tells_nothing_leaves_the_try_to_the_next(
    breaker: Breaker, clock: Clock, error: BaseException
) -> None:
    fails(breaker, ProviderFailed("down"))
    clock.now += 30
    with pytest.raises(type(error)):
        call(breaker, error)
    assert breaker.is_open
    call(breaker)
    assert not breaker.is_open


def test_a_call_under_way_that_comes_back_shows_that_all_is_well(breaker: Breaker) -> None:
    with breaker.passing():
        fails(breaker, ProviderFailed("down"))
    call(breaker)


def test_a_provider_is_left_alone_for_as_long_as_it_asks(breaker: Breaker, clock: Clock) -> None:
    fails(breaker, ProviderFailed("busy", wait_s=90))
    clock.now += 89
    with pytest.raises(NotAsked):
        call(breaker)
    clock.now += 1
    call(breaker)


def test_a_provider_that_asks_for_a_year_is_tried_before(breaker: Breaker, clock: Clock) -> None:
    fails(breaker, ProviderFailed("busy", wait_s=365 * 86400))
    clock.now += LONGEST_REST_S
    call(breaker)
