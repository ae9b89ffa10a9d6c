"""The counters: what was received is the sum of its verdicts, and what is kept is what an export has."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from itertools import count
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from hypothesis import given, settings
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families

from tests.talk import Json, get, settle, talk

VERDICTS = ["accepted", "duplicate", "conflict", "quarantined", "suppressed"]
PEOPLE = ["ada", "bob", "cy"]
WORKSPACES = count()

#: An event by a small number, so that ids come again: as it was, with other content, broken, or without an id.
ITEMS = st.builds(
    lambda number, person, kind: made(number, person, kind),
    st.integers(0, 5),
    st.sampled_from(PEOPLE),
    st.sampled_from(["good", "good", "other", "broken", "nobody", "no id", "no object"]),
)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("send"), st.lists(ITEMS, max_size=8)),
        st.tuples(st.just("erase"), st.sampled_from(PEOPLE)),
        st.tuples(st.just("lift"), st.sampled_from(PEOPLE)),
        st.tuples(st.just("replay"), st.booleans()),
        st.tuples(st.just("discard"), st.none()),
        st.tuples(st.just("import"), st.lists(st.integers(100, 103), max_size=3, unique=True)),
    ),
    max_size=8,
)


def made(number: int, person: str, kind: str) -> Any:
    if kind == "no object":
        return f"text {number}"
    fields: Json = {"event": "Signed In", "userId": person, "messageId": f"{person}-{number}", "timestamp": number + 1}
    changes: dict[str, Json] = {
        "good": {}, "other": {"event": "Signed Out"}, "broken": {"timestamp": "soon"}, "nobody": {"userId": None},
        "no id": {"messageId": None},
    }  # fmt: skip
    return {name: value for name, value in {**fields, **changes[kind]}.items() if value is not None}


class Model:
    """What the application should say, from its own answers alone."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client
        self.verdicts: Counter[str] = Counter()
        #: Verdicts that the other workspace was told.
        self.elsewhere: Counter[str] = Counter()
        #: Events that came or went other than by a verdict.
        self.moved = 0

    async def send(self, items: Sequence[Any]) -> None:
        reply = await self._post("/events", json=items)
        assert sum(reply["counts"].values()) == len(items)
        self.verdicts.update(reply["counts"])

    async def erase(self, person: str) -> None:
        preview = await self._client.delete(f"/clients/{person}", params={"dry_run": True})
        answer = await self._client.delete(f"/clients/{person}")
        assert answer.status_code in (200, 404), answer.text
        if preview.status_code == 200:
            self.moved -= preview.json()["would_erase"]["events"]

    async def lift(self, person: str) -> None:
        answer = await self._client.delete(f"/clients/{person}/suppression")
        assert answer.status_code in (200, 404), answer.text

    async def replay(self, mend: bool) -> None:
        held = (await get(self._client, "/quarantine", limit=500))["items"]
        changed: Json = {"set": {"/timestamp": 7, "/userId": "bob"}} if mend else {}
        reply = await self._post("/quarantine/replay", json={"ids": [each["sha256"] for each in held], **changed})
        # An item that could not be patched was not sent again, and so was not received.
        self.verdicts.update(each["verdict"] for each in reply["results"] if each["reason"] != "cannot_be_patched")

    async def discard(self, _: None) -> None:
        held = (await get(self._client, "/quarantine", limit=500))["items"]
        await self._post("/quarantine/discard", json={"ids": [each["sha256"] for each in held]})

    async def bring(self, numbers: Sequence[int]) -> None:
        """Import events that were exported elsewhere."""
        elsewhere = {"X-Workspace": f"{self._client.headers['X-Workspace']}-elsewhere"}
        items = [made(number, "dan", "good") for number in numbers]
        reply = await self._client.post("/events", json=items, headers=elsewhere)
        self.elsewhere.update(reply.json()["counts"])
        exported = (await self._client.get("/export", headers=elsewhere)).content
        self.moved += (await self._post("/import", content=exported))["added"]

    async def _post(self, path: str, **body: Any) -> Json:
        answer = await self._client.post(path, **body)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())


async def export(client: httpx.AsyncClient) -> Counter[str]:
    """How many lines of each kind there are."""
    lines = (await client.get("/export")).raise_for_status().text.splitlines()[1:]
    return Counter(json.loads(line)["kind"] for line in lines)


async def metrics(client: httpx.AsyncClient) -> Counter[str]:
    """The counters of the process, by name or verdict."""
    found: Counter[str] = Counter()
    for family in text_string_to_metric_families((await client.get("/metrics")).text):
        for sample in family.samples:
            found[sample.labels.get("verdict", sample.name)] += int(sample.value)
    return found


async def check(model: Model, client: httpx.AsyncClient, before: Counter[str]) -> None:
    stats, held, now = await get(client, "/events/stats"), await export(client), await metrics(client)
    assert list(stats["verdicts"]) == VERDICTS
    assert Counter(stats["verdicts"]) == model.verdicts
    assert stats["received"] == model.verdicts.total()
    everything = model.verdicts + model.elsewhere
    assert {name: now[name] - before[name] for name in VERDICTS} == {name: everything[name] for name in VERDICTS}
    assert now["throughline_events_received_total"] == sum(now[name] for name in VERDICTS)
    kept = stats["kept"]
    assert kept["events"] == kept["embedded"] + kept["pending"] + kept["failed"] == held["event"]
    assert kept["events"] == model.verdicts["accepted"] + model.moved
    assert (kept["conflicts"], kept["quarantined"]) == (held["conflict"], held["quarantine"])


@given(steps=STEPS)
@settings(max_examples=40, deadline=None)
async def test_the_counters_add_up_after_every_step_of_any_story(
    shared_app: FastAPI, steps: list[tuple[str, Any]]
) -> None:
    async with talk(shared_app, f"counted-{next(WORKSPACES)}") as client:
        model, before = Model(client), await metrics(client)
        roads = {
            "send": model.send, "erase": model.erase, "lift": model.lift, "replay": model.replay,
            "discard": model.discard, "import": model.bring,
        }  # fmt: skip
        for name, argument in steps:
            await roads[name](argument)
            await check(model, client, before)


async def test_each_verdict_is_counted_as_it_was_told(client: httpx.AsyncClient) -> None:
    await client.post("/events", json=[made(1, "ada", "good"), made(2, "bob", "good")])
    await client.delete("/clients/bob")
    sent = [made(1, "ada", "good"), made(1, "ada", "other"), made(1, "ada", "nobody"), made(3, "bob", "good")]
    counts = (await client.post("/events", json=sent)).json()["counts"]
    assert counts == {"accepted": 0, "duplicate": 1, "conflict": 1, "quarantined": 1, "suppressed": 1}
    stats = await get(client, "/events/stats")
    assert stats["verdicts"] == {**counts, "accepted": 2}
    assert stats["received"] == 6
    assert {name: stats["kept"][name] for name in ("events", "conflicts", "quarantined")} == {
        "events": 1, "conflicts": 1, "quarantined": 1,
    }  # fmt: skip


async def test_an_event_is_pending_and_then_embedded_and_its_lag_is_told(client: httpx.AsyncClient) -> None:
    await client.post("/events", json=[made(n, "ada", "good") for n in range(5)])
    await settle(client)
    stats = await get(client, "/events/stats")
    assert (stats["kept"]["embedded"], stats["kept"]["pending"], stats["kept"]["failed"]) == (5, 0, 0)
    assert 0 <= stats["lag"]["p50_s"] <= stats["lag"]["p99_s"]


async def test_a_workspace_sees_its_own_counts_alone(client: httpx.AsyncClient) -> None:
    await client.post("/events", json=[made(1, "ada", "good")])
    stats = await get_elsewhere(client)
    assert stats["received"] == 0
    assert set(stats["kept"].values()) == {0}


async def get_elsewhere(client: httpx.AsyncClient) -> Json:
    answer = await client.get("/events/stats", headers={"X-Workspace": f"{client.headers['X-Workspace']}-other"})
    return dict(answer.json())


async def test_a_refused_body_counts_nowhere(client: httpx.AsyncClient) -> None:
    assert (await client.post("/events", content=b"not json")).status_code == 400
    assert (await get(client, "/events/stats"))["received"] == 0


async def test_metrics_name_no_workspace_and_no_customer(client: httpx.AsyncClient) -> None:
    await client.post("/events", json=[made(1, "ada-lovelace", "good")])
    answer = await client.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain")
    assert "ada-lovelace" not in answer.text
    assert client.headers["X-Workspace"] not in answer.text
    names = {family.name for family in text_string_to_metric_families(answer.text)}
    assert {"throughline_events_received", "throughline_events", "throughline_events_embedded",
            "throughline_events_failed", "throughline_events_waiting"} <= names  # fmt: skip


@pytest.mark.parametrize("verdict", VERDICTS)
async def test_every_verdict_is_told_from_the_start(client: httpx.AsyncClient, verdict: str) -> None:
    assert (await get(client, "/events/stats"))["verdicts"][verdict] == 0
    assert f'verdict="{verdict}"' in (await client.get("/metrics")).text
