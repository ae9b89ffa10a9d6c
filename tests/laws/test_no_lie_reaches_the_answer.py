"""Law 4 with a model: of what it writes only what holds is told, in JSON and in a stream; what is true passes."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator

import httpx
import pytest

from server.app import create_app
from server.settings import Settings
from tests.fakes import HashedWords, Json, ScriptedModel, calls, results, says
from tests.laws.lies import AS_OF, EVENTS, LEANING, LIES, MORE_TOOLS, TOOLS, TRUTHS
from tests.talk import ask, send, settle, stream_events, talk

QUESTION = "What do we know about Ada Byron and Bob Stone?"
KEPT = "On 2026-02-08, Ada ordered a Walnut Chair. <Walnut Chair>"
_CITED = re.compile(r"<([^>]+)>")
ALL_LIES = [(kind, lie) for kind, lies in LIES.items() for lie in lies]


class Analyst:
    """The application with a model that looks everything up and then writes what a test gives it."""

    def __init__(self, model: ScriptedModel, client: httpx.AsyncClient) -> None:
        self.model = model
        self.client = client

    def say(self, text: str) -> None:
        def script(messages: list[Json]) -> Json:
            turns = sum(message["role"] == "assistant" for message in messages)
            if turns < 2:
                return calls(*(TOOLS, MORE_TOOLS)[turns])
            return says(_CITED.sub(lambda m: f"[{ref(messages, m[1])}]", text))

        self.model.script = script

    async def answer(self, text: str) -> Json:
        self.say(text)
        return await ask(self.client, QUESTION, as_of=AS_OF)

    async def stream(self, text: str) -> list[tuple[str, Json]]:
        self.say(text)
        reply = await self.client.post("/chat", json={"message": QUESTION, "as_of": AS_OF, "stream": True})
        return stream_events(reply.text)


def ref(messages: list[Json], of: str) -> int:
    events = [event for result in results(messages) for event in result.get("events", [])]
    return int(next(event["ref"] for event in events if of in event["text"]))


def bare(text: str) -> str:
    """A sentence without its markers and its list mark."""
    return re.sub(r"\s*(?:\[\d+\]|<[^>]+>)", "", text).strip(" -")


@pytest.fixture(scope="module")
def model() -> Iterator[ScriptedModel]:
    with ScriptedModel() as started:
        yield started


@pytest.fixture(scope="module")
async def analyst(model: ScriptedModel, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Analyst]:
    settings = Settings(
        data_dir=tmp_path_factory.mktemp("lies") / "data", llm_base_url=model.base_url, llm_model="scripted"
    )
    app = create_app(settings, embedder=HashedWords())
    async with app.router.lifespan_context(app), talk(app, "default") as client:
        await send(client, EVENTS)
        await settle(client)
        yield Analyst(model, client)


def test_there_are_lies_of_eight_kinds() -> None:
    assert len(LIES) == 8
    assert min(len(lies) for lies in LIES.values()) >= 5
    assert len(ALL_LIES) >= 40
    assert len(TRUTHS) >= 40


PART_FELL = "a part of the model's answer did not hold to the evidence"


@pytest.mark.parametrize(("kind", "lie"), ALL_LIES, ids=[f"{kind}: {lie}" for kind, lie in ALL_LIES])
async def test_a_lie_among_what_holds_is_not_told(analyst: Analyst, kind: str, lie: str) -> None:
    found = await analyst.answer(f"{lie}\n{KEPT}")
    assert (found["mode"], found["mode_reason"]) == ("fallback", PART_FELL)
    assert bare(lie) not in found["answer"]


async def test_no_lie_is_told_in_a_stream_not_even_for_a_moment(analyst: Analyst) -> None:
    for _, lie in ALL_LIES:
        events = await analyst.stream(f"{lie}\n{KEPT}")
        told = "".join(data["text"] for name, data in events if name == "answer.delta")
        assert told
        assert bare(lie) not in told


@pytest.mark.parametrize(("first", "second"), LEANING, ids=[f"{first} {second}" for first, second in LEANING])
async def test_a_sentence_that_leans_on_one_of_other_events_falls(analyst: Analyst, first: str, second: str) -> None:
    found = await analyst.answer(f"{first} {second}")
    assert (found["mode"], found["mode_reason"]) == ("fallback", PART_FELL)
    assert bare(second) not in found["answer"]


@pytest.mark.parametrize("kind", LIES)
async def test_an_answer_of_nothing_but_lies_is_given_up(analyst: Analyst, kind: str) -> None:
    found = await analyst.answer("\n".join(LIES[kind]))
    assert found["mode"] == "fallback"
    assert not [lie for lie in LIES[kind] if bare(lie) in found["answer"]]


@pytest.mark.parametrize("truth", TRUTHS)
async def test_what_is_true_passes(analyst: Analyst, truth: str) -> None:
    found = await analyst.answer(truth)
    assert (found["mode"], bare(found["answer"])) == ("model", bare(truth))
    assert found["citations"]
