"""With a chat model: what it asks for is run, and what it writes is held to the evidence."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from memory.scope import Scope
from server.app import create_app
from server.settings import Settings
from server.times import moment
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
    given = {"llm_base_url": model.base_url, "llm_model": "scripted", "llm_timeout_s": 5, "llm_rest_s": 0, **settings}
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
        "recall", "search_events", "timeline", "profile", "measure", "cohort", "churn", "recommend", "similar",
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
async def test_of_an_answer_with_a_lie_in_it_code_writes_its_own(shop: Talk, lie: str) -> None:
    def mixed(messages: list[Json]) -> Json:
        n = ref(messages, "35.5")
        return says(f"{lie.format(n=n)}\nAda Byron has spent 55.5 EUR. [{n}]")

    found = await shop.ask(calls(SPENT), mixed)
    reason = "a part of the model's answer did not hold to the evidence"
    assert (found["mode"], found["mode_reason"]) == ("fallback", reason)
    assert "The total value for Ada Byron (ada) is 55.50 EUR" in found["answer"]


@pytest.mark.parametrize("lie", LIES.values(), ids=LIES)
async def test_a_lie_is_taken_out_and_what_holds_stays_where_code_has_no_answer(shop: Talk, lie: str) -> None:
    def mixed(messages: list[Json]) -> Json:
        n = ref(messages, "35.5")
        return says(f"{lie.format(n=n)}\nAda Byron has spent 55.5 EUR. [{n}]")

    found = await shop.ask(calls(SPENT), mixed, message=UNREAD)
    assert (found["mode"], found["answer"]) == ("model", "Ada Byron has spent 55.5 EUR. [1]")
    assert found["mode_reason"] == "1 statement did not hold to the evidence"


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


async def streamed(shop: Talk, **fields: Any) -> list[tuple[str, Json]]:
    reply = await shop.client.post("/chat", json={"message": QUESTION, "as_of": AS_OF, "stream": True, **fields})
    return stream_events(reply.text)


async def test_a_stream_tells_the_calls_and_the_sentences_that_hold(shop: Talk) -> None:
    shop.script(calls(SPENT), true_answer)
    events = await streamed(shop)
    assert [(name, data.get("name")) for name, data in events if name.startswith("tool.")] == [
        ("tool.started", "measure"), ("tool.finished", "measure"),
    ]  # fmt: skip
    shown = "".join(data["text"] for name, data in events if name == "answer.delta")
    assert shown == events[-1][1]["answer"]["answer"] == "Ada Byron (ada) has spent 55.5 EUR. [1][2]"
    assert (events[-1][0], events[-1][1]["replaces"], events[-1][1]["answer"]["mode"]) == (
        "answer.final",
        False,
        "model",
    )


async def test_sentences_are_shown_before_the_model_has_ended(shop: Talk) -> None:
    shop.script(calls(SPENT), lambda messages: says("\n".join([true_answer(messages)["content"]] * 3)))
    deltas = [data["text"] for name, data in await streamed(shop) if name == "answer.delta"]
    assert len(deltas) == 3
    assert deltas[0].startswith("Ada Byron (ada)")


async def test_no_lie_is_ever_shown_and_what_was_shown_of_a_given_up_answer_is_replaced(shop: Talk) -> None:
    def mostly_lies(messages: list[Json]) -> Json:
        n = ref(messages, "35.5")
        lies = "\n".join(lie.format(n=n) for lie in LIES.values())
        return says(f"Ada Byron has spent 55.5 EUR. [{n}]\n{lies}")

    shop.script(calls(SPENT), mostly_lies)
    events = await streamed(shop)
    assert [data["text"] for name, data in events if name == "answer.delta"] == ["Ada Byron has spent 55.5 EUR. [1]"]
    final = events[-1][1]
    assert (final["replaces"], final["answer"]["mode"]) == (True, "fallback")
    assert "55.50 EUR" in final["answer"]["answer"]


#: What code does not answer.
UNREAD = "What share of all spending is Ada's?"


async def test_what_does_not_hold_is_sent_back_once_with_the_reasons_where_code_has_no_answer(shop: Talk) -> None:
    def lie(messages: list[Json]) -> Json:
        return says(f"Ada has spent 56 EUR. [{ref(messages, '35.5')}]")

    found = await shop.ask(calls(SPENT), lie, true_answer, message=UNREAD)
    assert (found["mode"], found["answer"]) == ("model", "Ada Byron (ada) has spent 55.5 EUR. [1][2]")
    told = shop.model.requests[-1]["messages"][-1]
    assert told["role"] == "user"
    assert "Ada has spent 56 EUR." in told["content"]
    assert len(shop.model.requests) == 3


async def test_a_model_that_lies_again_when_it_is_sent_back_is_not_asked_a_third_time(shop: Talk) -> None:
    def lie(messages: list[Json]) -> Json:
        return says(f"Ada has spent 56 EUR. [{ref(messages, '35.5')}]")

    found = await shop.ask(calls(SPENT), lie, message=UNREAD)
    assert (found["mode"], found["abstained"], len(shop.model.requests)) == ("fallback", True, 3)
    assert len({str(tool["args"]) for tool in found["tools"]}) == len(found["tools"])


async def test_where_a_model_does_not_know_code_is_asked(shop: Talk) -> None:
    found = await shop.ask(calls(SPENT), says("I do not know."))
    assert (found["mode"], found["mode_reason"]) == ("fallback", "the model found no answer")
    assert "55.50 EUR" in found["answer"]
    found = await shop.ask(calls(SPENT), says("I do not know."), message=UNREAD)
    assert (found["mode"], found["abstained"]) == ("fallback", True)


async def test_where_code_has_an_answer_nothing_is_sent_back(shop: Talk) -> None:
    found = await shop.ask(calls(SPENT), lambda messages: says(f"Ada has spent 56 EUR. [{ref(messages, '35.5')}]"))
    assert (found["mode"], len(shop.model.requests)) == ("fallback", 2)


async def test_a_model_that_fails_while_it_mends_its_answer_leaves_it_to_code(shop: Talk) -> None:
    def half(messages: list[Json]) -> Json:
        n = ref(messages, "35.5")
        return says(f"Ada Byron has spent 55.5 EUR. [{n}]\nAda has spent 56 EUR. [{n}]")

    found = await shop.ask(calls(SPENT), half, {"raw": "<html>502</html>"})
    assert (found["mode"], "55.50 EUR" in found["answer"]) == ("fallback", True)
    found = await shop.ask(calls(SPENT), half, {"raw": "<html>502</html>"}, message=UNREAD)
    assert (found["mode"], found["answer"]) == ("model", "Ada Byron has spent 55.5 EUR. [1]")


async def test_tokens_are_counted_over_all_turns(shop: Talk) -> None:
    found = await shop.ask(calls(SPENT), true_answer)
    usage = found["usage"]
    assert usage["calls"] == 2
    assert usage["input_tokens"] > usage["output_tokens"] > 0
    assert usage["cost"] is None


@pytest.mark.parametrize(
    ("limits", "reason"),
    [
        ({"llm_max_tokens": 10}, "the model used up the tokens of one answer"),
        (
            {"llm_max_cost": 0.0001, "llm_input_price": 10.0, "llm_output_price": 10.0},
            "the model used up the money of one answer",
        ),
        ({"llm_max_turns": 1}, "the model asked for too many steps"),
    ],
    ids=["tokens", "money", "turns"],
)
async def test_a_limit_of_one_answer_ends_the_models_part(tmp_path: Path, limits: Json, reason: str) -> None:
    async with talking(ScriptedModel(), tmp_path / "data", **limits) as shop:
        found = await shop.ask(calls(SPENT), true_answer)
        assert (found["mode"], found["mode_reason"], len(shop.model.requests)) == ("fallback", reason, 1)
        assert "55.50 EUR" in found["answer"]
        assert (found["usage"]["cost"] is None) == ("llm_max_cost" not in limits)


async def test_code_goes_on_from_what_the_tools_have_returned_to_the_model(shop: Talk) -> None:
    planned = [tool for tool in (await shop.ask(says("")))["tools"] if tool["name"] != "understand"]
    found = await shop.ask(calls(*((tool["name"], tool["args"]) for tool in planned)), says(""))
    assert found["mode"] == "fallback"
    assert [tool["name"] for tool in found["tools"][1:]] == [tool["name"] for tool in planned]


async def test_a_model_may_name_a_customer_and_code_finds_who_it_is(shop: Talk) -> None:
    found = await shop.ask(calls(("timeline", {"client_id": "Ada Byron"})), says("No."), message="Who complained?")
    assert found["tools"][1]["args"]["client_id"] == "ada"
    assert found["tools"][1]["ok"]


async def test_a_question_that_names_somebody_is_looked_up_for_them_alone(shop: Talk) -> None:
    found = await shop.ask(
        calls(("timeline", {"client_id": "bob"}), ("measure", {"client_ids": ["Bob Stone"]})), says("")
    )
    assert [(tool["ok"], tool["error"]) for tool in found["tools"][1:3]] == [
        (False, "this question is about ada only")
    ] * 2
    assert "999" not in str(shop.told)


async def test_a_model_is_told_of_the_conversation_so_far_and_not_of_later_answers(shop: Talk) -> None:
    await shop.ask(calls(SPENT), true_answer, thread_id="told")
    await shop.ask(calls(SPENT), true_answer, thread_id="told", message="And in February?")
    earlier = shop.model.requests[0]["messages"][1]["content"]
    assert "has spent 55.5 EUR" in earlier
    assert "[1]" not in earlier
    await shop.ask(calls(SPENT), true_answer, thread_id="told", as_of="2026-02-03", message="And before?")
    assert "55.5" not in str(shop.model.requests[0]["messages"])


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(
    "arguments",
    [
        '{"client_id": ["ada"]}',
        '{"client_id": {"is": "ada"}}',
        '{"client_id": 17}',
        r'{"client_id": "\ud800"}',
        '{"client_id": "ada", "limit": 1' + "0" * 30 + "}",
        '{"client_id": "ada", "limit": 1' + "0" * 6_000 + "}",
        '{"client_id": ' + "[" * 300 + "]" * 300 + "}",
        '{"client_id": ' + "[" * 5_000 + "]" * 5_000 + "}",
    ],
    ids=["list", "object", "number", "surrogate", "long", "longest", "deep", "deepest"],
)
async def test_whatever_a_model_sends_as_arguments_an_answer_comes(shop: Talk, arguments: str, stream: bool) -> None:
    function = {"name": "timeline", "arguments": arguments}
    shop.script({"content": None, "tool_calls": [{"id": "c", "type": "function", "function": function}]}, says("Ada."))
    if stream:
        name, final = (await streamed(shop))[-1]
        assert name == "answer.final", final
        found = final["answer"]
    else:
        found = await ask(shop.client, QUESTION, as_of=AS_OF)
    assert found["mode"] == "fallback"
    assert "55.50 EUR" in found["answer"]


@pytest.mark.parametrize("until", ["tool.started", "tool.finished"])
async def test_nothing_goes_on_once_nobody_listens(shop: Talk, until: str) -> None:
    shop.script(calls(SPENT, BROKEN), true_answer)
    services = shop.client._transport.app.state.services  # type: ignore[attr-defined]
    analyst = await services.desk.analyst()
    context = services.desk.context(Scope("default"), await moment(services, Scope("default"), AS_OF, None, "/"))
    await analyst.ask(context, QUESTION, "warm")
    # The answer is there, and so its thread is free.
    assert services.threads._open == set()
    before = asyncio.all_tasks()
    talk = analyst.talk(context, QUESTION, "left")
    async for told in talk:
        if told.event == until:
            break
    await talk.aclose()
    assert asyncio.all_tasks() <= before


async def test_a_client_that_goes_away_stops_the_run(tmp_path: Path) -> None:
    async with talking(ScriptedModel(delay_s=0.3), tmp_path / "data") as shop:
        shop.script(calls(SPENT), calls(BROKEN), calls(SPENT), true_answer)
        services = shop.client._transport.app.state.services  # type: ignore[attr-defined]
        analyst = await services.desk.analyst()
        context = services.desk.context(Scope("default"), await moment(services, Scope("default"), AS_OF, None, "/"))
        talk = analyst.talk(context, QUESTION, "gone")
        assert (await anext(talk)).event == "tool.started"
        await talk.aclose()
        asked = len(shop.model.requests)
        await asyncio.sleep(1)
        assert len(shop.model.requests) == asked
        refused(await shop.client.get("/threads/gone"), 404, "thread_id")
