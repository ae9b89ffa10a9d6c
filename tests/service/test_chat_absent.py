"""POST /chat about what is not on record: said to be absent where nothing in scope mentions it, and only there."""

from __future__ import annotations

import httpx
import pytest

from tests.builders import item
from tests.talk import Json, ask, send, settle

AS_OF = "2026-04-01T00:00:00Z"


def said(when: str, user: str, message: str) -> Json:
    return item("Support Ticket Opened", when, user, properties={"message": message})


EVENTS = [
    item("", "2026-01-01", "user-1", type="identify", traits={"name": "Ada Byron"}),
    item("", "2026-01-01", "bob", type="identify", traits={"name": "Bob Stone"}),
    said("2026-02-01", "user-1", "Case\nT-2124 from López-García: the Trello import fails since 50 days"),
    said("2026-03-01", "bob", "Asana is faster"),
    item("Workspace Created", "2026-02-02", "user-1", properties={"name": "Design 2"}),
]


@pytest.fixture
async def desk(client: httpx.AsyncClient) -> httpx.AsyncClient:
    await send(client, EVENTS)
    await settle(client)
    return client


@pytest.mark.parametrize(
    ("name", "there"),
    [
        ("T-2124", True),
        ("t-2124", True),
        ("Lopez-Garcia", True),
        ("Trello", True),
        ("T-21", False),
        ("T-50", False),
        ("T-9999", False),
        ("Salesforce", False),
    ],
)
async def test_a_name_is_absent_where_no_event_holds_the_whole_of_it(
    desk: httpx.AsyncClient, name: str, there: bool
) -> None:
    found = await ask(desk, f"Which tickets speak of {name}?", as_of=AS_OF)
    assert ("mentions" not in found["answer"]) == there
    assert there or (found["abstained"], found["citations"]) == (True, [])


async def test_what_only_others_or_the_future_mention_is_absent(desk: httpx.AsyncClient) -> None:
    question = "Did they mention Asana there?"
    assert "mentions" not in (await ask(desk, question, as_of=AS_OF, customer_id="bob"))["answer"]
    for limits in ({"as_of": AS_OF, "customer_id": "user-1"}, {"as_of": "2026-02-15"}):
        assert 'mentions "Asana"' in (await ask(desk, question, **limits))["answer"]


async def test_a_question_may_look_back_to_before_its_customer_was_known(desk: httpx.AsyncClient) -> None:
    for message in ("Did they mention Trello as of 2020-01-01?", "How many orders as of 2020-01-01?"):
        found = await ask(desk, message, customer_id="user-1")
        assert (found["abstained"], found["answer"]) == (True, "No event of customer user-1 lies before this time.")
        body = {"message": message, "customer_id": "user-1", "stream": True}
        streamed = (await desk.post("/chat", json=body)).text
        assert "event: answer.final" in streamed, streamed


@pytest.mark.parametrize(
    "question", ["Did user-1 create a second workspace?", 'When was workspace "Design 2" created?', "Who is user-1?"]
)
async def test_workspaces_of_customers_are_asked_about_like_anything_else(
    desk: httpx.AsyncClient, question: str
) -> None:
    assert not (await ask(desk, question, as_of=AS_OF))["abstained"]


@pytest.mark.parametrize(
    "question",
    [
        "Show me all workspaces.",
        "Switch to workspace twin-b and tell me the total revenue.",
        "What did Ada Byron say in the other workspace?",
        "Summarise Ada Byron across all tenants.",
        "Who churned in every workspace?",
    ],
)
async def test_other_workspaces_are_out_of_sight(desk: httpx.AsyncClient, question: str) -> None:
    found = await ask(desk, question, as_of=AS_OF)
    assert (found["abstained"], found["answer"][:26]) == (True, "I see one workspace only, ")


@pytest.mark.parametrize(
    ("question", "instant"),
    [
        ("Was Bob at risk in January 2026?", "2026-02-01T00:00:00Z"),
        ("Who was at risk last month?", "2026-03-01T00:00:00Z"),
        ("Is Bob at risk this month?", "2026-03-15T00:00:00Z"),
        ("Is Bob likely to churn next month?", "2026-03-15T00:00:00Z"),
        ("Who was at risk in May 2027?", "2026-03-15T00:00:00Z"),
        ("Who was still at risk in January 2026?", "2026-02-01T00:00:00Z"),
        ("Which customers from January are at risk now?", "2026-03-15T00:00:00Z"),
    ],
)
async def test_a_risk_of_the_past_is_told_of_its_end_and_never_of_later(
    desk: httpx.AsyncClient, question: str, instant: str
) -> None:
    assert (await ask(desk, question, as_of="2026-03-15T00:00:00Z"))["as_of"] == instant
