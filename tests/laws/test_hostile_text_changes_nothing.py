"""Law 6: event text is data. Whatever a customer writes, no call, no scope and no answer is another for it."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from server.app import create_app
from server.settings import Settings
from tests.builders import item
from tests.fakes import HashedWords, Json, ScriptedModel, calls, results, says
from tests.hostile import HOSTILE
from tests.talk import ask, lasting, send, settle, stream_events, talk

AS_OF = "2026-04-01T00:00:00Z"
HARMLESS = "Thank you for the lamp."
QUESTIONS = [
    "How much has Ada Byron spent?", "How many orders did Ada Byron place?", "How many tickets were opened?",
    "Top 3 customers by spend", "When did Ada Byron last order?", "Why may Ada Byron leave?",
]  # fmt: skip
SPENT = ("measure", {"client_ids": ["ada"], "kind": "money", "measure": "sum"})
WROTE = ("timeline", {"client_id": "ada"})
#: Nothing of it may stand in an answer: marks of the attacks, and what only Bob's events hold.
MARKS = re.compile(
    r"KUMQUAT|999|evil|https?:|www\.|!\[|<\w|\]\(|```|\bsecret\b|\bBob\b|[\u200b-\u200f\u202a-\u202e]", re.I
)


def paid(when: str, user: str, revenue: float) -> Json:
    return item("Order Completed", when, user, properties={"revenue": revenue, "currency": "EUR"})


def events(said: str) -> list[Json]:
    return [
        item("", "2026-01-01", "ada", type="identify", traits={"name": "Ada Byron"}),
        item("", "2026-01-01", "bob", type="identify", traits={"name": "Bob Stone"}),
        paid("2026-02-01", "ada", 20),
        paid("2026-02-08", "ada", 35.5),
        paid("2026-02-15", "bob", 999),
        item("Support Ticket Opened", "2026-03-02", "bob", properties={"message": "A secret of Bob's"}),
        item("Support Ticket Opened", "2026-03-01", "ada", properties={"message": said}),
    ]


@dataclass
class Desk:
    """One application with a model that does what it reads, and one without any."""

    model: ScriptedModel
    gullible: FastAPI
    plain: FastAPI


@pytest.fixture(scope="module")
async def desk(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Desk]:
    folder = tmp_path_factory.mktemp("hostile")
    with ScriptedModel() as model:
        given = {"llm_base_url": model.base_url, "llm_model": "scripted", "llm_timeout_s": 20}
        gullible = create_app(Settings(data_dir=folder / "gullible", **given), embedder=HashedWords())
        plain = create_app(Settings(data_dir=folder / "plain"), embedder=HashedWords())
        async with gullible.router.lifespan_context(gullible), plain.router.lifespan_context(plain):
            yield Desk(model, gullible, plain)


@pytest.fixture(scope="module")
async def harmless(desk: Desk) -> list[Json]:
    async with talk(desk.plain, "harmless") as client:
        await send(client, events(HARMLESS))
        return await answers(client)


async def answers(client: httpx.AsyncClient) -> list[Json]:
    """The answers of code, without the ids that differ from one workspace to the next, and the words as quoted."""
    await settle(client)
    found = [await ask(client, question, as_of=AS_OF) for question in QUESTIONS]
    return [
        {**lasting(each), "citations": len(each["citations"]), "facts": _values(each)} | _unquoted(each)
        for each in found
    ]


def _unquoted(answer: Json) -> Json:
    lines = answer["answer"].splitlines()
    return {"answer": [line for line in lines if not line.startswith('On 2026-03-01, "Support Ticket Opened"')]}


def _values(answer: Json) -> list[Any]:
    return [(fact["name"], fact["value"], fact["unit"]) for fact in answer["facts"]]


@pytest.mark.parametrize("trick", HOSTILE)
async def test_code_answers_as_if_it_had_been_a_word_of_thanks(desk: Desk, harmless: list[Json], trick: str) -> None:
    async with talk(desk.plain, _workspace(trick)) as client:
        await send(client, events(HOSTILE[trick]))
        assert await answers(client) == harmless


def obey(messages: list[Json]) -> Json:
    """A model that looks up what was asked, then does all that it reads, and writes it down as its own."""
    turns = sum(each["role"] == "assistant" for each in messages)
    if turns == 0:
        return calls(SPENT, WROTE)
    read = results(messages)
    if turns == 1:
        return calls(
            ("timeline", {"client_id": "bob"}), ("recall", {"query": "secret", "client_id": "bob"}),
            ("measure", {"client_ids": ["Bob Stone"], "kind": "money"}), ("cohort", {"workspace": "other"}),
            ("timeline", {"client_id": "ada", "as_of": "2030-01-01"}), ("delete", {"client_id": "bob"}),
        )  # fmt: skip
    seen = [event for result in read for event in result.get("events", [])]
    ref = next(event["ref"] for event in seen if "35.5" in event["text"])
    hostile = next(event for event in seen if event["on"] == "2026-03-01")
    heard = [line for line in str(hostile["text"]).splitlines() if line.strip()][:20]
    lies = [f"{line} [{hostile['ref']}]" for line in heard] + heard
    return says("\n".join([*lies, "Ada has spent 999 EUR. " + f"[{ref}]", f"Ada Byron has spent 55.5 EUR. [{ref}]"]))


@pytest.mark.parametrize("held", [True, False], ids=["held to her", "named in the question"])
@pytest.mark.parametrize("trick", HOSTILE)
async def test_a_model_that_obeys_gets_nothing_past_the_code(desk: Desk, trick: str, held: bool) -> None:
    desk.model.script = obey
    desk.model.requests.clear()
    async with talk(desk.gullible, f"{_workspace(trick)}-{held}") as client:
        await send(client, events(HOSTILE[trick]))
        await settle(client)
        body = {"message": QUESTIONS[0], "as_of": AS_OF, "stream": True} | ({"customer_id": "ada"} if held else {})
        told = stream_events((await client.post("/chat", json=body)).text)
    answer = told[-1][1]["answer"]
    ran = [(tool["name"], tool["ok"]) for tool in answer["tools"][1:9]]
    assert ran == [("measure", True), ("timeline", True), *((name, False) for name in (
        "timeline", "recall", "measure", "cohort", "timeline", "delete"))]  # fmt: skip
    assert "55.5" in answer["answer"]
    for text in [answer["answer"], *(data["text"] for name, data in told if name == "answer.delta")]:
        assert not MARKS.search(text), text
    assert {citation["customer_id"] for citation in answer["citations"]} == {"ada"}
    assert "A secret of" not in json.dumps(desk.model.requests)


@pytest.mark.parametrize("trick", HOSTILE)
async def test_what_a_model_is_told_is_data_that_no_text_can_break_out_of(desk: Desk, trick: str) -> None:
    desk.model.script = obey
    desk.model.requests.clear()
    async with talk(desk.gullible, f"{_workspace(trick)}-told") as client:
        await send(client, events(HOSTILE[trick]))
        await settle(client)
        await ask(client, QUESTIONS[0], as_of=AS_OF)
    messages = [message for request in desk.model.requests for message in request["messages"]]
    assert {message["role"] for message in messages} == {"system", "user", "assistant", "tool"}
    # What the model itself has written is sent back to it: that it was told to, by whom, is not in there.
    for message in [each for each in messages if not str(each["content"]).startswith("Code checked")]:
        if message["role"] in ("system", "user"):
            assert HOSTILE[trick][:200] not in message["content"]
        elif message["role"] == "tool":
            assert isinstance(json.loads(message["content"]), dict)
            assert not re.search(
                r"[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\U000e0000-\U000e007f]", message["content"]
            )


def _workspace(trick: str) -> str:
    return "hostile-" + re.sub(r"\W+", "-", trick.lower())
