"""The Model Context Protocol: the SDK's own client, over HTTP and over standard input and output."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import httpx2
import pytest
from mcp import Client, MCPError, StdioServerParameters
from mcp.client.streamable_http import streamable_http_client

from memory.data_dir import open_data_dir
from memory.store import StoreUnavailable
from server.mcp.offers import MAX_RESULT_BYTES, OFFERS
from server.settings import ENV_PREFIX
from tests.builders import item
from tests.fakes import HashedWords
from tests.service.conftest import Launch, Launched, Serve
from tools.registry import TOOLS

ROOT = Path(__file__).parents[2]
#: The command as it is, but for torch.
COMMAND = """
import sys
from functools import partial
from server.app import create_app
from server.cli import connection, main
from tests.fakes import HashedWords
connection.create_app = partial(create_app, embedder=HashedWords())
sys.argv[1:1] = ["mcp"]
main.main()
"""
AS_OF = {"as_of": "2026-03-01"}
#: A call of each tool that finds something.
CALLS: dict[str, dict[str, Any]] = {
    "recall": {"query": "broken lamp"},
    "timeline": {"client_id": "ada"},
    "search_events": {"titles": ["Order Completed"]},
    "profile": {"client_id": "ada"},
    "measure": {"titles": ["Order Completed"], "by": "customer"},
    "cohort": {"sort": "value"},
    "churn": {"client_id": "ada"},
    "recommend": {"client_id": "ada"},
    "similar": {"client_id": "ada"},
    "ask": {"question": "How many orders has customer ada placed?"},
}


def life(who: str = "ada", thing: str = "lamp") -> list[dict[str, Any]]:
    bought = {"revenue": 10, "currency": "EUR", "products": [{"name": f"{thing}"}]}
    complaint = f"the {thing} is broken, call +44 20 7946 0958"
    return [
        item("", "2026-01-01", who, type="identify", traits={"name": "Ada Stone", "email": f"{who}@private.example"}),
        item("Order Completed", "2026-01-02", who, properties=bought),
        item("Support Ticket Opened", "2026-01-05", who, properties={"message": complaint}),
        item("Order Completed", "2026-02-02", who, properties=bought),
    ]


def sent(url: str, events: list[dict[str, Any]], **headers: str) -> None:
    reply = httpx.post(f"{url}/events", json=events, headers=headers).raise_for_status()
    assert reply.json()["counts"]["accepted"] == len(events)


async def plainly(method: str, url: str, **given: Any) -> httpx.Response:
    """A request that is none of the protocol's client."""
    async with httpx.AsyncClient(timeout=30) as http:
        return await http.request(method, url, **given)


@asynccontextmanager
async def over_http(url: str, era: str = "auto", **headers: str) -> AsyncIterator[Client]:
    """A client of the server; `legacy` shakes hands as until 2025, `auto` finds that it need not."""
    async with httpx2.AsyncClient(headers=headers, timeout=30) as http:
        transport = streamable_http_client(f"{url}/mcp", http_client=http)
        async with Client(transport, mode=era) as client:
            yield client


def command(data_dir: Path, *arguments: str, **settings: str) -> StdioServerParameters:
    env = {f"{ENV_PREFIX}{name.upper()}": value for name, value in {**settings, "data_dir": str(data_dir)}.items()}
    return StdioServerParameters(command=sys.executable, args=["-c", COMMAND, *arguments], env=env, cwd=ROOT)


@pytest.fixture(scope="module")
def shop(live_server: Launched) -> str:
    """A workspace of the shared server that nothing is added to."""
    name = f"mcp-{uuid4().hex}"
    sent(live_server.url, life(), **{"X-Workspace": name})
    return name


class EachTime:
    """Calls tools over HTTP, each by a client of its own: what a client opens is closed in the task that opened it."""

    def __init__(self, url: str, workspace: str) -> None:
        self._url = url
        self._headers = {"X-Workspace": workspace}

    async def call_tool(self, name: str, arguments: dict[str, Any]) -> Any:
        async with over_http(self._url, **self._headers) as client:
            return await client.call_tool(name, arguments)


@pytest.fixture
def client(live_server: Launched, shop: str) -> EachTime:
    return EachTime(live_server.url, shop)


async def found(client: Client | EachTime, name: str, /, **arguments: Any) -> dict[str, Any]:
    result = await client.call_tool(name, arguments)
    assert not result.is_error, result.content
    values: dict[str, Any] = result.structured_content
    return values


async def refused(client: Client | EachTime, name: str, /, **arguments: Any) -> dict[str, Any]:
    """What a client is told that goes wrong: a result that says so, never a crash."""
    result = await client.call_tool(name, arguments)
    assert result.is_error, result.structured_content
    told: dict[str, Any] = result.structured_content
    assert [each.text for each in result.content] == [told["error"]]  # type: ignore[union-attr]
    return told


@pytest.mark.parametrize(("road", "era"), [
    ("http", "legacy"), ("http", "auto"), ("stdio with a server", "auto"), ("stdio alone", "legacy"),
])  # fmt: skip
async def test_every_road_offers_each_tool_to_read_with(
    live_server: Launched, tmp_path: Path, road: str, era: str
) -> None:
    async with AsyncExitStack() as stack:
        if road == "http":
            client = await stack.enter_async_context(over_http(live_server.url, era))
        else:
            folder = live_server.data_dir if road == "stdio with a server" else tmp_path / "data"
            client = await stack.enter_async_context(Client(command(folder), mode=era))
        tools = (await client.list_tools()).tools
        assert client.server_info.name == "throughline"
    assert [tool.name for tool in tools] == [*(tool.name for tool in TOOLS), "ask"]
    for tool in tools:
        assert tool.annotations
        assert (tool.annotations.read_only_hint, tool.annotations.destructive_hint) == (True, False)
        assert {"type", "properties"} <= tool.input_schema.keys()
        assert "as_of" in tool.input_schema["properties"]
        assert not {"workspace", "known_at"} & tool.input_schema["properties"].keys()


def test_what_is_offered_has_the_arguments_of_the_tool() -> None:
    for offer, tool in zip(OFFERS, TOOLS, strict=False):
        assert offer.schema["properties"].keys() == {*tool.args.model_fields, "as_of"}
        assert offer.schema["additionalProperties"] is False


@pytest.mark.parametrize("name", CALLS)
async def test_each_tool_finds_something_and_says_it_as_data_and_as_text(client: EachTime, name: str) -> None:
    result = await client.call_tool(name, {**CALLS[name], **AS_OF})
    assert not result.is_error, result.content
    assert json.loads(result.content[0].text) == result.structured_content  # type: ignore[union-attr]
    assert result.structured_content["as_of"] == "2026-03-02T00:00:00Z"
    if name != "recommend":
        assert "ada" in result.content[0].text  # type: ignore[union-attr]


async def test_the_analyst_answers_with_citations_and_facts_and_keeps_nothing(
    live_server: Launched, client: EachTime, shop: str
) -> None:
    answer = await found(client, "ask", **CALLS["ask"], **AS_OF)
    assert "2" in answer["answer"]
    assert {each["customer_id"] for each in answer["citations"]} == {"ada"}
    assert 2 in [fact["value"] for fact in answer["facts"]]
    assert (answer["mode"], "thread_id" in answer) == ("deterministic", False)
    threads = await plainly("GET", f"{live_server.url}/threads", headers={"X-Workspace": shop})
    assert threads.json()["threads"] == []


async def test_a_question_held_to_one_customer_sees_nobody_else(live_server: Launched) -> None:
    headers = {"X-Workspace": f"mcp-{uuid4().hex}"}
    sent(live_server.url, [*life("ada"), *life("bob", "sofa")], **headers)
    async with over_http(live_server.url, **headers) as client:
        answer = await found(client, "ask", question="Who complained about the sofa?", client_id="ada")
        assert "bob" not in json.dumps(answer["citations"] + answer["facts"])
        assert "bob" in json.dumps(await found(client, "ask", question="Who complained about the sofa?"))


@pytest.mark.parametrize(("name", "arguments", "field"), [
    ("timeline", {"client_id": "ada", "limit": 501}, "limit"),
    ("timeline", {"client_id": "ada", "since": "2026-01-01T00:00:00"}, "since"),
    ("timeline", {"client_id": "ada", "stage": "famous"}, "stage"),
    ("measure", {"measure": "distinct"}, "of"),
    ("profile", {"client_id": "ada", "workspace": "other"}, "workspace"),
    ("profile", {"client_id": "ada", "as_of": "soon"}, "as_of"),
    ("profile", {"client_id": "ada", "as_of": 5}, "as_of"),
    ("profile", {"client_id": "nobody"}, "client_id"),
    ("ask", {"question": "  "}, "question"),
    ("ask", {"question": "Who?", "client_id": "nobody"}, "client_id"),
    ("recall", {}, "query"),
])  # fmt: skip
async def test_a_wrong_argument_is_named_with_the_reason(
    client: EachTime, name: str, arguments: dict[str, Any], field: str
) -> None:
    told = await refused(client, name, **arguments)
    assert [each["field"] for each in told["errors"]] == [field]
    assert told["errors"][0]["detail"] in told["error"]


async def test_a_tool_that_is_not_there_is_an_error_of_the_protocol(live_server: Launched) -> None:
    async with over_http(live_server.url) as client:
        with pytest.raises(MCPError, match="no tool 'erase'"):
            await client.call_tool("erase", {})


async def test_what_lies_after_as_of_is_not_seen(client: EachTime) -> None:
    before = await found(client, "timeline", client_id="ada", as_of="2026-01-04")
    assert (before["total"], before["entries"][0]["title"]) == (2, "Order Completed")
    assert "broken" not in json.dumps(await found(client, "recall", query="broken lamp", as_of="2026-01-04"))
    assert "broken" in json.dumps(await found(client, "recall", query="broken lamp", as_of="2026-01-06"))


async def test_an_event_stands_in_a_result_once_without_personal_data(client: EachTime) -> None:
    timeline = await found(client, "timeline", client_id="ada", **AS_OF)
    assert (len(timeline["entries"]), timeline["passages"]) == (4, [])
    told = json.dumps([timeline, await found(client, "profile", client_id="ada", **AS_OF)])
    assert "[phone]" in told
    assert "7946" not in told
    assert "private.example" not in told


async def test_a_result_too_long_for_a_model_is_refused_with_what_to_change(live_server: Launched) -> None:
    headers = {"X-Workspace": f"mcp-{uuid4().hex}"}
    words = "the lamp broke again " * 200
    events = [item("Note", f"2026-01-{n % 27 + 1:02}T00:00:{n % 60:02}Z", "ada", properties={"message": f"{n} {words}"},
                   messageId=f"m{n}") for n in range(120)]  # fmt: skip
    sent(live_server.url, events, **headers)
    async with over_http(live_server.url, **headers) as client:
        told = await refused(client, "timeline", client_id="ada", limit=120)
        assert told["errors"][0]["field"] == "limit"
        short = await client.call_tool("timeline", {"client_id": "ada"})
        assert not short.is_error
        assert len(short.content[0].text) <= MAX_RESULT_BYTES  # type: ignore[union-attr]


async def test_an_erased_customer_is_gone_by_this_road(live_server: Launched) -> None:
    headers = {"X-Workspace": f"mcp-{uuid4().hex}"}
    sent(live_server.url, [*life("ada-7f3", "zebra-sofa"), *life("bob")], **headers)
    async with over_http(live_server.url, **headers) as client:
        calls = [(name, {key: "ada-7f3" if each == "ada" else each for key, each in arguments.items()})
                 for name, arguments in CALLS.items()]  # fmt: skip
        before = [(await client.call_tool(name, given)).content[0].text for name, given in calls]  # type: ignore[union-attr]
        assert "zebra-sofa" in "".join(before)
        (await plainly("DELETE", f"{live_server.url}/clients/ada-7f3", headers=headers)).raise_for_status()
        for name, given in calls:
            result = await client.call_tool(name, given)
            assert "zebra" not in json.dumps(result.structured_content), name


async def test_conversations_at_once_see_each_its_own_workspace(live_server: Launched) -> None:
    names = [f"mcp-{uuid4().hex}" for _ in range(4)]
    for number, name in enumerate(names):
        sent(live_server.url, life(f"only-{number}"), **{"X-Workspace": name})

    async def seen(number: int) -> list[str]:
        async with over_http(live_server.url, **{"X-Workspace": names[number]}) as client:
            results = await asyncio.gather(*(found(client, "cohort") for _ in range(10)))
            return [row["client_id"] for result in results for row in result["customers"]]

    assert await asyncio.gather(*map(seen, range(4))) == [[f"only-{number}"] * 10 for number in range(4)]


@pytest.fixture(scope="module")
def guarded(launch: Launch, tmp_path_factory: pytest.TempPathFactory) -> tuple[Launched, dict[str, str]]:
    """A server with keys of two workspaces, `bank` and `shop`, and of `shop` one for each scope."""
    server = launch(tmp_path_factory.mktemp("guarded") / "data", keys="all-of-shop=shop,all-of-bank=bank")
    keys = {"shop": "all-of-shop", "bank": "all-of-bank"}
    for scope in ("ingest", "read"):
        reply = httpx.post(f"{server.url}/keys", json={"scopes": [scope]}, headers=bearer("all-of-shop"))
        keys[scope] = reply.raise_for_status().json()["key"]
    sent(server.url, life("of-shop"), **bearer("all-of-shop"))
    sent(server.url, life("of-bank"), **bearer("all-of-bank"))
    return server, keys


def bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


LIST = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
ACCEPT = {"Accept": "application/json, text/event-stream"}


@pytest.mark.parametrize(("headers", "status"), [
    ({}, 401), (bearer("wrong"), 401), (bearer("{ingest}"), 403), ({**bearer("{shop}"), "X-Workspace": "bank"}, 403),
])  # fmt: skip
async def test_who_may_not_read_is_told_so_before_a_word_of_the_protocol(
    guarded: tuple[Launched, dict[str, str]], headers: dict[str, str], status: int
) -> None:
    server, keys = guarded
    given = {name: value.format(**keys) for name, value in headers.items()}
    reply = await plainly("POST", f"{server.url}/mcp", json=LIST, headers={**ACCEPT, **given})
    assert (reply.status_code, reply.headers["content-type"]) == (status, "application/problem+json")
    with pytest.raises((MCPError, ExceptionGroup)):
        async with over_http(server.url, **given) as client:
            await client.list_tools()


@pytest.mark.parametrize(("road", "key", "whose"), [
    ("http", "read", "of-shop"), ("http", "shop", "of-shop"), ("http", "bank", "of-bank"), ("stdio", "read", "of-shop"),
])  # fmt: skip
async def test_a_key_decides_the_workspace(
    guarded: tuple[Launched, dict[str, str]], road: str, key: str, whose: str
) -> None:
    server, keys = guarded
    async with AsyncExitStack() as stack:
        if road == "http":
            client = await stack.enter_async_context(over_http(server.url, **bearer(keys[key])))
        else:
            client = await stack.enter_async_context(Client(command(server.data_dir, key=keys[key])))
        assert [row["client_id"] for row in (await found(client, "cohort"))["customers"]] == [whose]


async def test_a_page_of_another_site_cannot_reach_in(live_server: Launched) -> None:
    for headers, status in (({"Host": "evil.example"}, 421), ({"Origin": "http://evil.example"}, 403)):
        reply = await plainly("POST", f"{live_server.url}/mcp", json=LIST, headers={**ACCEPT, **headers})
        assert (reply.status_code, reply.headers["content-type"]) == (status, "application/problem+json")


class AwayStore:
    """A store of a data directory that does not answer while it is `away`."""

    def __init__(self, data_dir: Path) -> None:
        self._store = open_data_dir(data_dir, HashedWords.dimensions)
        self.away = False

    def __getattr__(self, name: str) -> Any:
        if self.away:
            raise StoreUnavailable("away")
        return getattr(self._store, name)


async def test_a_store_that_does_not_answer_fails_the_call_and_nothing_else(serve_app: Serve, tmp_path: Path) -> None:
    store: Any = AwayStore(tmp_path / "data")
    async with serve_app(store=store) as client:
        await client.post("/events", json=life())
        asked = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "cohort", "arguments": {}}}
        headers = {**ACCEPT, "X-Workspace": "never-read", "MCP-Protocol-Version": "2025-11-25"}
        store.away = True
        failed = (await client.post("/mcp", json=asked, headers=headers)).json()["result"]
        store.away = False
        assert failed["isError"]
        assert "The store does not answer" in failed["content"][0]["text"]
        assert not (await client.post("/mcp", json=asked, headers=headers)).json()["result"].get("isError")


@pytest.mark.parametrize("method", ["GET", "DELETE", "PUT"])
async def test_there_are_no_sessions_to_listen_to_or_to_end(live_server: Launched, method: str) -> None:
    reply = await plainly(method, f"{live_server.url}/mcp", headers=ACCEPT)
    assert (reply.status_code, reply.headers["allow"]) == (405, "POST")


@pytest.mark.parametrize(("body", "status"), [(b"{", 400), (b"[]", 400), (b"x" * 17_000_000, 413)])
async def test_a_body_that_cannot_be_used_is_refused(live_server: Launched, body: bytes, status: int) -> None:
    headers = {**ACCEPT, "Content-Type": "application/json"}
    reply = await plainly("POST", f"{live_server.url}/mcp", content=body, headers=headers)
    assert reply.status_code == status


async def test_both_roads_tell_the_same(live_server: Launched, client: EachTime, shop: str) -> None:
    async with Client(command(live_server.data_dir, "-w", shop)) as other:
        for name in ("timeline", "measure", "churn"):
            asked = {**CALLS[name], **AS_OF}
            assert await found(client, name, **asked) == await found(other, name, **asked)
        assert await refused(client, "profile") == await refused(other, "profile")
        with pytest.raises(MCPError, match="no tool 'erase'"):
            await other.call_tool("erase", {})


HELLO = {
    "jsonrpc": "2.0", "id": 1, "method": "initialize",
    "params": {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}},
}  # fmt: skip


def started(given: StdioServerParameters) -> subprocess.Popen[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(ENV_PREFIX)}
    return subprocess.Popen(
        [given.command, *given.args], env={**kept, **(given.env or {})}, cwd=given.cwd, text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip


def test_the_command_says_nothing_but_the_protocol_and_ends_with_its_input(tmp_path: Path) -> None:
    process = started(command(tmp_path / "data"))
    said, _ = process.communicate(json.dumps(HELLO) + "\n", timeout=30)
    assert [json.loads(line)["result"]["serverInfo"]["name"] for line in said.splitlines()] == ["throughline"]
    assert process.returncode == 0


@pytest.mark.parametrize("told", [signal.SIGTERM, signal.SIGINT])
def test_the_command_ends_when_it_is_told_to(tmp_path: Path, told: signal.Signals) -> None:
    process = started(command(tmp_path / "data"))
    assert process.stdin
    assert process.stdout
    process.stdin.write(json.dumps(HELLO) + "\n")
    process.stdin.flush()
    assert process.stdout.readline()
    process.send_signal(told)
    assert process.wait(timeout=30) == -told
    process.communicate()


def test_a_command_that_cannot_pass_calls_on_says_so_at_once(
    guarded: tuple[Launched, dict[str, str]], tmp_path: Path
) -> None:
    server, keys = guarded
    for given, told in (
        (command(server.data_dir, key=keys["ingest"]), "the scope read"),
        (command(tmp_path / "data", "--url", "http://127.0.0.1:9"), "did not answer"),
    ):
        process = started(given)
        said, error = process.communicate(timeout=30)
        assert (process.returncode, said) == (1, "")
        assert told in " ".join(error.split())


def test_a_server_that_nobody_speaks_to_so_does_not_load_the_sdk() -> None:
    code = "import sys, server.app, server.cli.main; sys.exit('mcp.server' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0
