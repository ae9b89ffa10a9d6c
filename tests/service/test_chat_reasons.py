"""Why somebody did something, what they said, what brought them here: only as far as events tell it."""

from __future__ import annotations

import httpx
import pytest

from tests.builders import item
from tests.talk import Json, ask, send, settle

AS_OF = "2026-04-01T00:00:00Z"


def person(user: str, name: str, company: str | None = None) -> Json:
    return item("", "2026-01-01", user, type="identify", traits={"name": name, "company": company})


def arrived(user: str, when: str, campaign: str) -> Json:
    return item("Home", when, user, type="page", context={"campaign": {"name": campaign}})


EVENTS = [
    arrived("ida", "2025-12-30", "winter-walks"),
    person("ida", "Ida Holm", "Pottery Holm"),
    person("per", "Per Sand", "Pottery Sand"),
    person("lea", "Lea Berg", "Bakery Berg"),
    item("Tour Cancelled", "2026-01-10", "ida", properties={"tour": "Glacier", "reason": "broken ankle"}),
    item("Tour Cancelled", "2026-02-10", "ida", properties={"tour": "Fjord", "reason": "rain"}),
    item("Tour Booked", "2026-02-12", "ida", properties={"tour": "Harbour"}),
    item("Order Refunded", "2026-02-20", "per", properties={"revenue": 20, "currency": "EUR"}),
    item("Support Ticket Opened", "2026-01-05", "per", properties={"message": "The boots were wet"}),
    item("Support Ticket Opened", "2026-02-05", "per", properties={"message": "The guide was late"}),
    item("Support Ticket Resolved", "2026-02-06", "per", properties={"message": "We are sorry about the guide"}),
    item("Order Completed", "2026-03-01", "lea", properties={"revenue": 5, "currency": "EUR"}),
]
ID = {f"{event['userId']} {event.get('event', '')} {event['timestamp'][:10]}": event["messageId"] for event in EVENTS}


@pytest.fixture
async def tours(client: httpx.AsyncClient) -> httpx.AsyncClient:
    await send(client, EVENTS)
    await settle(client)
    return client


def cited(answer: Json) -> list[str]:
    return [each["message_id"] for each in answer["citations"]]


async def test_a_why_is_answered_by_the_events_that_the_verb_names_the_newest_first(tours: httpx.AsyncClient) -> None:
    found = await ask(tours, "Why did Ida Holm cancel?", as_of=AS_OF)
    assert cited(found)[:2] == [ID["ida Tour Cancelled 2026-02-10"], ID["ida Tour Cancelled 2026-01-10"]]
    assert found["answer"].index("rain") < found["answer"].index("broken ankle")


async def test_a_why_that_no_event_answers_is_left_open_and_says_what_was_looked_at(tours: httpx.AsyncClient) -> None:
    found = await ask(tours, "Why did Per Sand send things back?", as_of=AS_OF)
    assert found["abstained"]
    assert cited(found) == [ID["per Order Refunded 2026-02-20"]]


async def test_everything_that_was_complained_about_is_told_and_not_the_reply_to_it(tours: httpx.AsyncClient) -> None:
    found = await ask(tours, "What did Per Sand complain about?", as_of=AS_OF)
    assert cited(found) == [ID["per Support Ticket Opened 2026-02-05"], ID["per Support Ticket Opened 2026-01-05"]]


async def test_whether_something_was_ever_complained_about_is_searched_in_what_was_said(
    tours: httpx.AsyncClient,
) -> None:
    found = await ask(tours, "Did Per Sand ever complain about the guide?", as_of=AS_OF)
    assert cited(found) == [ID["per Support Ticket Opened 2026-02-05"]]
    assert (await ask(tours, "Did Per Sand ever complain about the weather?", as_of=AS_OF))["abstained"]


async def test_what_speaks_for_it_goes_on_about_the_risk(tours: httpx.AsyncClient) -> None:
    found = await ask(tours, "Is Lea Berg likely to churn, and what speaks for it?", as_of=AS_OF)
    assert {use["name"] for use in found["tools"]} >= {"churn"}
    assert not found["abstained"]


async def test_what_was_said_about_something_leaves_out_what_was_said_of_other_things(tours: httpx.AsyncClient) -> None:
    found = await ask(tours, "What did Per Sand say about the boots?", as_of=AS_OF)
    assert cited(found) == [ID["per Support Ticket Opened 2026-01-05"]]


async def test_what_was_never_spoken_of_is_said_to_be_so_after_a_search(tours: httpx.AsyncClient) -> None:
    found = await ask(tours, "What did Per Sand say about the helmets?", as_of=AS_OF)
    assert found["abstained"]
    assert "helmets" in found["answer"]


async def test_the_first_visit_tells_what_brought_somebody(tours: httpx.AsyncClient) -> None:
    found = await ask(tours, "What brought Ida Holm to us?", as_of=AS_OF)
    assert "winter-walks" in found["answer"]
    assert not found["abstained"]


@pytest.mark.parametrize("thing", ["courier", "hotel", "insurer"])
async def test_a_thing_that_no_event_speaks_of_is_not_on_record(tours: httpx.AsyncClient, thing: str) -> None:
    found = await ask(tours, f"Which {thing} did Ida Holm have for the tour?", as_of=AS_OF)
    assert found["abstained"]
    assert f"speaks of {thing}; " in found["answer"]


async def test_a_property_is_answered_and_not_taken_for_missing(tours: httpx.AsyncClient) -> None:
    found = await ask(tours, "Which tour did Ida Holm book?", as_of=AS_OF)
    assert "Harbour" in found["answer"]
    assert not found["abstained"]


async def test_a_word_of_several_companies_is_asked_back_about(tours: httpx.AsyncClient) -> None:
    found = await ask(tours, "How much did the pottery spend?", as_of=AS_OF)
    assert found["abstained"]
    assert {"ida", "per"} <= set(found["answer"].replace("(", " ").replace(")", " ").split())


async def test_a_word_of_one_company_stands_for_its_customer(tours: httpx.AsyncClient) -> None:
    found = await ask(tours, "How many orders did the bakery place?", as_of=AS_OF)
    assert cited(found) == [ID["lea Order Completed 2026-03-01"]]
