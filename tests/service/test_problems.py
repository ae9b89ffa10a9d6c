"""Errors say what was wrong and where, and tell nothing that is not theirs to tell."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import uuid4

import httpx
import pytest
import structlog
from fastapi import FastAPI, Query
from structlog.testing import capture_logs

from memory.embedder import EmbeddingFailed
from memory.ledger import UnknownCustomer
from server.app import create_app
from server.auth import ScopeDep
from server.bootstrap import ServicesDep
from server.settings import Settings
from server.times import MomentDep, moment
from tests.fakes import HashedWords


def problem_of(answer: httpx.Response, status: int, slug: str) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    problem: dict[str, Any] = answer.json()
    assert (problem["type"], problem["status"]) == (f"/problems/{slug}", status)
    assert problem["title"]
    assert problem["detail"]
    assert problem["request_id"] == answer.headers["x-request-id"]
    return problem


def fields_of(problem: dict[str, Any]) -> list[str]:
    return [error["field"] for error in problem["errors"]]


async def test_an_unknown_address_is_a_problem(client: httpx.AsyncClient) -> None:
    problem_of(await client.get("/nowhere"), 404, "not-found")


async def test_a_wrong_method_is_a_problem_that_names_the_right_ones(client: httpx.AsyncClient) -> None:
    answer = await client.delete("/events")
    problem_of(answer, 405, "method-not-allowed")
    assert answer.headers["allow"] == "GET, POST"


@pytest.mark.parametrize(
    ("settings", "fields"),
    [
        ({"time_zone": "Mars/Olympus"}, ["/time_zone"]),
        ({"now": "soon"}, ["/now"]),
        ({"churn": {"inactive_days": 0, "kind": "x"}}, ["/churn/kind", "/churn/inactive_days"]),
        ({"a/b~c": 1}, ["/a~1b~0c"]),
        ([], [""]),
    ],
)
async def test_wrong_workspace_settings_are_named_by_pointer(
    client: httpx.AsyncClient, settings: Any, fields: list[str]
) -> None:
    problem = problem_of(await client.put("/workspace", json=settings), 422, "invalid-request")
    assert fields_of(problem) == fields
    assert (await client.get("/workspace")).json()["time_zone"] == "UTC"


@pytest.mark.parametrize("body", [b"{", b"\xff"])
async def test_a_body_that_is_no_json_is_told_apart_from_a_wrong_one(client: httpx.AsyncClient, body: bytes) -> None:
    answer = await client.put("/workspace", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"


async def test_workspace_settings_are_kept(client: httpx.AsyncClient) -> None:
    settings = {
        "now": "2012-01-01", "time_zone": "Europe/London", "week_start": "sunday",
        "churn": {
            "kind": "cancel", "inactive_days": 30, "horizon_days": 14, "activity": [], "customers": "everyone",
            "cancel_events": ["Plan Ended"], "bands": {"medium": 0.2, "high": None},
        },
    }  # fmt: skip
    kept = (await client.put("/workspace", json=settings)).json()
    assert {name: kept[name] for name in settings} == settings
    assert (await client.get("/workspace")).json() == kept


@pytest.mark.parametrize("name", ["_system", "", "a b", "a/b", "x" * 65, "ä"])
async def test_a_workspace_that_cannot_be_is_refused(client: httpx.AsyncClient, name: str) -> None:
    answer = await client.get("/workspace", headers={"X-Workspace": name.encode()})  # type: ignore[dict-item]
    assert fields_of(problem_of(answer, 422, "invalid-request")) == ["X-Workspace"]


async def test_the_header_names_the_workspace_where_there_are_no_keys(client: httpx.AsyncClient) -> None:
    other = {"X-Workspace": f"other-of-{client.headers['X-Workspace']}"}
    await client.put("/workspace", json={"week_start": "sunday"}, headers=other)
    assert (await client.get("/workspace")).json()["week_start"] == "monday"
    assert (await client.get("/workspace", headers=other)).json()["week_start"] == "sunday"


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": "Bearer wrong"},
        {"Authorization": "Bearer "},
        {"Authorization": "Bearer one "[:-2]},
        {"Authorization": "Basic !!!"},
        {"Authorization": "Basic " + base64.b64encode(b"\xff\xfe").decode()},
        {"Authorization": "Basic " + base64.b64encode(b":one").decode()},
        {"Authorization": "Digest one"},
        {"X-Workspace": "shop"},
    ],
)
async def test_without_a_known_key_nothing_is_told(serve_app: Any, headers: dict[str, str]) -> None:
    async with serve_app(keys="one=shop") as client:
        for path in ("/workspace", "/export", "/quarantine"):
            answer = await client.get(path, headers=headers)
            problem_of(answer, 401, "unauthorised")
            assert "Bearer" in answer.headers["www-authenticate"]


@pytest.mark.parametrize(
    "value", ["Bearer one", "bearer one", "Basic " + base64.b64encode(b"one:").decode(), "Basic b25lOnNlY3JldA=="]
)
async def test_a_key_is_taken_as_bearer_or_as_user_name(serve_app: Any, value: str) -> None:
    async with serve_app(keys="one=shop") as client:
        assert (await client.get("/workspace", headers={"Authorization": value})).status_code == 200


async def test_keys_keep_workspaces_apart(serve_app: Any) -> None:
    event = {"type": "page", "userId": "c1", "messageId": "m1", "timestamp": "2026-03-01T09:30:00Z"}
    one, two = {"Authorization": "Bearer one"}, {"Authorization": "Bearer two"}
    async with serve_app(keys="one=shop,two=bank") as client:
        for headers in (one, two):
            reply = (await client.post("/events", json=[event, "bad"], headers=headers)).json()
            assert [result["verdict"] for result in reply["results"]] == ["accepted", "quarantined"]
        await client.post("/events", json={**event, "messageId": "m2"}, headers=one)
        await client.put("/workspace", json={"week_start": "sunday"}, headers=one)
        assert len((await client.get("/export", headers=one)).text.splitlines()) == 4
        assert len((await client.get("/export", headers=two)).text.splitlines()) == 3
        assert (await client.get("/quarantine", headers=two)).json()["total"] == 1
        assert (await client.get("/workspace", headers=two)).json()["week_start"] == "monday"


async def test_a_key_does_not_reach_another_workspace_by_naming_it(serve_app: Any) -> None:
    async with serve_app(keys="one=shop,two=bank") as client:
        headers = {"Authorization": "Bearer one", "X-Workspace": "bank"}
        problem_of(await client.get("/export", headers=headers), 403, "forbidden")
        same = {"Authorization": "Bearer one", "X-Workspace": "shop"}
        assert (await client.get("/export", headers=same)).status_code == 200


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "192.168.1.4:8000", "10.0.0.1", "a@b:c"])
async def test_without_keys_other_host_names_are_refused(client: httpx.AsyncClient, host: str) -> None:
    for path in ("/workspace", "/health/live", "/docs"):
        problem_of(await client.get(path, headers={"Host": host}), 421, "misdirected-request")


@pytest.mark.parametrize("host", ["localhost", "localhost:8000", "127.0.0.1:1", "[::1]:8000"])
async def test_without_keys_this_machine_is_answered(client: httpx.AsyncClient, host: str) -> None:
    assert (await client.get("/workspace", headers={"Host": host})).status_code == 200


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://[bad"])
async def test_without_keys_pages_of_other_sites_cannot_post(client: httpx.AsyncClient, origin: str) -> None:
    answer = await client.post("/events", content=b"[]", headers={"Origin": origin, "Content-Type": "text/plain"})
    problem_of(answer, 403, "forbidden")


async def test_without_keys_pages_of_this_machine_can_post(client: httpx.AsyncClient) -> None:
    assert (await client.post("/events", json=[], headers={"Origin": "http://localhost:3000"})).status_code == 200


async def test_with_keys_any_host_name_is_answered(serve_app: Any) -> None:
    async with serve_app(keys="one=shop") as client:
        headers = {"Authorization": "Bearer one", "Host": "memory.example", "Origin": "https://shop.example"}
        assert (await client.get("/workspace", headers=headers)).status_code == 200


@pytest.fixture(scope="module")
async def extended_app(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[FastAPI]:
    """The application with a few addresses more, for errors that come from deep inside."""
    app = create_app(Settings(data_dir=tmp_path_factory.mktemp("extended") / "data"), embedder=HashedWords())

    @app.get("/fails/{how}")
    async def fails(how: str) -> None:
        raise {
            "customer": UnknownCustomer("c-404"),
            "embedding": EmbeddingFailed("cuda:3 is on fire"),
            "bug": RuntimeError("password hunter2"),
        }[how]

    @app.get("/moment")
    async def read_moment(found: MomentDep) -> datetime:
        return found.as_of

    @app.get("/moment/plain")
    async def read_plain(services: ServicesDep, scope: ScopeDep, text: Annotated[str, Query()]) -> datetime:
        return (await moment(services, scope, text)).as_of

    async with app.router.lifespan_context(app):
        yield app


@pytest.fixture
async def extended(extended_app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the extended application, in a workspace of its own."""
    transport = httpx.ASGITransport(extended_app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
        client.headers["X-Workspace"] = uuid4().hex
        yield client


async def test_an_unknown_customer_is_named_by_parameter(extended: httpx.AsyncClient) -> None:
    problem = problem_of(await extended.get("/fails/customer"), 404, "unknown-client")
    assert fields_of(problem) == ["client_id"]
    assert "c-404" in problem["detail"]


async def test_a_failing_model_is_told_without_its_internals(extended: httpx.AsyncClient) -> None:
    answer = await extended.get("/fails/embedding")
    problem_of(answer, 503, "embedding-unavailable")
    assert answer.headers["retry-after"] == "5"
    assert "cuda" not in answer.text


async def test_an_unexpected_error_is_answered_logged_and_not_told(extended: httpx.AsyncClient) -> None:
    with capture_logs() as logs:
        answer = await extended.get("/fails/bug", headers={"X-Request-ID": "r-1"})
    problem_of(answer, 500, "internal-error")
    assert "hunter2" not in answer.text
    assert {"event": "request.failed", "error": "RuntimeError", "request_id": "r-1", "log_level": "error"} in logs


@pytest.mark.parametrize(
    ("as_of", "found"),
    [
        ("2026-03-01T09:30:00Z", "2026-03-01T09:30:00Z"),
        ("2026-03-01T10:30:00+01:00", "2026-03-01T09:30:00Z"),
        ("2026-07-01", "2026-07-01T23:00:00Z"),
        (None, "2012-01-02T00:00:00Z"),
    ],
)
async def test_as_of_is_an_instant_or_a_days_end_or_the_workspaces_present(
    extended: httpx.AsyncClient, as_of: str | None, found: str
) -> None:
    await extended.put("/workspace", json={"time_zone": "Europe/London", "now": "2012-01-01"})
    answer = await extended.get("/moment", params={"as_of": as_of} if as_of else {})
    assert answer.json() == found


async def test_without_a_pinned_clock_the_present_is_now(extended: httpx.AsyncClient) -> None:
    before = datetime.now(UTC)
    found = datetime.fromisoformat((await extended.get("/moment")).json())
    assert before <= found <= datetime.now(UTC)


@pytest.mark.parametrize("as_of", ["soon", "", "2026-02-30", "1850-01-01T00:00:00Z", "9" * 400])
async def test_what_is_no_time_is_a_problem_of_as_of(extended: httpx.AsyncClient, as_of: str) -> None:
    for path, name in (("/moment", "as_of"), ("/moment/plain", "text")):
        answer = await extended.get(path, params={name: as_of})
        assert fields_of(problem_of(answer, 422, "invalid-request")) == ["as_of"]


@pytest.mark.parametrize(("sent", "kept"), [("r-1.a", True), ("two words", False), ("x" * 65, False), ("", False)])
async def test_a_callers_request_id_comes_back_if_it_is_harmless(
    client: httpx.AsyncClient, sent: str, kept: bool
) -> None:
    found = (await client.get("/health/live", headers={"X-Request-ID": sent})).headers["x-request-id"]
    assert (found == sent) == kept
    assert kept or re.fullmatch("[0-9a-f]{32}", found)


async def test_the_log_of_a_request_names_no_customer(extended: httpx.AsyncClient) -> None:
    # Whoever ran before may have set a level that leaves requests out.
    structlog.reset_defaults()
    with capture_logs() as logs:
        await extended.get("/fails/customer?email=anna@example.com")
        await extended.get("/clients/anna@example.com/unknown")
        await extended.get("/anna@example.com")
        await extended.post("/events", json={"event": "Signed Up", "userId": "anna@example.com"})
    lines = [entry for entry in logs if entry["event"] == "request"]
    assert [(line["method"], line["path"], line["status"]) for line in lines] == [
        ("GET", "/fails/{how}", 404), ("GET", "/clients/{client_id}", 404), ("GET", "unmatched", 404),
        ("POST", "/events", 200),
    ]  # fmt: skip
    assert all(line["ms"] >= 0 for line in lines)
    assert "anna" not in json.dumps(logs)


async def test_a_parameter_that_an_address_does_not_have_is_refused_by_name(client: httpx.AsyncClient) -> None:
    for path, known in (
        ("/clients?asof=2020-01-01", "active_days_max, as_of, band"),
        ("/clients/ada?As_Of=2020-01-01", "as_of"),
    ):
        problem = problem_of(await client.get(path), 422, "invalid-request")
        (error,) = problem["errors"]
        assert (error["field"].lower().replace("_", ""), error["reason"]) == ("asof", "unknown_parameter")
        assert f"it has {known}" in error["detail"]
    problem = problem_of(await client.post("/events?a=1&b=2&a=3", json=[]), 422, "invalid-request")
    assert fields_of(problem) == ["a", "b"]
    assert problem["detail"] == "; ".join(f"{name}: no parameter of this address; it has none" for name in "ab")


async def test_parameters_of_a_route_and_of_what_it_depends_on_are_taken(client: httpx.AsyncClient) -> None:
    assert (await client.get("/clients?as_of=2020-01-01&limit=3&stage=lead&stage=customer")).status_code == 200


async def test_the_description_lists_problems_and_keys(client: httpx.AsyncClient) -> None:
    described = (await client.get("/openapi.json")).json()
    refusal = described["paths"]["/events"]["post"]["responses"]["422"]["content"]
    assert list(refusal) == ["application/problem+json"]
    assert "errors" in described["components"]["schemas"]["Problem"]["properties"]
    assert {"key", "write_key"} == set(described["components"]["securitySchemes"])
    assert (await client.get("/docs")).status_code == 200
