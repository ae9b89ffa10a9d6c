"""What threads promise whichever form keeps them, in a file here; tests/live asks the same of Postgres."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from agent.checkpoints import Place, ThreadBusy
from agent.places import InFile
from agent.threads import Threads, UnknownThread
from agent.turn import Turn
from memory.holders import Person
from memory.scope import Scope

SHOP, OTHER = Scope("shop"), Scope("shop-b")
NOW = datetime(2026, 4, 1, tzinfo=UTC)
ADA = Person("ada-7f3", frozenset({"ada-7f3"}), frozenset(), words=frozenset({"Ada Zebra"}))


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return InFile(tmp_path)


@pytest.fixture
async def threads(place: Place) -> AsyncIterator[Threads]:
    made = Threads(place, max_threads=3, max_turns=4)
    yield made
    await made.close()


def turn(question: str, *customers: str, **fields: Any) -> Turn:
    given: dict[str, Any] = {
        "asked_at": NOW, "as_of": NOW, "customers": list(customers), "topics": [{"of": question}],
        "answer": {"answer": f"An answer to {question}", "citations": []}, **fields,
    }  # fmt: skip
    return Turn(question=question, **given)


async def say(
    threads: Threads, thread_id: str, question: str, *customers: str, scope: Scope = SHOP, **fields: Any
) -> None:
    async with threads.opened(scope, thread_id, None) as conversation:
        await threads.keep(conversation, turn(question, *customers, **fields))


async def questions(threads: Threads, thread_id: str, scope: Scope = SHOP) -> list[str]:
    return [each.question for each in await threads.read(scope, thread_id)]


async def test_a_thread_is_read_back_as_it_was_kept(threads: Threads) -> None:
    odd = "Who \x00 wrote “naïve” \N{PARTY POPPER}?"
    await say(threads, "t", odd, "c1")
    assert await threads.read(SHOP, "t") == [turn(odd, "c1")]
    (brief,) = await threads.briefs(SHOP)
    assert (brief.thread_id, brief.title, brief.turns, brief.asked_at) == ("t", odd, 1, NOW)


async def test_what_is_kept_outlives_the_one_who_kept_it(place: Place, threads: Threads) -> None:
    await say(threads, "t", "First?")
    again = Threads(place, max_threads=3, max_turns=4)
    assert await questions(again, "t") == ["First?"]
    await again.close()


async def test_a_question_sees_the_turns_before_it(threads: Threads) -> None:
    for question in ("First?", "Second?"):
        await say(threads, "t", question)
    async with threads.opened(SHOP, "t", None) as conversation:
        assert [each.question for each in conversation.turns] == ["First?", "Second?"]
        assert conversation.topics == [{"of": "Second?"}]


async def test_workspaces_whose_names_begin_alike_share_nothing(threads: Threads) -> None:
    await say(threads, "t", "Here?", "ada-7f3")
    await say(threads, "t", "There?", "ada-7f3", scope=OTHER)
    assert await threads.erase(SHOP, ADA) == 1
    assert await threads.briefs(SHOP) == []
    assert await questions(threads, "t", OTHER) == ["There?"]


async def test_the_newest_turns_and_threads_are_kept(threads: Threads) -> None:
    for number in range(6):
        await say(threads, "long", f"Question {number}?")
    assert await questions(threads, "long") == [f"Question {number}?" for number in (2, 3, 4, 5)]
    for number in range(1, 5):
        await say(threads, f"t{number}", "?", asked_at=NOW + timedelta(minutes=number))
    assert {brief.thread_id for brief in await threads.briefs(SHOP)} == {"t2", "t3", "t4"}


async def test_a_thread_that_outgrows_its_bytes_keeps_its_older_turns_in_short(place: Place) -> None:
    threads = Threads(place, max_threads=3, max_turns=100)
    for number in range(24):
        long = {"answer": f"Sentence {number}. " + "x" * 25_000, "citations": []}
        await say(threads, "long", f"Question {number}?", "ada-7f3" if number == 0 else "c3", answer=long)
    turns = await threads.read(SHOP, "long")
    assert [each.question for each in turns] == [f"Question {number}?" for number in range(24)]
    assert turns[0].answer["answer"] == "Sentence 0."
    assert ["cut" in each.answer for each in turns] == [True] * 9 + [False] * 15
    assert await threads.erase(SHOP, ADA) == 1
    await threads.close()


async def test_a_deleted_thread_is_unknown(threads: Threads) -> None:
    await say(threads, "t", "First?")
    await threads.delete(SHOP, "t")
    with pytest.raises(UnknownThread):
        await threads.read(SHOP, "t")


async def test_every_thread_about_somebody_erased_goes_and_the_others_stay(threads: Threads) -> None:
    await say(threads, "hers", "First?", "ada-7f3")
    await say(threads, "hers", "And then?", "c3")
    await say(threads, "names-her", "Is ada zebra a friend of c3?", "c3")
    await say(threads, "of-c3", "What of c3?", "c3")
    assert await threads.count(SHOP, ADA) == 2
    assert await threads.erase(SHOP, ADA) == 2
    assert [brief.thread_id for brief in await threads.briefs(SHOP)] == ["of-c3"]
    assert await threads.purge()
    assert await threads.count(SHOP, ADA) == 0


async def test_threads_that_cite_what_is_too_old_are_forgotten(threads: Threads) -> None:
    await say(threads, "old", "?", oldest=NOW - timedelta(days=400))
    await say(threads, "new", "?", oldest=NOW - timedelta(days=4))
    await say(threads, "of-nothing", "?")
    assert await threads.forget_older(SHOP, NOW - timedelta(days=365)) == 1
    assert {brief.thread_id for brief in await threads.briefs(SHOP)} == {"new", "of-nothing"}


async def test_of_those_being_answered_only_a_turn_about_somebody_erased_is_lost(threads: Threads) -> None:
    await say(threads, "hers", "First?", "c3")
    async with threads.opened(SHOP, "hers", None) as hers, threads.opened(SHOP, "of-c3", None) as others:
        await threads.erase(SHOP, ADA)
        await threads.keep(hers, turn("And Ada Zebra?"))
        await threads.keep(others, turn("And c3?", "c3"))
    assert await questions(threads, "hers") == ["First?"]
    assert await questions(threads, "of-c3") == ["And c3?"]


async def test_questions_at_once_in_one_thread_wait_for_each_other(threads: Threads) -> None:
    seen: list[int] = []

    async def ask(number: int) -> None:
        async with threads.opened(SHOP, "busy", None) as conversation:
            seen.append(len(conversation.turns))
            await asyncio.sleep(0.01)
            await threads.keep(conversation, turn(f"{number}?"))

    await asyncio.gather(*(ask(number) for number in range(4)))
    assert seen == [0, 1, 2, 3]


async def test_one_who_has_waited_too_long_is_told_so(place: Place) -> None:
    threads = Threads(place, max_threads=3, max_turns=4, patience_s=0.5)
    async with threads.opened(SHOP, "busy", None):
        with pytest.raises(ThreadBusy, match="busy"):
            await say(threads, "busy", "Me too?")
    await say(threads, "busy", "Now?")
    await threads.close()


async def test_a_question_given_up_while_it_waited_leaves_the_thread_usable(threads: Threads) -> None:
    async with threads.opened(SHOP, "t", None):
        waiting = asyncio.create_task(say(threads, "t", "Never?"))
        await asyncio.sleep(0.03)
        waiting.cancel()
        await asyncio.wait([waiting])
    await say(threads, "t", "Now?")
    assert await questions(threads, "t") == ["Now?"]


async def test_conversations_at_once_are_kept_apart_and_nothing_of_them_stays_in_memory(place: Place) -> None:
    threads = Threads(place, max_threads=100, max_turns=4)

    async def talk(number: int) -> None:
        for question in ("First", "Second"):
            await say(threads, f"t{number}", f"{question} of {number}?", f"c{number}")

    await asyncio.gather(*(talk(number) for number in range(50)))
    for number in range(50):
        assert await questions(threads, f"t{number}") == [f"First of {number}?", f"Second of {number}?"]
    gc.collect()
    assert (len(threads._turns), len(threads._open), len(threads._keeping)) == (0, 0, 0)
    await threads.close()
