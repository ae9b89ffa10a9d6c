"""Erasure, suppression and aliases where the data lie on a Qdrant server: what the embedded form promises, and 409."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from memory.holders import PointHolder
from memory.qdrant_store import open_qdrant
from server.app import create_app
from server.settings import Settings
from tests.fakes import HashedWords

# The scenarios themselves, collected here too; they find the `shared_app` below.
from tests.laws.test_erased_is_gone import (
    bring_in,
    lines,
    test_a_user_whose_id_was_her_device_is_somebody_else,
    test_an_answer_in_the_making_when_she_is_erased_is_not_kept,
    test_an_erased_customer_is_gone_by_every_road,
    test_an_older_copy_brings_nobody_back,
    test_conflicts_quarantine_and_an_operators_word_go_too,
    test_erasing_her_takes_nobody_along_who_shared_an_id,
    test_every_kind_of_point_that_is_personal_has_a_holder,
    test_her_own_copy_holds_all_that_is_erased,
    test_later_events_of_hers_are_counted_and_not_kept,
    test_somebody_else_on_her_device_keeps_their_event_but_not_her_id,
    test_suppression_travels_with_an_export,
)
from tests.laws.test_erased_is_gone import test_an_erasure_that_races_with_intake_leaves_nothing as racing
from tests.service.test_aliases_api import (
    test_a_correction_is_not_known_before_it_was_made,
    test_an_alias_call_renames_a_customer_and_chains_hold,
    test_an_id_belongs_to_whom_it_was_first_joined_with,
    test_an_operator_joins_it_again,
    test_an_undone_join_does_not_come_back_with_the_next_event,
    test_before_the_join_there_are_two_people,
    test_undoing_a_join_restores_both_histories_exactly,
    test_where_accounts_are_the_customers_users_lead_to_them,
)
from tests.service.test_store_contract import LocalServer
from tests.talk import refused, talk

__all__ = [
    "test_a_correction_is_not_known_before_it_was_made",
    "test_a_user_whose_id_was_her_device_is_somebody_else",
    "test_an_alias_call_renames_a_customer_and_chains_hold",
    "test_an_answer_in_the_making_when_she_is_erased_is_not_kept",
    "test_an_erased_customer_is_gone_by_every_road",
    "test_an_id_belongs_to_whom_it_was_first_joined_with",
    "test_an_older_copy_brings_nobody_back",
    "test_an_operator_joins_it_again",
    "test_an_undone_join_does_not_come_back_with_the_next_event",
    "test_before_the_join_there_are_two_people",
    "test_conflicts_quarantine_and_an_operators_word_go_too",
    "test_erasing_her_takes_nobody_along_who_shared_an_id",
    "test_every_kind_of_point_that_is_personal_has_a_holder",
    "test_her_own_copy_holds_all_that_is_erased",
    "test_later_events_of_hers_are_counted_and_not_kept",
    "test_somebody_else_on_her_device_keeps_their_event_but_not_her_id",
    "test_suppression_travels_with_an_export",
    "test_undoing_a_join_restores_both_histories_exactly",
    "test_where_accounts_are_the_customers_users_lead_to_them",
]

pytestmark = [
    pytest.mark.filterwarnings("ignore:Local mode performs exact:UserWarning"),
    pytest.mark.filterwarnings("ignore:Payload indexes have no effect:UserWarning"),
]


class LastingServer(LocalServer):
    """A server that outlives those who were connected to it."""

    async def close(self, grpc_grace: float | None = None, **kwargs: object) -> None:
        pass


@asynccontextmanager
async def started(server: LocalServer, data_dir: Path) -> AsyncIterator[FastAPI]:
    """An application on this server; its URL says that other processes may write there, and is never called."""
    embedder = HashedWords()
    store = await open_qdrant("", None, embedder.dimensions, client=server)
    app = create_app(Settings(data_dir=data_dir, qdrant_url="http://127.0.0.1:1"), embedder=embedder, store=store)
    async with app.router.lifespan_context(app):
        yield app


@pytest.fixture
async def shared_app(tmp_path: Path) -> AsyncIterator[FastAPI]:
    """As the one of the same name, in the server form; a fresh one each time, for local mode slows as it fills."""
    async with started(LocalServer(), tmp_path) as app:
        yield app


@pytest.mark.parametrize("cuts", [[0, 0, 0, 0], [0, 1, 2, 3], [5, 0, 1, 4], [3, 3, 3, 3]])
async def test_an_erasure_that_races_with_intake_leaves_nothing(shared_app: FastAPI, cuts: list[int]) -> None:
    await racing.hypothesis.inner_test(shared_app, cuts)  # type: ignore[attr-defined]


async def test_purging_on_demand_is_refused_where_the_store_does_it_by_itself(client: httpx.AsyncClient) -> None:
    await bring_in(client)
    receipt = (await client.delete("/clients/ada-7f3")).json()
    problem = refused(await client.post("/compact"), 409)
    assert problem["type"] == "/problems/purged-elsewhere"
    # Nothing is said of bytes that nobody here can look at.
    assert (await client.get(f"/erasures/{receipt['receipt_id']}")).json()["purge_pending"] is True


async def test_an_erasure_at_one_replica_holds_at_the_others_at_once(tmp_path: Path) -> None:
    server = LastingServer()
    async with (
        started(server, tmp_path / "one") as one, started(server, tmp_path / "two") as two,
        talk(one, "shop") as here, talk(two, "shop") as there,
    ):  # fmt: skip
        await bring_in(here)
        assert (await there.get("/clients/visitor-ada-91")).json()["client_id"] == "ada-7f3"
        await here.delete("/clients/ada-7f3")
        for path in ("/clients/ada-7f3", "/clients/visitor-ada-91/timeline", "/clients/ada-7f3/memory?query=zebra"):
            assert (await there.get(path)).status_code == 404
        sent = {"event": "Back", "userId": "ada-7f3", "timestamp": "2026-02-01T00:00:00Z"}
        assert (await there.post("/events", json=sent)).json()["counts"]["suppressed"] == 1
        assert await lines(there) == await lines(here)


async def test_an_erasure_cut_short_is_finished_by_the_next_that_starts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = LastingServer()
    async with started(server, tmp_path / "one") as app, talk(app, "shop") as client:
        await bring_in(client)

        async def killed(*_: object) -> int:
            raise RuntimeError("killed")

        # As if the process had ended between the suppression and the first deletion.
        monkeypatch.setattr(PointHolder, "erase", killed)
        assert (await client.delete("/clients/ada-7f3")).status_code == 500
        monkeypatch.undo()
    async with started(server, tmp_path / "two") as app, talk(app, "shop") as client:
        for _ in range(200):
            if (await client.get("/erasures")).json()["receipts"]:
                break
            await asyncio.sleep(0.02)
        assert (await client.get("/clients/ada-7f3")).status_code == 404
        assert (await client.delete("/clients/former-ada-55")).json()["erased"]["events"] == 5
