"""POST /chat: a question in, an answer with its citations out; as JSON or as a stream."""

from __future__ import annotations

import re
from typing import Any

import httpx
import pytest

from memory.embedder import EmbeddingFailed
from tests.builders import item
from tests.fakes import HashedWords
from tests.talk import Json, ask, lasting, refused, send, settle, stream_events

AS_OF = "2026-04-01T00:00:00Z"


def person(user: str, name: str, when: str = "2026-01-01") -> Json:
    return item("", when, user, type="identify", traits={"name": name, "email": f"{user}@b.example"})


def paid(when: str, user: str, revenue: float) -> Json:
    return item("Order Completed", when, user, properties={"revenue": revenue, "currency": "EUR"})


EVENTS = [
    person("ada", "Ada Byron"),
    person("dana-w", "Dana Whitfield"),
    person("dana-o", "Dana Okafor"),
    paid("2026-02-01", "ada", 20),
    paid("2026-02-08", "ada", 30),
    paid("2026-02-15", "ada", 5.5),
    paid("2026-03-20", "dana-w", 100),
    item("Support Ticket Opened", "2026-03-01", "ada", properties={"message": "The shade arrived broken"}),
]
ID = {f"{event['userId']} {event.get('event', '')}".strip(): event["messageId"] for event in EVENTS}


@pytest.fixture
async def shop(client: httpx.AsyncClient) -> httpx.AsyncClient:
    await send(client, EVENTS)
    await settle(client)
    return client


async def test_an_answer_has_everything_it_rests_on(shop: httpx.AsyncClient) -> None:
    found = await ask(shop, "How much has Ada Byron spent?", as_of=AS_OF)
    assert list(found) == [
        "thread_id", "answer", "citations", "facts", "tools", "abstained", "mode", "mode_reason", "usage", "as_of",
    ]  # fmt: skip
    assert "55.50 EUR" in found["answer"]
    assert (found["abstained"], found["mode"], found["mode_reason"], found["as_of"]) == (
        False, "deterministic", None, AS_OF,
    )  # fmt: skip
    understood, tool = found["tools"]
    assert (understood["name"], understood["ok"]) == ("understand", True)
    asked = "How much has Ada Byron spent?"
    assert understood["args"] == {"question": asked, "customers": ["ada"], "events": ["money"]}
    assert (tool["name"], tool["ok"], tool["error"], tool["args"]["client_ids"]) == ("measure", True, None, ["ada"])
    assert tool["ms"] >= 0
    (value,) = [fact for fact in found["facts"] if fact["unit"] == "EUR"]
    assert (value["name"], value["value"], value["tool"], value["evidence_total"]) == ("sum", 55.5, "measure", 3)


async def test_markers_point_to_citations_one_to_one(shop: httpx.AsyncClient) -> None:
    found = await ask(shop, "Tell me the story of ada", as_of=AS_OF)
    markers = {int(n) for n in re.findall(r"\[(\d+)\]", found["answer"])}
    assert [citation["n"] for citation in found["citations"]] == sorted(markers) == list(range(1, len(markers) + 1))
    assert all(
        list(citation) == ["n", "message_id", "customer_id", "occurred_at", "text"] for citation in found["citations"]
    )
    assert {citation["customer_id"] for citation in found["citations"]} == {"ada"}


@pytest.mark.parametrize(
    ("question", "tools"),
    [
        ("Tell me the story of ada", ["profile", "timeline", "churn"]),
        ("Why may Ada leave?", ["churn", "timeline"]),
        ("Who needs attention?", ["churn"]),
        ("How many orders did Ada place?", ["measure"]),
        ("Top 3 customers", ["measure"]),
        ("How many leads are there?", ["cohort"]),
        ("What should we recommend to Ada?", ["recommend"]),
        ("When did Ada last order?", ["timeline"]),
        ("What arrived broken?", ["recall"]),
    ],
)
async def test_each_kind_of_question_is_answered_by_its_tools(
    shop: httpx.AsyncClient, question: str, tools: list[str]
) -> None:
    found = await ask(shop, question, as_of=AS_OF)
    assert [tool["name"] for tool in found["tools"]] == ["understand", *tools]
    assert all(tool["ok"] for tool in found["tools"])
    assert not found["abstained"], found["answer"]
    assert found["citations"]


async def test_two_questions_in_one_message_are_both_answered(shop: httpx.AsyncClient) -> None:
    found = await ask(shop, "How many orders did Ada place and when did she last order?", as_of=AS_OF)
    assert [tool["name"] for tool in found["tools"]] == ["understand", "measure", "timeline"]
    assert "Purchases of Ada Byron (ada): 3." in found["answer"]
    assert "On 2026-02-15" in found["answer"]


async def test_a_question_may_say_as_of_when(shop: httpx.AsyncClient) -> None:
    found = await ask(shop, "How many orders had Ada placed as of 2026-02-08?", as_of=AS_OF)
    assert found["as_of"] == "2026-02-09T00:00:00Z"
    assert "Purchases of Ada Byron (ada): 2." in found["answer"]
    ahead = await ask(shop, "How many orders had Ada placed as of 2030-01-01?", as_of="2026-02-09T00:00:00Z")
    assert (ahead["as_of"], "(ada): 2." in ahead["answer"]) == ("2026-02-09T00:00:00Z", True)


@pytest.mark.parametrize(
    ("question", "named"),
    [
        ("Tell me about Roberta Nkemelu", '"Roberta Nkemelu"'),
        ("How much did customer 99999 spend?", '"99999"'),
        ("What is Gustav's plan?", '"Gustav"'),
        ("How many orders on 2026-02-30?", '"2026-02-30"'),
    ],
)
async def test_who_or_what_is_not_there_is_said_by_name(shop: httpx.AsyncClient, question: str, named: str) -> None:
    found = await ask(shop, question, as_of=AS_OF)
    assert (found["abstained"], found["citations"], found["facts"]) == (True, [], [])
    assert [tool["name"] for tool in found["tools"]] == ["understand"]
    assert named in found["answer"]


async def test_an_ambiguous_name_is_asked_back(shop: httpx.AsyncClient) -> None:
    found = await ask(shop, "How much did Dana spend?", as_of=AS_OF)
    assert found["abstained"]
    assert found["answer"] == (
        'Several customers fit "dana": Dana Okafor (dana-o) and Dana Whitfield (dana-w). Which one do you mean?'
    )


async def test_hostile_names_stay_inert_when_asked_back(client: httpx.AsyncClient) -> None:
    names = ["Eve [1](https://evil.example)", 'Eve "<img src=x>"']
    await send(client, [person(f"e{n}", name) for n, name in enumerate(names)])
    found = await ask(client, "What did Eve do?", as_of=AS_OF)
    assert found["answer"] == 'Several customers fit "eve": Eve (e0) and Eve (e1). Which one do you mean?'


async def test_what_memory_does_not_hold_is_said(shop: httpx.AsyncClient) -> None:
    found = await ask(shop, "How many refunds did Ada get?", as_of=AS_OF)
    assert found["answer"].startswith("No refunds of Ada Byron (ada) on record; 5 events were searched.")
    empty = await ask(shop, "Which customers came back?", as_of=AS_OF)
    assert "won back; 3 customers were searched." in empty["answer"]


async def test_an_empty_workspace_is_answered_too(client: httpx.AsyncClient) -> None:
    for question in ("Who needs attention?", "How many orders?", "Top 3 customers", "Tell me a story", "What broke?"):
        found = await ask(client, question)
        assert (found["abstained"], found["citations"]) == (True, []), question
        assert found["answer"]


async def test_a_thread_id_is_kept_or_given(shop: httpx.AsyncClient) -> None:
    assert (await ask(shop, "Top 3 customers", thread_id="t-1"))["thread_id"] == "t-1"
    assert re.fullmatch(r"[A-Za-z0-9_-]{1,64}", (await ask(shop, "Top 3 customers"))["thread_id"])


@pytest.mark.parametrize("asked_by", ["stream", "accept"])
async def test_a_stream_tells_what_is_done_and_ends_with_the_same_answer(
    shop: httpx.AsyncClient, asked_by: str
) -> None:
    question = {"message": "Why may Ada leave?", "as_of": AS_OF, "thread_id": f"t-{asked_by}"}
    whole = await shop.post("/chat", json=question)
    headers = {"accept": "text/event-stream"} if asked_by == "accept" else {}
    reply = await shop.post("/chat", json={**question, "stream": not headers}, headers=headers)
    assert reply.status_code == 200
    assert reply.headers["content-type"].startswith("text/event-stream")
    events = stream_events(reply.text)
    assert events[0] == ("run.started", {"thread_id": f"t-{asked_by}", "as_of": AS_OF})
    told = [(name, data["name"]) for name, data in events if name.startswith("tool.")]
    assert told == [
        ("tool.started", "churn"), ("tool.finished", "churn"),
        ("tool.started", "timeline"), ("tool.finished", "timeline"),
    ]  # fmt: skip
    name, final = events[-1]
    assert (name, final["replaces"]) == ("answer.final", False)
    assert lasting(final["answer"]) == lasting(whole.json())
    assert "".join(data["text"] for name, data in events if name == "answer.delta") == final["answer"]["answer"]
    assert [data["citation"] for name, data in events if name == "citation"] == final["answer"]["citations"]


@pytest.mark.parametrize(
    ("accept", "media"),
    [
        ("application/json, text/event-stream", "application/json"),
        ("text/event-stream;q=0.5, application/json", "application/json"),
        ("application/json, text/event-stream;q=0", "application/json"),
        ("text/event-stream;q=0", "application/json"),
        ("*/*", "application/json"),
        ("", "application/json"),
        ("Text/Event-Stream;q=0.1", "text/event-stream"),
        ("text/event-stream, application/json; q=0.000", "text/event-stream"),
    ],
)
async def test_whoever_takes_json_too_is_answered_in_json(shop: httpx.AsyncClient, accept: str, media: str) -> None:
    asked = {"message": "Top 3 customers", "as_of": AS_OF}
    reply = await shop.post("/chat", json=asked, headers={"accept": accept})
    assert reply.headers["content-type"].partition(";")[0] == media


async def test_a_stream_can_be_read_by_whoever_splits_it_at_any_end_of_a_line(client: httpx.AsyncClient) -> None:
    await send(client, [item("Note", "2026-01-01", "eve", properties={"text": "one\u2028two\u2029three"})])
    reply = await client.post("/chat", json={"message": "Tell me the story of eve\x85", "stream": True})
    assert all(line.startswith(("event: ", "data: ", ":")) for line in reply.text.splitlines() if line)
    assert "one\u2028two" in stream_events(reply.text)[-1][1]["answer"]["citations"][0]["text"]


@pytest.mark.parametrize("question", ["What did Dana Whitfield buy?", "What did Roberta Nkemelu buy?"])
async def test_a_bound_question_that_names_somebody_else_is_refused_whether_they_exist_or_not(
    shop: httpx.AsyncClient, question: str
) -> None:
    found = await ask(shop, question, customer_id="ada", as_of=AS_OF)
    assert found["abstained"]
    assert found["answer"] == "This question may only be about Ada Byron (ada), and names somebody else."


async def test_a_question_about_one_customer_is_bound_to_them(shop: httpx.AsyncClient) -> None:
    found = await ask(shop, "How much was spent?", customer_id="dana-w", as_of=AS_OF)
    assert "100 EUR" in found["answer"]
    assert {citation["customer_id"] for citation in found["citations"]} == {"dana-w"}


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "/message"),
        ({"message": ""}, "/message"),
        ({"message": " \n "}, "/message"),
        ({"message": "\u200b\x00\u202e"}, "/message"),
        ({"message": "\u202e\u200b"}, "/message"),
        ({"message": "x" * 5_000}, "/message"),
        ({"message": None}, "/message"),
        ({"message": ["Who?"]}, "/message"),
        ({"message": "Who?", "as_of": "soon"}, "/as_of"),
        ({"message": "Who?", "as_of": 5}, "/as_of"),
        ({"message": "Who?", "customer_id": ""}, "/customer_id"),
        ({"message": "Who?", "customer_id": 5}, "/customer_id"),
        ({"message": "Who?", "thread_id": "a/b"}, "/thread_id"),
        ({"message": "Who?", "stream": "maybe"}, "/stream"),
        ({"message": "Who?", "workspace": "other"}, "/workspace"),
    ],
)
async def test_what_cannot_be_asked_is_refused_by_pointer(shop: httpx.AsyncClient, body: Json, field: str) -> None:
    refused(await shop.post("/chat", json=body), 422, field)


@pytest.mark.parametrize("body", [b'{"message":', b"[" * 100_000, b'{"message": "\xff"}'], ids=["cut", "deep", "bytes"])
@pytest.mark.parametrize("path", ["/chat", "/v1/chat/completions"])
async def test_a_body_that_cannot_be_read_is_no_json(shop: httpx.AsyncClient, path: str, body: bytes) -> None:
    reply = await shop.post(path, content=body, headers={"content-type": "application/json"})
    assert refused(reply, 400)["type"] == "/problems/invalid-json"


@pytest.mark.parametrize("stream", [False, True])
async def test_a_question_about_an_unknown_customer_is_not_found(shop: httpx.AsyncClient, stream: bool) -> None:
    asked = {"message": "How are they?", "customer_id": "nobody", "stream": stream}
    problem = refused(await shop.post("/chat", json=asked), 404, "/customer_id")
    assert problem["type"] == "/problems/unknown-client"


@pytest.mark.parametrize(
    "message", ["?", "...", "a" * 4_000, "¿Qué?", "[1][2]", '"', "{}", "SELECT 1;", "and and and", "0", "🙂"]
)
async def test_any_text_is_answered(shop: httpx.AsyncClient, message: str) -> None:
    reply = await shop.post("/chat", json={"message": message, "as_of": AS_OF})
    assert reply.status_code == 200, reply.text
    assert reply.json()["answer"]


async def test_what_was_just_sent_is_counted_at_once(client: httpx.AsyncClient) -> None:
    for number in range(1, 4):
        await send(client, [paid(f"2026-02-0{number}", "ada", 10)])
        found = await ask(client, "How many orders did ada place?", as_of=AS_OF)
        assert f"Purchases of customer ada: {number}." in found["answer"]


class Broken(HashedWords):
    """`Embedder` whose model is gone."""

    async def embed(self, texts: Any) -> Any:
        raise EmbeddingFailed("no model")


async def test_without_an_embedding_model_counts_are_told_and_failures_shown(serve_app: Any) -> None:
    async with serve_app(embedder=Broken()) as client:
        await send(client, EVENTS)
        counted = await ask(client, "How many orders did Ada place?", as_of=AS_OF)
        assert "Purchases of Ada Byron (ada): 3." in counted["answer"]
        found = await ask(client, "What arrived broken?", as_of=AS_OF)
        assert (found["abstained"], [tool["ok"] for tool in found["tools"]]) == (True, [True, False])
        assert found["answer"] == "I could not look this up: recall failed (no model)."
