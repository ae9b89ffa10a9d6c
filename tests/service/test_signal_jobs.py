"""Everybody's churn as a job: its progress, its pages, a restart, an erasure, and what is not told to others."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from memory.jobs import MOST_JOBS, MOST_STARTS, JobState, new_job
from memory.ledger import Ledger
from memory.scope import Scope
from memory.workspace import ChurnDefinition, WorkspaceSettings
from server.app import create_app
from server.settings import Settings
from server.times import Moment
from tests.builders import at, item
from tests.fakes import HashedWords
from tests.service.conftest import Serve
from tests.talk import Json, get, post, refused, send, talk
from tools.prediction.asked import Asked
from tools.prediction.shelf import Awaited, digest_of
from tools.prediction.trainer import TrainingFailed

AS_OF = "2026-04-01T00:00:00Z"


def buyers(count: int, day: str = "2026-03-01") -> list[Json]:
    return [
        item("Order Completed", day, f"c{n}", properties={"revenue": 5 + n, "currency": "EUR"}) for n in range(count)
    ]


def ids(reply: Json) -> list[str]:
    return [result["client_id"] for result in reply["results"]]


async def ended(client: httpx.AsyncClient, job: str) -> Json:
    """The job, once it has come to an end."""
    for _ in range(400):
        found = await get(client, f"/signals/churn/{job}")
        if found["status"] in ("done", "failed"):
            return found
        await asyncio.sleep(0.02)
    raise TimeoutError("the job does not end")


def app_of(client: httpx.AsyncClient) -> Any:
    return client._transport.app.state.services  # type: ignore[attr-defined]


async def test_a_small_workspace_is_done_at_once(client: httpx.AsyncClient) -> None:
    await send(client, buyers(3))
    reply = await client.post("/signals/churn", json={"all": True, "as_of": AS_OF})
    found = reply.json()
    assert (reply.status_code, found["status"], found["task"], found["done"], found["total"]) == (
        200, "done", "score", 3, 3,
    )  # fmt: skip
    again = await get(client, f"/signals/churn/{found['job']}")
    assert again == found


async def test_a_job_that_takes_longer_is_told_of_by_its_address(client: httpx.AsyncClient) -> None:
    await send(client, buyers(3))
    services, scope = app_of(client), Scope(client.headers["X-Workspace"])
    job = new_job("score", datetime.now(UTC), at("2026-04-01"), settings=WorkspaceSettings())
    waiting, survey = await services.jobs.begin(scope, job, wait_s=0)
    assert (waiting.ended, survey) == (False, None)
    found = await ended(client, job.id)
    assert (found["status"], found["done"], len(found["results"])) == ("done", 3, 3)


async def test_the_result_is_that_of_when_the_job_was_made(client: httpx.AsyncClient) -> None:
    await send(client, buyers(3))
    first = await post(client, "/signals/churn", all=True, as_of=AS_OF)
    await send(client, [*buyers(1, "2026-03-30"), *buyers(5, "2026-03-02")])
    again = await get(client, f"/signals/churn/{first['job']}")
    assert again == first
    assert len(ids(await post(client, "/signals/churn", all=True, as_of=AS_OF))) == 5


async def test_a_result_comes_in_any_order(client: httpx.AsyncClient) -> None:
    await send(client, [*buyers(2), *buyers(1, "2026-03-30")])
    job = (await post(client, "/signals/churn", all=True, as_of=AS_OF))["job"]
    down, up = [ids(await get(client, f"/signals/churn/{job}", order=order)) for order in ("desc", "asc")]
    assert (down, up) == (["c1", "c0"], ["c0", "c1"])


async def test_a_job_survives_a_restart(serve_app: Serve, tmp_path: Path) -> None:
    data_dir = tmp_path / "data"
    async with serve_app(data_dir=data_dir) as client:
        await send(client, buyers(4))
        first = await post(client, "/signals/churn", all=True, as_of=AS_OF)
        await send(client, buyers(1, "2026-03-30"))
    async with serve_app(data_dir=data_dir) as client:
        assert await ended(client, first["job"]) == first


async def test_a_job_that_a_restart_broke_off_goes_on_by_itself(serve_app: Serve, tmp_path: Path) -> None:
    data_dir = tmp_path / "data"
    async with serve_app(data_dir=data_dir) as client:
        await send(client, buyers(4))
        job = new_job("score", datetime.now(UTC), at("2026-04-01"), settings=WorkspaceSettings())
        await app_of(client).jobs.jobs.add(Scope("default"), job.changed(status=JobState.RUNNING))
    async with serve_app(data_dir=data_dir) as client:
        jobs = app_of(client).jobs.jobs
        for _ in range(200):
            found = await jobs.find(Scope("default"), job.id)
            if found.ended:
                break
            await asyncio.sleep(0.02)
        assert (found.status, found.done, found.total) == (JobState.DONE, 4, 4)


async def test_a_job_that_never_ends_is_not_begun_for_ever(serve_app: Serve, tmp_path: Path) -> None:
    data_dir = tmp_path / "data"
    job = new_job("score", datetime.now(UTC), at("2026-04-01"), settings=WorkspaceSettings(), starts=MOST_STARTS)
    async with serve_app(data_dir=data_dir) as client:
        await send(client, buyers(1))
        await app_of(client).jobs.jobs.add(Scope("default"), job)
    async with serve_app(data_dir=data_dir) as client:
        for _ in range(200):
            found = await app_of(client).jobs.jobs.find(Scope("default"), job.id)
            if found.ended:
                break
            await asyncio.sleep(0.02)
        told = await get(client, f"/signals/churn/{job.id}")
        assert (told["status"], told["reason"]) == ("failed", "It did not end in 3 starts.")


async def test_an_erased_customer_is_in_no_result_of_a_job(client: httpx.AsyncClient) -> None:
    await send(client, buyers(3))
    job = (await post(client, "/signals/churn", all=True, as_of=AS_OF))["job"]
    await client.delete("/clients/c1")
    found = await ended(client, job)
    assert sorted(ids(found)) == ["c0", "c2"]
    assert (found["done"], found["total"]) == (2, 2)


async def test_what_is_kept_of_a_job_names_no_customer(client: httpx.AsyncClient) -> None:
    await send(client, buyers(3))
    await post(client, "/signals/churn", all=True, as_of=AS_OF)
    services, scope = app_of(client), Scope(client.headers["X-Workspace"])
    (kept,) = await services.jobs.jobs.all(scope)
    assert not [name for name in ("c0", "c1", "c2") if f'"{name}"' in kept.model_dump_json()]


async def test_a_job_is_unknown_to_other_workspaces(client: httpx.AsyncClient) -> None:
    await send(client, buyers(1))
    job = (await post(client, "/signals/churn", all=True, as_of=AS_OF))["job"]
    other = await client.get(f"/signals/churn/{job}", headers={"X-Workspace": "elsewhere"})
    assert refused(other, 404, "job")["type"] == "/problems/unknown-job"


async def test_the_newest_jobs_are_kept(client: httpx.AsyncClient) -> None:
    services, scope = app_of(client), Scope(client.headers["X-Workspace"])
    made = [
        new_job("score", at(f"2026-01-01T00:{n // 60:02}:{n % 60:02}"), at("2026-04-01"), settings=WorkspaceSettings())
        for n in range(MOST_JOBS + 2)
    ]
    for job in made:
        await services.jobs.jobs.add(scope, job)
    assert {job.id for job in await services.jobs.jobs.all(scope)} == {job.id for job in made[2:]}


# --- A model that is not there yet ---


@pytest.fixture
async def learning(tmp_path: Path) -> AsyncIterator[tuple[FastAPI, httpx.AsyncClient]]:
    """A workspace of people enough to learn from, whose answers wait for no training."""
    settings = Settings(data_dir=tmp_path / "data", train_wait_s=0, scoring_every_s=0)
    app = create_app(settings, embedder=HashedWords())
    async with app.router.lifespan_context(app), talk(app, "default") as client:
        days = [f"2025-{month:02}-{day:02}" for month in range(3, 12) for day in (3, 17)]
        await send(client, [
            item("Order Completed", day, f"c{n}", properties={"revenue": 5 + n, "currency": "EUR"})
            for n in range(14) for day in days[: 4 + n]
        ])  # fmt: skip
        yield app, client


async def test_while_a_model_is_trained_the_answer_says_so_and_where_to_ask(
    learning: tuple[FastAPI, httpx.AsyncClient],
) -> None:
    _, client = learning
    asked = {"client_id": "c3", "as_of": "2025-10-01"}
    reply = await client.post("/signals/churn", json=asked)
    assert (reply.status_code, reply.json()["status"]) == (202, "training")
    (result,) = reply.json()["results"]
    assert (result["status"], result["probability"], result["reason"]) == (
        "training", None, "The model is being trained.",
    )  # fmt: skip
    listed = await client.get("/signals/churn", params={"as_of": "2025-10-01"})
    assert (listed.status_code, listed.headers["Location"]) == (202, reply.headers["Location"])
    page = await client.get("/clients/c3", params={"as_of": "2025-10-01"})
    assert (page.status_code, page.json()["signals"]["churn"]["status"]) == (200, "training")

    job = reply.headers["Location"].removeprefix("/signals/churn/")
    assert (await get(client, f"/signals/churn/{job}"))["status"] == "running"
    # A job for everybody waits for the model.
    everybody = (await client.post("/signals/churn", json={"all": True, "as_of": "2025-10-01"})).json()
    done = await ended(client, everybody["job"])
    assert (done["status"], done["total"], done["model"]) == ("done", 14, job)
    assert (await get(client, f"/signals/churn/{job}"))["status"] == "done"
    (now,) = (await post(client, "/signals/churn", **asked))["results"]
    assert now in done["results"]


async def test_a_model_that_was_in_training_when_somebody_was_erased_is_not_kept(
    learning: tuple[FastAPI, httpx.AsyncClient],
) -> None:
    app, client = learning
    reply = await client.post("/signals/churn", json={"client_id": "c3", "as_of": "2025-10-01"})
    assert reply.status_code == 202
    await client.delete("/clients/c5")
    services = app.state.services
    while services.desk.shelf._running:
        await asyncio.wait(services.desk.shelf._running.values())
        await asyncio.sleep(0)
    assert await services.desk.shelf.models.all(Scope("default")) == []


async def test_many_customers_wait_for_one_training_once(learning: tuple[FastAPI, httpx.AsyncClient]) -> None:
    app, _ = learning
    services = app.state.services
    moment = Moment(at("2025-10-01"), WorkspaceSettings())
    context = services.desk.context(Scope("default"), moment)
    first, again = await context.reference(), await context.reference()
    assert isinstance(first.model, Awaited)
    assert first is again


async def test_a_model_of_somebody_whom_another_process_erased_meanwhile_is_not_kept(
    learning: tuple[FastAPI, httpx.AsyncClient],
) -> None:
    app, _ = learning
    shelf, scope = app.state.services.desk.shelf, Scope("default")
    shelf._ledger = Ledger(app.state.services.store, remember=False)
    asked, until = Asked("churn", ChurnDefinition()), at("2025-10-01")
    seen = await shelf._ledger.everyone(scope, until)
    few = {name: seen[name] for name in sorted(seen)[:5]}
    await shelf._train(scope, asked, until, few, await digest_of(few))
    assert len(await shelf.models.all(scope)) == 1
    gone = {**few, "erased": seen["c0"]}
    with pytest.raises(TrainingFailed, match="erased"):
        await shelf._train(scope, asked, until, gone, await digest_of(gone))
    assert len(await shelf.models.all(scope)) == 1


async def test_a_training_that_failed_is_not_called_running(learning: tuple[FastAPI, httpx.AsyncClient]) -> None:
    app, client = learning
    shelf = app.state.services.desk.shelf
    asked: Json = {"as_of": "2025-10-01"}
    for path in ("churn", "conversion"):
        begun = await client.post(f"/signals/{path}", json={**asked, "client_id": "c3"})
        assert begun.json()["status"] == "training"
        await shelf._trainer.close()
        while shelf._running:
            await asyncio.sleep(0.01)
            await shelf._trainer.close()
        failed = await client.post(f"/signals/{path}", json={**asked, "client_id": "c3"})
        assert (failed.status_code, failed.json()["status"]) == (202, "failed")
        assert failed.json()["results"][0]["reason"].startswith("The model could not be trained")
        job = await get(client, failed.headers["Location"])
        assert (job["status"], bool(job["reason"])) == ("failed", True)


async def test_before_there_was_any_event_nobody_is_there(client: httpx.AsyncClient) -> None:
    await send(client, buyers(3))
    found = await post(client, "/signals/churn", all=True, as_of="0001-01-01")
    assert (found["status"], found["total"]) == ("done", 0)
    assert (await get(client, "/signals/churn/model", as_of="0001-01-01"))["status"] == "ready"
