"""With a chat model: what it asks for is run, and what it writes is held to the evidence."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from server.app import create_app
from server.settings import Settings
from tests.builders import item
from tests.fakes import HashedWords, Json, Script, ScriptedModel, calls, results, says
from tests.talk import ask, refused, send, settle, stream_events, talk

AS_OF = "2026-04-01T00:00:00Z"
QUESTION = "How much has Ada Byron spent?"
SPENT = ("measure", {"client_ids": ["ada"], "kind": "money", "measure": "sum"})
BROKEN = ("recall", {"client_id": "ada", "query": "broken"})


def paid(when: str, user: str, revenue: float) -> Json:
    return item("Order Completed", when, user, properties={"revenue": revenue, "currency": "EUR"})


EVENTS = [
    item("", "2026-01-01", "ada", type="identify", traits={"name": "Ada Byron"}),
    item("", "2026-01-01", "bob", type="identify", traits={"name": "Bob Stone"}),
    paid("2026-02-01", "ada", 20),
    paid("2026-02-08", "ada", 35.5),
    paid("2026-02-15", "bob", 999),
    item("Support Ticket Opened", "2026-03-01", "ada", properties={"message": "The shade arrived broken"}),
    item("Support Ticket Opened", "2026-03-02", "bob", properties={"message": "Bob's secret trouble"}),
    paid("2026-05-01", "ada", 77),
]


class Talk:
    """An application with a scripted model, over the events above."""

    def __init__(self, model: ScriptedModel, client: httpx.AsyncClient) -> None:
        self.model = model
        self.client = client

    async def ask(self, *turns: Json | Script, message: str = QUESTION, **fields: Any) -> Json:
        """The answer when the model takes these turns one after the other, the last one for ever."""
        self.script(*turns)
        return await ask(self.client, message, **{"as_of": AS_OF, **fields})

    def script(self, *turns: Json | Script) -> None:
        def say(messages: list[Json]) -> Json:
            said = sum(each["role"] == "assistant" for each in messages)
            turn = turns[min(said, len(turns) - 1)]
            message: Json = turn(messages) if callable(turn) else turn
            return message

        self.model.script = say
        self.model.requests.clear()

    @property
    def told(self) -> list[Json]:
        """What the tools told the model, up to its last turn."""
        return results(self.model.requests[-1]["messages"])


@asynccontextmanager
async def talking(model: ScriptedModel, data_dir: Path, **settings: Any) -> AsyncIterator[Talk]:
    given = {"llm_base_url": model.base_url, "llm_model": "scripted", "llm_timeout_s": 5, **settings}
    app = create_app(Settings(data_dir=data_dir, **given), embedder=HashedWords())
    with model:
        async with app.router.lifespan_context(app), talk(app, "default") as client:
            await send(client, EVENTS)
            await settle(client)
            yield Talk(model, client)


@pytest.fixture(scope="module")
async def shop(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Talk]:
    async with talking(ScriptedModel(), tmp_path_factory.mktemp("model") / "data") as opened:
        yield opened


def ref(messages: list[Json], of: str) -> int:
    """The number by which the model cites the event whose text holds these words."""
    events = [event for result in results(messages) for event in result.get("events", [])]
    return int(next(event["ref"] for event in events if of in event["text"]))


def true_answer(messages: list[Json]) -> Json:
    return says(f"Ada Byron (ada) has spent 55.5 EUR. [{ref(messages, '35.5')}][{ref(messages, '20')}]")


async def test_a_model_calls_tools_and_its_cited_answer_is_given(shop: Talk) -> None:
    found = await shop.ask(calls(SPENT), true_answer)
    assert (found["mode"], found["mode_reason"], found["abstained"]) == ("model", None, False)
    assert found["answer"] == "Ada Byron (ada) has spent 55.5 EUR. [1][2]"
    cited = [citation["message_id"] for citation in found["citations"]]
    assert cited == [EVENTS[3]["messageId"], EVENTS[2]["messageId"]]
    assert [(tool["name"], tool["ok"]) for tool in found["tools"][1:]] == [("measure", True)]
    assert 55.5 in [fact["value"] for fact in found["facts"]]


async def test_a_model_is_told_who_when_and_what_it_may_choose(shop: Talk) -> None:
    await shop.ask(calls(SPENT), true_answer)
    first = shop.model.requests[0]
    assert [message["role"] for message in first["messages"]] == ["system", "user"]
    asked = first["messages"][1]["content"]
    assert asked.startswith(QUESTION)
    assert "2026-04-01" in asked
    assert "Customers meant: ada." in asked
    offered = {tool["function"]["name"]: tool["function"]["parameters"]["properties"] for tool in first["tools"]}
    assert set(offered) == {
        "recall", "search_events", "timeline", "profile", "measure", "cohort", "churn", "recommend",
    }  # fmt: skip
    assert not {"workspace", "scope", "as_of", "bound_to"} & {
        argument for each in offered.values() for argument in each
    }


async def test_a_model_sees_no_event_from_after_the_time_of_the_question(shop: Talk) -> None:
    await shop.ask(
        calls(SPENT, BROKEN, ("timeline", {"client_id": "ada", "before": "2030-01-01T00:00:00Z"})), true_answer
    )
    assert "35.5" in str(shop.told)
    assert "77" not in str(shop.told)


async def test_several_turns_of_tools_go_into_one_answer(shop: Talk) -> None:
    def both(messages: list[Json]) -> Json:
        return says(
            f"- Ada has spent 55.5 EUR. [{ref(messages, '35.5')}]\n"
            f'- She wrote "the shade arrived broken" on 2026-03-01. [{ref(messages, "broken")}]'
        )

    found = await shop.ask(calls(SPENT), calls(BROKEN), both)
    assert found["mode"] == "model"
    assert found["answer"].splitlines() == [
        "- Ada has spent 55.5 EUR. [1]",
        '- She wrote "the shade arrived broken" on 2026-03-01. [2]',
    ]
    assert [tool["name"] for tool in found["tools"]] == ["understand", "measure", "recall"]


LIES = {
    "a wrong number": "Ada has spent 56 EUR. [{n}]",
    "a number of somebody else": "Bob has spent 999 EUR. [{n}]",
    "an invented quotation": 'Ada wrote "I am leaving you". [{n}]',
    "an invented quotation in the marks of print": "Ada wrote “I am leaving you”. [{n}]",
    "a marker that points nowhere": "Ada is about to leave. [99]",
    "a statement without evidence": "Ada is about to leave.",
    "a heading that states something": "Ada is about to leave:",
    "a wrong date": "Ada wrote on 2026-03-09. [{n}]",
}


@pytest.mark.parametrize("lie", LIES.values(), ids=LIES)
async def test_a_lie_is_taken_out_and_what_holds_stays(shop: Talk, lie: str) -> None:
    def mixed(messages: list[Json]) -> Json:
        n = ref(messages, "35.5")
        return says(f"{lie.format(n=n)}\nAda Byron has spent 55.5 EUR. [{n}]")

    found = await shop.ask(calls(SPENT), mixed)
    assert (found["mode"], found["answer"]) == ("model", "Ada Byron has spent 55.5 EUR. [1]")


@pytest.mark.parametrize("lie", LIES.values(), ids=LIES)
async def test_an_answer_of_lies_is_given_up_for_the_deterministic_one(shop: Talk, lie: str) -> None:
    found = await shop.ask(calls(SPENT), lambda messages: says(lie.format(n=ref(messages, "35.5"))))
    assert (found["mode"], found["mode_reason"]) == ("fallback", "the model's answer did not hold to the evidence")
    assert "The total value for Ada Byron (ada) is 55.50 EUR" in found["answer"]
    assert found["citations"]


async def test_an_answer_without_looking_anything_up_is_given_up(shop: Talk) -> None:
    found = await shop.ask(says("Ada has spent 55.5 EUR. [1]"))
    assert found["mode"] == "fallback"
    assert "55.50 EUR" in found["answer"]


async def test_a_model_cannot_look_beyond_the_customer_a_question_is_bound_to(shop: Talk) -> None:
    curious = calls(
        ("timeline", {"client_id": "bob"}),
        ("recall", {"client_id": "bob", "query": "secret trouble"}),
        ("recall", {"query": "secret trouble"}),
        ("measure", {"measure": "sum", "kind": "money"}),
        ("cohort", {}),
        ("churn", {}),
        ("search_events", {"client_ids": ["bob"]}),
    )
    found = await shop.ask(curious, true_answer, message="What was said?", customer_id="ada")
    assert "secret" not in str(shop.told)
    assert "999" not in str(shop.told)
    assert [tool["ok"] for tool in found["tools"][1:]] == [False, False, True, True, False, True, False]
    assert {citation["customer_id"] for citation in found["citations"]} == {"ada"}


async def test_another_customers_event_cannot_be_cited_in_a_bound_question(shop: Talk) -> None:
    gossip = says('Bob wrote "Bob\'s secret trouble". [1]\nBob spent 999 EUR. [2]')
    found = await shop.ask(calls(SPENT), gossip, customer_id="ada")
    assert found["mode"] == "fallback"
    assert "Bob" not in found["answer"]
    assert {citation["customer_id"] for citation in found["citations"]} == {"ada"}


async def test_a_model_that_never_stops_calling_tools_is_stopped(shop: Talk) -> None:
    found = await shop.ask(calls(SPENT))
    assert (found["mode"], found["mode_reason"]) == ("fallback", "the model asked for too many steps")
    assert len(shop.model.requests) == 6
    assert "55.50 EUR" in found["answer"]


async def test_a_model_that_calls_a_hundred_tools_at_once_is_stopped(shop: Talk) -> None:
    found = await shop.ask(calls(*[SPENT] * 100))
    assert (found["mode"], found["mode_reason"]) == ("fallback", "the model asked for too many tools at once")
    assert len(found["tools"]) == 2


async def test_all_turns_of_a_slow_model_share_one_budget(tmp_path: Path) -> None:
    async with talking(ScriptedModel(delay_s=0.3), tmp_path / "data", llm_budget_s=0.7) as shop:
        started = time.monotonic()
        found = await shop.ask(calls(SPENT))
        assert time.monotonic() - started < 6
    assert (found["mode"], found["mode_reason"]) == ("fallback", "the model did not answer in time")
    assert len(shop.model.requests) in (2, 3)


async def test_wrong_arguments_are_told_to_the_model_and_shown(shop: Talk) -> None:
    wrong = calls(("measure", {"client_ids": ["ada"], "workspace": "other"}), ("cohort", {"silent_days_min": 10**12}))
    found = await shop.ask(wrong, calls(SPENT), true_answer)
    assert found["mode"] == "model"
    assert [(tool["name"], tool["ok"]) for tool in found["tools"][1:]] == [
        ("measure", False), ("cohort", False), ("measure", True),
    ]  # fmt: skip
    assert [next(iter(result)) for result in shop.told] == ["error", "error", "events"]
    assert "workspace" in shop.told[0]["error"]


def whole(content: str | None, reason: str = "stop") -> Json:
    return {"choices": [{"message": {"role": "assistant", "content": content}, "finish_reason": reason}]}


@pytest.mark.parametrize(
    "body",
    [
        {"raw": "<html>502</html>"}, {"raw": ""}, {"raw": "[]"}, {"raw": "{}"}, {"raw": "null"},
        {"choices": []}, {"choices": None}, whole(""), whole(None), whole("Ada. [1]", "content_filter"),
        whole("Ada \0 [1] \1"), whole("\0005\0 [1]"), whole("[1]" * 10_000), whole('"' * 999), whole("1." * 999),
    ],
    ids=lambda body: str(body)[-50:],
)  # fmt: skip
async def test_an_answer_that_is_none_falls_back(shop: Talk, body: Json) -> None:
    found = await shop.ask(body)
    assert found["mode"] == "fallback"
    assert found["mode_reason"]
    assert "55.50 EUR" in found["answer"]


async def test_a_question_that_names_nobody_here_is_not_put_to_the_model(shop: Talk) -> None:
    found = await shop.ask(says("I know her."), message="What did Roberta Nkemelu say?")
    assert (found["mode"], found["abstained"], shop.model.requests) == ("deterministic", True, [])


async def test_an_unknown_customer_is_refused_before_any_model(shop: Talk) -> None:
    shop.script(says("I know them."))
    refused(await shop.client.post("/chat", json={"message": "Who?", "customer_id": "nobody"}), 404, "/customer_id")
    assert shop.model.requests == []


async def test_a_stream_shows_the_models_steps(shop: Talk) -> None:
    shop.script(calls(SPENT), true_answer)
    reply = await shop.client.post("/chat", json={"message": QUESTION, "as_of": AS_OF, "stream": True})
    events = stream_events(reply.text)
    assert [data["name"] for name, data in events if name == "step"] == [
        "understand_question", "ask_model", "run_model_calls", "ask_model", "ground_answer",
    ]  # fmt: skip
    assert (events[-1][0], events[-1][1]["mode"]) == ("answer", "model")
