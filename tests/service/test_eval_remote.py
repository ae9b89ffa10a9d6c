"""A running service is judged from outside: what is asked, what is looked up, and what is said when it is not there."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from http.server import BaseHTTPRequestHandler
from io import StringIO
from pathlib import Path
from typing import Any

import httpx
import pytest
from rich.console import Console

from evals.loopback import LoopbackServer
from evals.remote import Remote, Unreachable, remote
from evals.sample import BadSamples, Sample
from evals.suite import Score
from evals.suites.own import own_suite
from evals.target import TargetFailed
from tests.builders import item
from tests.fakes import Json
from tests.service.conftest import Launch, Launched
from tests.talk import send, settle

KEY = "key-of-the-shop"
AS_OF = "2026-04-01T00:00:00Z"


def paid(when: str, user: str, revenue: float) -> Json:
    products = [{"name": "Set of 3 lamps", "quantity": 1}]
    return item("Order Completed", when, user, properties={"revenue": revenue, "currency": "EUR", "products": products})


EVENTS = [
    item("Pricing Viewed", "2025-12-30", None, anonymousId="visitor-1"),
    item("", "2026-01-01", "ada", type="identify", anonymousId="visitor-1", traits={"name": "Ada Byron"}),
    item("", "2026-01-01", "bob", type="identify", traits={"name": "Bob Stone"}),
    paid("2026-02-01", "ada", 20),
    paid("2026-02-08", "ada", 35.5),
    paid("2026-02-15", "bob", 999),
    item("Support Ticket Opened", "2026-03-01", "ada", properties={"message": "The shade arrived broken"}),
]
ORDERS = (EVENTS[3]["messageId"], EVENTS[4]["messageId"])
SPENT: Json = {
    "id": "spent", "category": "sum", "customer_ids": ["ada"], "question": "How much has Ada Byron spent?",
    "as_of": AS_OF, "gold": {"kind": "money", "value": {"EUR": 55.5}, "evidence": list(ORDERS)},
    "expect_tools": ["measure"],
}  # fmt: skip


@pytest.fixture(scope="module")
async def service(launch: Launch, tmp_path_factory: pytest.TempPathFactory) -> Launched:
    """A server that asks for a key, with the events above in the workspace "shop"."""
    server = launch(tmp_path_factory.mktemp("judged") / "data", keys=f"{KEY}=shop")
    async with httpx.AsyncClient(base_url=server.url, headers={"Authorization": f"Bearer {KEY}"}) as client:
        await send(client, EVENTS)
        await settle(client)
    return server


@pytest.fixture(scope="module")
async def target(service: Launched) -> AsyncIterator[Remote]:
    async with remote(service.url, KEY) as opened:
        yield opened


def quiet() -> Console:
    return Console(file=StringIO())


async def prepared(url: str, key: str | None = None, workspace: str | None = None) -> None:
    async with remote(url, key, workspace) as opened:
        await opened.prepare({"default"}, quiet())


# --- The service ---


async def test_a_service_that_is_ready_and_lets_us_in_can_be_judged(service: Launched) -> None:
    await prepared(service.url, KEY)


async def test_nothing_at_the_address_is_said_in_one_sentence() -> None:
    with Canned({}) as gone:
        url = gone.url
    with pytest.raises(Unreachable, match=rf"Nothing answers at {url}"):
        await prepared(url)


@pytest.mark.parametrize("key", [None, "another key"])
async def test_a_key_that_does_not_work_is_said_before_anything_is_asked(service: Launched, key: str | None) -> None:
    with pytest.raises(Unreachable, match="does not let this key in: 401"):
        await prepared(service.url, key)


async def test_a_workspace_that_the_key_does_not_open_is_said_before_anything_is_asked(service: Launched) -> None:
    with pytest.raises(Unreachable, match="does not let this key in: 403"):
        await prepared(service.url, KEY, "other")


async def test_a_workspace_without_customers_is_not_judged(live_server: Launched) -> None:
    with pytest.raises(Unreachable, match=r"The workspace nobody-here of .* has no customers"):
        await prepared(live_server.url, workspace="nobody-here")


@pytest.mark.parametrize("url", ["localhost:8000", "ftp://localhost", "http://", "not an address"])
async def test_what_is_no_address_is_refused(url: str) -> None:
    with pytest.raises(Unreachable, match="is no address of a service"):
        await prepared(url)


async def test_an_address_with_a_password_is_refused_without_repeating_it() -> None:
    with pytest.raises(Unreachable) as refusal:
        await prepared("http://me:sesame@127.0.0.1:9")
    assert "sesame" not in str(refusal.value)


# --- What it answers ---


async def test_a_question_gets_the_reply_of_the_chat(target: Remote) -> None:
    reply = await target.ask("default", SPENT["question"], as_of=AS_OF)
    assert "55.50 EUR" in reply["answer"]
    assert set(ORDERS) <= {citation["message_id"] for citation in reply["citations"]}


async def test_a_question_can_be_bound_to_a_customer(target: Remote) -> None:
    with pytest.raises(TargetFailed, match=r"POST /chat: 404 Unknown client"):
        await target.ask("default", "How much was spent?", customer_id="nobody")


async def test_memory_is_searched_by_customer(target: Remote) -> None:
    found = await target.search("default", "ada", "broken shade", limit=3)
    assert found[0] == EVENTS[6]["messageId"]
    with pytest.raises(TargetFailed, match="one customer at a time"):
        await target.search("default", None, "broken shade")


async def test_the_churn_signal_of_everybody_is_read(target: Remote) -> None:
    assert {signal["client_id"] for signal in await target.churn("default", AS_OF)} == {"ada", "bob"}


async def test_recommendations_are_read_as_the_service_gives_them(service: Launched, target: Remote) -> None:
    async with httpx.AsyncClient(base_url=service.url, headers={"Authorization": f"Bearer {KEY}"}) as client:
        params = {"as_of": AS_OF, "limit": 25}
        given = (await client.get("/clients/ada/recommendations", params=params)).json()["recommendations"]
    assert given
    assert await target.recommend("default", "ada", AS_OF, 25) == given
    assert await target.recommend("default", "ada", AS_OF, 1) == given[:1]


async def test_items_can_be_asked_for_alone_and_only_new_ones(target: Remote) -> None:
    items = await target.recommend("default", "ada", AS_OF, 25, kind="item")
    assert {each["kind"] for each in items} == {"item"}
    new = await target.recommend("default", "ada", AS_OF, 25, kind="item", exclude_owned=True)
    assert {each["title"] for each in new} < {each["title"] for each in items}


async def test_an_event_is_looked_up_and_one_that_is_not_there_is_none(target: Remote) -> None:
    found = await target.lookup("default", [ORDERS[0], "no-such-event", "x" * 300])
    assert found.keys() == {ORDERS[0], "no-such-event", "x" * 300}
    assert (found["no-such-event"], found["x" * 300]) == (None, None)
    event = found[ORDERS[0]]
    assert event is not None
    assert (event["client_id"], event["event"]["properties"]["revenue"]) == ("ada", 20)


async def test_an_anonymous_id_belongs_to_whom_it_was_joined_to(target: Remote) -> None:
    assert await target.person("default", "visitor-1") == "ada"
    assert await target.person("default", "never-seen") == "never-seen"


# --- Servers of another kind ---


class Canned(LoopbackServer):
    """Answers each path with a status, headers and body of its own; {} for /health/ready means ready."""

    def __init__(self, answers: dict[str, tuple[int, dict[str, str], Any]]) -> None:
        self.seen: list[str] = []
        ready = {"/health/ready": (200, {}, {"status": "ready"}), "/clients": (200, {}, {"total": 1, "clients": []})}
        known, seen = {**ready, **answers}, self.seen

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.rfile.read(int(self.headers.get("content-length", 0)))
                path = self.path.partition("?")[0]
                seen.append(path)
                status, headers, body = known.get(path, (404, {}, {}))
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body if isinstance(body, bytes) else json.dumps(body).encode())

            def do_POST(self) -> None:
                self.do_GET()

            def log_message(self, format: str, *args: object) -> None:
                pass

        super().__init__(Handler)


@pytest.mark.parametrize(
    ("body", "told"), [(b"<html>", "no JSON of this product"), ({"ok": True}, "not as this product does")]
)
async def test_another_program_at_the_address_is_recognised(body: Any, told: str) -> None:
    with Canned({"/health/ready": (200, {}, body)}) as other, pytest.raises(Unreachable, match=told):
        await prepared(other.url)


async def test_a_redirect_is_not_followed_with_the_key() -> None:
    with Canned({}) as elsewhere:
        pointer = {"location": f"{elsewhere.url}/health/ready"}
        moved = Canned({"/health/ready": (307, pointer, {})})
        with moved, pytest.raises(Unreachable, match="name that address"):
            await prepared(moved.url, KEY)
        assert elsewhere.seen == []


async def test_a_reply_that_is_no_answer_fails_its_sample_only() -> None:
    with Canned({"/chat": (200, {}, {"answer": "42"})}) as service:
        async with remote(service.url) as opened:
            with pytest.raises(TargetFailed, match="the reply has no abstained, as_of, citations"):
                await opened.ask("default", "What?")


async def test_an_error_of_the_service_fails_its_sample_with_the_services_own_sentence() -> None:
    problem = {"title": "The store does not answer", "detail": "Again later."}
    with Canned({"/chat": (503, {}, problem)}) as service:
        async with remote(service.url) as opened:
            with pytest.raises(TargetFailed, match="503 The store does not answer: Again later"):
                await opened.ask("default", "What?")


# --- One's own questions ---


def written(folder: Path, *samples: Json) -> Path:
    file = folder / "my.jsonl"
    file.write_text("".join(json.dumps(sample) + "\n" for sample in samples))
    return file


async def judged(target: Remote, folder: Path, **changes: Any) -> tuple[dict[str, Score], Json]:
    """The scores and the output of the question above, with these changes."""
    suite = own_suite(written(folder, {**SPENT, **changes}))
    (sample,) = suite.samples()
    output = json.loads(json.dumps(await suite.solve(target, sample)))
    return suite.score(sample, output), output


def failing(scores: dict[str, Score]) -> set[str]:
    return {name for name, score in scores.items() if score.value < 1} - {"passed", "citation_precision"}


async def test_a_right_answer_to_an_own_question_passes(target: Remote, tmp_path: Path) -> None:
    scores, output = await judged(target, tmp_path)
    assert failing(scores) == set(), scores
    assert scores["passed"].value == 1
    assert {"value", "cited", "abstention", "tools", "exists", "owner", "dated", "grounded", "forbidden"} <= set(scores)
    assert output["known"]["events"][ORDERS[0]]["who"] == "ada"


WRONG: dict[str, tuple[Json, set[str]]] = {
    "another amount": ({"gold": {"kind": "money", "value": {"EUR": 56}}}, {"value"}),
    "another customer": ({"customer_ids": ["bob"]}, {"owner", "value"}),
    "other evidence": ({"gold": {**SPENT["gold"], "evidence": ["m1"]}}, {"cited", "citation_recall"}),
    "a question that should be left open": ({"gold": {"kind": "unanswerable"}}, {"abstention"}),
    "a forbidden word": ({"forbid": {"text": ["Byron"]}}, {"forbidden"}),
    "a forbidden tool": ({"forbid": {"tools": ["measure"]}}, {"forbidden"}),
    "a tool that was not called": ({"expect_tools": ["churn"]}, {"tools"}),
}


@pytest.mark.parametrize(("changes", "expected"), WRONG.values(), ids=WRONG)
async def test_what_the_gold_does_not_allow_fails_its_score(
    target: Remote, tmp_path: Path, changes: Json, expected: set[str]
) -> None:
    scores, _ = await judged(target, tmp_path, **changes)
    assert failing(scores) == expected, scores
    assert scores["passed"].value == 0


async def test_minimal_gold_is_enough(target: Remote, tmp_path: Path) -> None:
    least = {"id": "a", "category": "mine", "question": SPENT["question"], "gold": {"kind": "text", "value": ["55.50"]}}
    suite = own_suite(written(tmp_path, least))
    (sample,) = suite.samples()
    scores = suite.score(sample, await suite.solve(target, sample))
    assert scores["passed"].value == 1, scores


TAMPERED: dict[str, tuple[Json, set[str]]] = {
    "an event that is not there": ({"message_id": "no-such-event"}, {"exists"}),
    "another owner": ({"customer_id": "bob"}, {"owner"}),
    "another time": ({"occurred_at": "2026-02-09T12:00:00Z"}, {"dated"}),
}


class Tampering(Remote):
    """The service, with its first citation changed on the way."""

    change: Json = {}  # noqa: RUF012 - set by each test

    async def ask(self, *given: Any, **named: Any) -> Json:
        reply = await super().ask(*given, **named)
        reply["citations"][0] |= self.change
        return reply


@pytest.mark.parametrize(("change", "expected"), TAMPERED.values(), ids=TAMPERED)
async def test_a_citation_is_checked_against_what_the_service_has_on_record(
    target: Remote, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: Json, expected: set[str]
) -> None:
    monkeypatch.setattr(Tampering, "change", change)
    tampering = Tampering(target.client, None, "tampering")
    scores, _ = await judged(tampering, tmp_path)
    assert failing(scores) == expected, scores


async def test_an_event_from_after_the_time_asked_about_is_seen(target: Remote, tmp_path: Path) -> None:
    """Scored again as if it had been asked about an earlier time."""
    _, output = await judged(target, tmp_path)
    early = Sample.model_validate({**SPENT, "as_of": "2026-02-05"})
    output["reply"]["as_of"] = "2026-02-05T00:00:00Z"
    why = own_suite(tmp_path / "my.jsonl").score(early, output)["dated"].why
    assert why == f"known only later: ['{ORDERS[1]}']"


async def test_an_anonymous_visit_counts_for_the_customer_it_was_joined_to(target: Remote, tmp_path: Path) -> None:
    scores, output = await judged(
        target, tmp_path, question="When did Ada Byron view the pricing?", expect_tools=[],
        gold={"kind": "date", "value": "2025-12-30"},
    )  # fmt: skip
    visit = EVENTS[0]["messageId"]
    assert output["known"]["events"][visit]["who"] == "ada", output["reply"]
    assert "owner" not in failing(scores)


async def test_a_customer_too_many_is_seen_though_no_event_of_theirs_is_cited(target: Remote, tmp_path: Path) -> None:
    suite = own_suite(written(tmp_path, {**SPENT, "customer_ids": [], "gold": {"kind": "customers", "value": ["ada"]}}))
    (sample,) = suite.samples()
    output = await suite.solve(target, sample)
    output["reply"]["answer"] += " So did Bob Stone."
    output["known"]["customers"] = await target.customers("default")
    assert suite.score(sample, output)["value"].why == "it names ['ada', 'bob'], not ['ada']"


BAD_GOLD = [
    {"kind": "no-such-kind", "value": 1},
    {"kind": "text"},
    {"kind": "money", "value": 3},
    {"kind": "parts", "value": [{"value": 3}]},
]


@pytest.mark.parametrize("gold", BAD_GOLD, ids=str)
def test_gold_that_cannot_be_read_is_refused_before_anybody_is_asked(tmp_path: Path, gold: Json) -> None:
    with pytest.raises(BadSamples, match="'spent' cannot be judged by its gold"):
        own_suite(written(tmp_path, {**SPENT, "gold": gold})).samples()
