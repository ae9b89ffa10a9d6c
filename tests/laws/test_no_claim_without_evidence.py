"""Law 4: every answer over the demo data, checked against the raw events by a checker that shares no code with it."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest
from fastapi import FastAPI

import server
from memory.scope import Scope
from server.times import Moment
from tests.talk import Json, ask, send, settle, talk

DATA = Path(server.__file__).parent / "demo_data"
EARNS = {"Order Completed", "Payment Succeeded"}
GIVES_BACK = {"Order Refunded", "Payment Refunded"}

RETAIL = [
    "Tell me the story of customer 16333",
    "Why may 13883 leave?",
    "What should we recommend to 14135?",
    "How many orders did 16333 place?",
    "How many orders were there in March 2011?",
    "How much did 16333 spend in 2011?",
    "What is the total revenue since May?",
    "What is the average order value?",
    "What was the largest order of 16333?",
    "What did 16333 buy in May?",
    "When did 16333 last order?",
    "Top 3 customers",
    "Who is the most active customer?",
    "Who needs attention?",
    "How many customers churned?",
    "Which customers came back?",
    "How many refunds did 13883 get?",
    "Did anybody buy lanterns?",
    "What did 16333 return on 2011-01-01?",
    "What did customer 99999 buy?",
]
SOFTWARE = [
    "Tell me the story of Dana Whitfield",
    "Tell me about maria-lopez",
    "Why did Aoife Brennan leave?",
    "Why may Dana Okafor leave and what should we do?",
    "What should we recommend to Dana Whitfield?",
    "Who needs attention?",
    "How many customers are in trial?",
    "Which customers went quiet?",
    "Which customers churned in 2026?",
    "How much has Dana Whitfield paid?",
    "What is the total revenue in 2026?",
    "How many support tickets are still open?",
    "How many payments failed in March?",
    "When did Jonas Weber last pay?",
    "What did Dana Okafor complain about?",
    "Who is the most active user?",
    "How many orders did Sophie Marchand place?",
    "What did Dana say?",
    "Compare Jonas Weber and Giulia Ferri",
    "Which campaign brought Dana Whitfield here?",
]


@dataclass
class Shop:
    """A demo workspace, and its raw events by id."""

    client: httpx.AsyncClient
    raw: dict[str, Json]
    as_of: datetime
    zone: ZoneInfo
    app: FastAPI

    def moment(self, message_id: str) -> datetime:
        return datetime.fromisoformat(self.raw[message_id]["timestamp"])

    def owner(self, message_id: str) -> str:
        """The user id of an event; of an anonymous one, the first user seen with its anonymous id."""
        event = self.raw[message_id]
        if "userId" in event:
            return str(event["userId"])
        joined = [e for e in self.known if e.get("anonymousId") == event["anonymousId"] and "userId" in e]
        return str(min(joined, key=lambda e: e["timestamp"])["userId"] if joined else event["anonymousId"])

    @property
    def known(self) -> list[Json]:
        return [event for event in self.raw.values() if datetime.fromisoformat(event["timestamp"]) < self.as_of]

    def amount(self, message_id: str) -> Decimal:
        event = self.raw[message_id]
        properties = event["properties"]
        found = Decimal(str(next(properties[k] for k in ("revenue", "total", "amount") if k in properties)))
        return -abs(found) if event["event"] in GIVES_BACK else found


async def shop_of(app: FastAPI, name: str, file: str, settings: Json) -> AsyncIterator[Shop]:
    path = DATA / file
    text = gzip.decompress(path.read_bytes()).decode() if path.suffix == ".gz" else path.read_text()
    events = [json.loads(line) for line in text.splitlines()]
    zone = ZoneInfo(settings["time_zone"])
    ends = datetime.fromisoformat(settings["now"]).replace(tzinfo=zone) + timedelta(days=1)
    async with talk(app, name) as client:
        assert (await client.put("/workspace", json=settings)).status_code == 200
        await send(client, events)
        await settle(client)
        yield Shop(client, {event["messageId"]: event for event in events}, ends, zone, app)


@pytest.fixture(scope="module")
async def retail(shared_app: FastAPI) -> AsyncIterator[Shop]:
    settings = {"now": "2011-07-31", "time_zone": "Europe/London", "churn": {"inactive_days": 120}}
    async for shop in shop_of(shared_app, "evidence-retail", "retail.jsonl.gz", settings):
        yield shop


@pytest.fixture(scope="module")
async def software(shared_app: FastAPI) -> AsyncIterator[Shop]:
    settings = {"now": "2026-03-31", "time_zone": "Europe/Madrid", "churn": {"inactive_days": 60}}
    async for shop in shop_of(shared_app, "evidence-software", "software.jsonl", settings):
        yield shop


# --- The checker ---

MARKER = re.compile(r"\[(\d+)\]")
QUOTED = re.compile(r'"[^"]*"')
ISO_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


def check(shop: Shop, found: Json) -> None:
    check_citations(shop, found)
    for line in found["answer"].splitlines():
        check_line(shop, found, line)
    for fact in found["facts"]:
        check_fact(shop, fact)


def check_citations(shop: Shop, found: Json) -> None:
    markers = [int(n) for n in MARKER.findall(QUOTED.sub("", found["answer"]))]
    assert sorted(set(markers)) == [citation["n"] for citation in found["citations"]]
    assert len({citation["message_id"] for citation in found["citations"]}) == len(found["citations"])
    for citation in found["citations"]:
        message_id = citation["message_id"]
        assert message_id in shop.raw
        assert datetime.fromisoformat(citation["occurred_at"]) == shop.moment(message_id) < shop.as_of
        assert citation["customer_id"] == shop.owner(message_id)
        assert citation["text"]


def check_line(shop: Shop, found: Json, line: str) -> None:
    words = QUOTED.sub(" ", line)
    cited = [found["citations"][int(n) - 1] for n in MARKER.findall(words)]
    assert cited or found["abstained"], f"nothing is cited: {line}"
    check_quotations(shop, line, cited)
    check_day(shop, words, cited)
    if cited:
        check_numbers(found, words)


def check_quotations(shop: Shop, line: str, cited: list[Json]) -> None:
    said = [squeezed(f"{c['text']} {json.dumps(shop.raw[c['message_id']], ensure_ascii=False)}") for c in cited]
    for quotation in QUOTED.findall(line) if cited else []:
        wanted = squeezed(quotation.strip('"'))
        assert any(wanted in text for text in said), f"{quotation} was never said: {line}"


def squeezed(text: str) -> str:
    return " ".join(text.replace('\\"', '"').replace("\\n", " ").split()).casefold()


def check_day(shop: Shop, words: str, cited: list[Json]) -> None:
    """What happened "on" a day is an event of that day."""
    happened = re.match(r"(?:- )?(?:.*?, )?[Oo]n (\d{4}-\d{2}-\d{2})[,:]", words)
    if happened:
        days = {shop.moment(citation["message_id"]).astimezone(shop.zone).date().isoformat() for citation in cited}
        assert happened[1] in days, words


def check_numbers(found: Json, words: str) -> None:
    words = ISO_DATE.sub(" ", MARKER.sub(" ", re.sub(r"^\d+\. ", "", words)))
    named = sorted({str(f["value"]) for f in found["facts"] if f["unit"] in ("id", "name", "item")}, key=len)
    for name in reversed(named):
        words = words.replace(name, " ")
    values = {Decimal(str(f["value"])).normalize() for f in found["facts"] if isinstance(f["value"], int | float)}
    for number in re.findall(r"\d[\d,]*(?:\.\d+)?", words):
        assert Decimal(number.replace(",", "")).normalize() in values, f"{number} is no fact: {words}"


def check_fact(shop: Shop, fact: Json) -> None:
    evidence = fact["evidence"]
    # Of nothing there is no event.
    assert evidence or fact["value"] == fact["evidence_total"] == 0, fact
    assert set(evidence) <= set(shop.raw)
    assert all(shop.moment(key) < shop.as_of for key in evidence)
    assert fact["evidence_total"] >= len(evidence)
    if fact["unit"] == "id":
        assert fact["value"] == shop.owner(evidence[0])
    if fact["evidence_total"] > len(evidence):
        assert fact["unit"] not in ("events", "purchases", "refunds") or fact["value"] == fact["evidence_total"]
    elif recompute := RECOMPUTED.get(fact["name"]) or RECOMPUTED.get(fact["unit"]):
        assert Decimal(str(fact["value"])) == recompute(shop, evidence), fact


def total(shop: Shop, evidence: list[str]) -> Decimal:
    return sum((shop.amount(key) for key in evidence), Decimal(0)).quantize(Decimal("0.01"))


#: How a fact follows from its evidence, by its name or its unit.
RECOMPUTED: dict[str, Callable[[Shop, list[str]], Any]] = {
    "events": lambda shop, evidence: len(evidence),
    "purchases": lambda shop, evidence: sum(shop.raw[key]["event"] in EARNS for key in evidence),
    "refunds": lambda shop, evidence: sum(shop.raw[key]["event"] in GIVES_BACK for key in evidence),
    "net_value": total,
    "sum": total,
    "average": lambda shop, evidence: (total(shop, evidence) / len(evidence)).quantize(Decimal("0.01")),
    "largest": lambda shop, evidence: max(shop.amount(key) for key in evidence),
    "customers": lambda shop, evidence: len({shop.owner(key) for key in evidence}),
    "active_days": lambda shop, evidence: len({shop.moment(key).date() for key in evidence}),
    "days_silent": lambda shop, evidence: (shop.as_of - max(map(shop.moment, evidence))).days,
}


# --- The answers ---

#: One names nobody here, one names two; everything else has an answer.
UNANSWERABLE = ["What did customer 99999 buy?", "What did Dana say?"]


async def check_answer(shop: Shop, question: str) -> None:
    found = await ask(shop.client, question)
    assert found["abstained"] == (question in UNANSWERABLE), found["answer"]
    check(shop, found)


@pytest.mark.parametrize("question", RETAIL)
async def test_every_claim_about_the_retailer_holds(retail: Shop, question: str) -> None:
    await check_answer(retail, question)


@pytest.mark.parametrize("question", SOFTWARE)
async def test_every_claim_about_the_software_company_holds(software: Shop, question: str) -> None:
    await check_answer(software, question)


@pytest.mark.parametrize(("name", "questions"), [("retail", RETAIL), ("software", SOFTWARE)])
async def test_grounding_has_nothing_to_take_out_of_a_deterministic_answer(
    retail: Shop, software: Shop, name: str, questions: list[str]
) -> None:
    shop = {"retail": retail, "software": software}[name]
    services = shop.app.state.services
    scope = Scope(shop.client.headers["X-Workspace"])
    context = services.desk.context(scope, Moment(shop.as_of, await services.workspaces.settings(scope)))
    analyst = await services.desk.analyst()
    for question in questions:
        state = [each async for each in analyst.reply(context, question)][-1].state
        grounded, draft = state["grounded"], state["draft"]
        assert (question, grounded.removed) == (question, [])
        assert len(grounded.text.splitlines()) == len(draft.lines), question


async def test_the_checker_is_not_content_with_anything(retail: Shop) -> None:
    found = await ask(retail.client, "How many orders did 16333 place?")
    for wrong in (
        {"answer": found["answer"].replace("customer 16333", "customer 16334")},
        {"answer": re.sub(r": \d+\.", ": 5000.", found["answer"])},
        {"answer": MARKER.sub("", found["answer"]), "citations": []},
        {"answer": found["answer"] + " [99]"},
        {"answer": 'They wrote "I am leaving". [1]', "citations": found["citations"][:1]},
        {"answer": "On 2011-07-30, they bought. [1]", "citations": found["citations"][:1]},
        {"citations": [{**citation, "customer_id": "1"} for citation in found["citations"]]},
        {"facts": [{**fact, "value": 5000} if fact["unit"] == "events" else fact for fact in found["facts"]]},
    ):
        with pytest.raises(AssertionError):
            check(retail, {**found, **wrong})


# --- Numbers that can be counted in the raw data ---


async def answer(shop: Shop, question: str) -> str:
    return str((await ask(shop.client, question))["answer"])


async def test_counts_and_sums_are_those_of_the_raw_events(retail: Shop) -> None:
    orders = [event for event in retail.known if event["event"] == "Order Completed"]
    refunds = [event for event in retail.known if event["event"] == "Order Refunded"]
    assert f"Purchases of all customers: {len(orders)}," in await answer(retail, "How many orders?")
    march = [e for e in orders if "2011-03-01" <= e["timestamp"][:10] < "2011-04-01"]
    told = await answer(retail, "How many orders were there in March 2011?")
    assert f"from 2011-03-01 to 2011-03-31: {len(march)}, of {len({e['userId'] for e in march})} customers." in told
    net = sum((retail.amount(e["messageId"]) for e in [*orders, *refunds]), Decimal(0))
    assert f"is {net:.2f} GBP, net of refunds" in await answer(retail, "What is the total revenue?")
    average = sum((retail.amount(e["messageId"]) for e in orders), Decimal(0)) / len(orders)
    assert f"The average value for all customers is {average:.2f} GBP" in await answer(
        retail, "What is the average order value?"
    )


async def test_the_first_customers_are_those_with_the_highest_sums(retail: Shop) -> None:
    sums: dict[str, Decimal] = {}
    for event in retail.known:
        sums[event["userId"]] = sums.get(event["userId"], Decimal(0)) + retail.amount(event["messageId"])
    best = sorted(sums.items(), key=lambda pair: (-pair[1], pair[0]))[:3]
    lines = (await answer(retail, "Top 3 customers")).splitlines()[1:]
    assert [line.split(" [")[0].rsplit(". [", 1)[0] for line in lines] == [
        f"{n}. **Customer {client}**: {value:.2f} GBP." for n, (client, value) in enumerate(best, start=1)
    ]


async def test_who_was_silent_long_enough_is_counted_as_churned(retail: Shop) -> None:
    last: dict[str, datetime] = {}
    for event in retail.known:
        if event["event"] == "Order Completed":
            moment = retail.moment(event["messageId"])
            last[event["userId"]] = max(moment, last.get(event["userId"], moment))
    gone = [client for client, moment in last.items() if moment + timedelta(days=120) < retail.as_of]
    assert (await answer(retail, "How many customers churned?")).startswith(f"{len(gone)} customers at stage churned.")


async def test_tickets_that_are_open_are_those_without_a_resolution(software: Shop) -> None:
    def tickets(title: str) -> set[str]:
        return {e["properties"]["ticket_id"] for e in software.known if e.get("event") == title}

    left = tickets("Support Ticket Opened") - tickets("Support Ticket Resolved") - tickets("Support Ticket Closed")
    assert f": {len(left)}, of" in await answer(software, "How many support tickets are still open?")


async def test_who_bought_an_item_is_found_by_a_word_of_its_name(retail: Shop) -> None:
    def names(event: Json) -> list[str]:
        return [str(product["name"]).lower() for product in event["properties"].get("products", [])]

    held = [event for event in retail.known if event["event"] == "Order Completed"]
    held = [e for e in held if any(re.search(r"\blanterns?\b", name) for name in names(e))]
    buyers = len({event["userId"] for event in held})
    assert (await answer(retail, "Did anybody buy lanterns?")).startswith(f"{buyers} customers with purchases")
    assert f": {len(held)}, of {buyers} customers." in await answer(retail, "How many lanterns were bought?")


async def test_an_item_that_nobody_bought_is_not_said_to_have_been(retail: Shop) -> None:
    found = await ask(retail.client, "Did anybody buy submarines?")
    assert found["abstained"]
    assert not found["citations"]
