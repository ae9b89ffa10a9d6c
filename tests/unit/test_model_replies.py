"""Replies of a chat model, read strictly; what they cost, and how long a provider wants to be left alone."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from langchain_core.messages import AIMessageChunk
from langchain_core.messages.tool import tool_call_chunk

from agent.answer import Usage
from agent.chat_model import ModelFailed, ProviderFailed, Reply, Unusable
from agent.intent import Call
from agent.metering import BUCKETS_S, Meter
from agent.openai_model import wait_s
from agent.prices import Prices
from agent.reply_stream import ReplyStream

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)


def piece(text: str = "", reason: str | None = None, tokens: tuple[int, int] | None = None, **call: Any) -> Any:
    return AIMessageChunk(
        content=text,
        tool_call_chunks=[tool_call_chunk(**call)] if call else [],
        response_metadata={"finish_reason": reason} if reason else {},
        usage_metadata={"input_tokens": tokens[0], "output_tokens": tokens[1], "total_tokens": sum(tokens)}
        if tokens
        else None,
    )


def read(*pieces: Any, prices: Prices | None = None) -> Reply:
    stream = ReplyStream(prices or Prices())
    for each in pieces:
        stream.add(each)
    return stream.whole()


def test_the_pieces_of_a_text_add_up_and_each_is_heard_as_all_so_far() -> None:
    heard: list[str] = []
    stream = ReplyStream(Prices(), heard.append)
    for each in (piece("Ada "), piece("paid."), piece("", "stop")):
        stream.add(each)
    assert heard == ["Ada ", "Ada paid."]
    assert stream.whole().text == "Ada paid."


def test_the_pieces_of_a_call_add_up() -> None:
    reply = read(
        piece(name="measure", id="call-1", index=0, args='{"kind": '),
        piece(id=None, name=None, index=0, args='"money"}'),
        piece("", "tool_calls"),
    )
    assert reply.calls == [("call-1", Call("measure", {"kind": "money"}))]


def test_a_call_without_arguments_has_none() -> None:
    assert read(piece(name="churn", id="c", index=0, args=""), piece("", "stop")).calls[0][1].args == {}


@pytest.mark.parametrize("args", ['{"kind": "mon', '{"kind": "money"', "[]", "7", "kind"])
def test_arguments_that_break_off_or_are_no_object_are_refused_rather_than_completed(args: str) -> None:
    with pytest.raises(Unusable, match="not JSON"):
        read(piece(name="measure", id="c", index=0, args=args), piece("", "tool_calls"))


@pytest.mark.parametrize(
    ("pieces", "kind", "why"),
    [
        ([], ProviderFailed, "broke off"),
        ([piece("Ada ")], ProviderFailed, "broke off"),
        ([piece("Ada "), piece("", "length")], Unusable, "cut short"),
        ([piece("Ada "), piece("", "content_filter")], Unusable, "withheld"),
        ([piece("", "stop")], Unusable, "nothing"),
        ([piece(" \n"), piece("", "stop")], Unusable, "nothing"),
    ],
)
def test_what_is_no_whole_reply_says_why(pieces: list[Any], kind: type[ModelFailed], why: str) -> None:
    with pytest.raises(kind, match=why):
        read(*pieces)


def test_a_reason_that_is_told_twice_is_one() -> None:
    assert read(piece("Ada paid.", "stop"), piece("", "stop")).text == "Ada paid."


def test_tokens_that_are_told_again_and_again_are_counted_once() -> None:
    usage = read(piece("Ada", tokens=(10, 1)), piece(" paid.", "stop", tokens=(10, 2))).usage
    assert (usage.calls, usage.input_tokens, usage.output_tokens) == (1, 10, 2)


def test_tokens_have_their_price_where_both_are_known() -> None:
    whole = piece("Ada paid.", "stop", tokens=(2_000_000, 500_000))
    assert read(whole, prices=Prices(0.5, 2)).usage.cost == pytest.approx(2.0)
    assert read(whole, prices=Prices(0.5, None)).usage.cost is None


def test_a_reply_that_fails_has_its_cost_too() -> None:
    with pytest.raises(Unusable) as caught:
        read(piece("Ada", "length", tokens=(1_000_000, 0)), prices=Prices(3, 4))
    assert caught.value.usage.cost == pytest.approx(3.0)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "7"}, 7),
        ({"retry-after": " 0.5 "}, 0.5),
        ({"retry-after": "1", "retry-after-ms": "250"}, 0.25),
        ({"retry-after": "Fri, 01 May 2026 12:00:30 GMT"}, 30),
        ({"retry-after": "Fri, 01 May 2026 11:00:00 GMT"}, 0),
        ({"retry-after": "soon"}, 0),
        ({"retry-after": "-5"}, 0),
        ({"retry-after": "nan"}, 0),
        ({"retry-after": "inf"}, 0),
        ({}, 0),
    ],
)
def test_a_wait_is_read_in_seconds_milliseconds_or_as_a_date(headers: dict[str, str], seconds: float) -> None:
    assert wait_s(headers, NOW) == seconds


def test_the_histogram_of_seconds_is_cumulative_and_ends_with_all() -> None:
    meter = Meter()
    for seconds in (0.05, 0.1, 0.3, 1000):
        meter.requested("replied", seconds, Usage())
    assert meter.timed[0] == 2
    assert meter.timed[-2:] == [3, 4]
    assert len(meter.timed) == len(BUCKETS_S) + 1
