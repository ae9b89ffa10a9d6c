"""Follow-ups in a thread of the real application: what was understood is shown, and nobody else is answered about."""

from __future__ import annotations

import httpx
import pytest

from tests.builders import item
from tests.talk import Json, ask, send, settle

AS_OF = "2026-04-01T00:00:00Z"


def person(user: str, name: str) -> Json:
    return item("", "2026-01-01", user, type="identify", traits={"name": name})


def hired(when: str, user: str, size: str, price: float) -> Json:
    return item("Boat Hired", when, user, properties={"size": size, "price": price})


EVENTS = [
    person("ada", "Ada Byron"),
    person("ben", "Ben Okri"),
    hired("2026-02-01", "ada", "Small", 20),
    hired("2026-02-08", "ada", "Large", 50),
    hired("2026-03-08", "ben", "Large", 60),
    item("Complaint Filed", "2026-03-10", "ben", properties={"message": "The oars were missing"}),
]


@pytest.fixture
async def lake(client: httpx.AsyncClient) -> httpx.AsyncClient:
    await send(client, EVENTS)
    await settle(client)
    return client


async def said(client: httpx.AsyncClient, *messages: str, **fields: str) -> Json:
    """The answer to the last of these, in one thread."""
    found = await ask(client, messages[0], as_of=AS_OF, **fields)
    for message in messages[1:]:
        found = await ask(client, message, as_of=AS_OF, thread_id=found["thread_id"], **fields)
    return found


async def test_what_was_understood_stands_first_among_the_tools(lake: httpx.AsyncClient) -> None:
    found = await said(lake, "How many boats did Ada hire in February 2026?", "and Ben Okri in March?")
    assert found["tools"][0]["name"] == "understand"
    assert found["tools"][0]["args"] == {
        "question": "How many boats did customer ben hire from 2026-03-01 to 2026-03-31?",
        "customers": ["ben"],
        "periods": ["from 2026-03-01 to 2026-03-31"],
        "events": ["Boat Hired"],
    }
    assert "Ben Okri (ben) from 2026-03-01 to 2026-03-31: 1." in found["answer"]


async def test_they_without_anybody_is_asked_back(lake: httpx.AsyncClient) -> None:
    found = await said(lake, "How many boats did they hire?")
    assert (found["abstained"], [tool["name"] for tool in found["tools"]]) == (True, ["understand"])
    assert found["answer"] == "Whom do you mean by “they”? Name one by id, name or e-mail."
    settled = await said(lake, "How many boats did they hire?", "Ada Byron")
    assert "Ada Byron (ada): 2." in settled["answer"]


async def test_they_are_those_whom_the_answer_named(lake: httpx.AsyncClient) -> None:
    found = await said(lake, "Who filed a complaint?", "How many boats did they hire?")
    assert found["tools"][0]["args"]["customers"] == ["ben"]
    assert "Ben Okri (ben): 1." in found["answer"]


async def test_a_moment_of_the_past_is_kept_for_the_next_customer(lake: httpx.AsyncClient) -> None:
    found = await said(lake, "How many boats had Ada hired as of 2026-02-03?", "and Ben Okri?")
    assert found["as_of"] == "2026-02-04T00:00:00Z"
    assert "Ben Okri (ben): 1" not in found["answer"]


async def test_a_thread_bound_to_a_customer_speaks_of_nobody_else(lake: httpx.AsyncClient) -> None:
    found = await said(lake, "How many boats did they hire?", "and Ben Okri?", customer_id="ada")
    assert found["abstained"]
    assert "names somebody else" in found["answer"]
    own = await said(lake, "How many boats did they hire?", "and in February 2026?", customer_id="ada")
    assert "Ada Byron (ada) from 2026-02-01 to 2026-02-28: 2." in own["answer"]


async def test_what_is_handed_on_stays_small(lake: httpx.AsyncClient) -> None:
    messages = ["Who hired a boat?", *["Which of them hired a large boat?"] * 12, "How many of them complained?"]
    found = await said(lake, *messages)
    assert len(found["tools"][0]["args"]["question"]) < 4_000
