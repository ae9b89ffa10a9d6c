"""/openapi.json keeps its word: no 5xx, no status, type or shape that it does not tell, whatever is sent."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from typing import Any
from zlib import crc32

import orjson
import pytest
import schemathesis
from fastapi import FastAPI
from hypothesis import settings
from schemathesis.checks import not_a_server_error
from schemathesis.config import SchemathesisConfig
from schemathesis.python.asgi import get_client, shutdown_lifespans
from schemathesis.specs.openapi.checks import (
    allow_header_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)

from memory.given import Given
from server.app import create_app
from server.settings import Settings
from tests.builders import at, item
from tests.decisions import decided
from tests.fakes import HashedWords

#: Beside the values at the edges of each field; --hypothesis-profile=thorough takes more of both.
MAX_EXAMPLES, THOROUGH_EXAMPLES = 4, 150
URL = "http://127.0.0.1"
# Whether data are refused is not looked at: an item that can be parsed never is, and a text may or may not be a time.
CHECKS = [
    not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance,
    response_headers_conformance,
]  # fmt: skip
OF_METHODS = [unsupported_method, allow_header_conformance]
#: An id may have slashes, or be the word that another address ends in: what is no method there is one of the id's.
SHARED = (
    "/clients/{client_id}", "/quarantine/replay", "/quarantine/discard", "/quarantine/resolutions", "/webhooks/dead",
    "/signals/churn/overrides",
)  # fmt: skip

#: These read what they are sent as another one does, which gets every edge of every field.
ALIKE = "^/v1/(identify|page|screen|group|alias|import)$|^/(capture|e|i/v0/e)/$"
THOROUGH = settings.get_current_profile_name() == "thorough"
EDGES = {"operations": [{"include-path-regex": ALIKE, "phases": {"coverage": {"enabled": THOROUGH}}}]}
EXAMPLES = {"generation": {"max-examples": THOROUGH_EXAMPLES if THOROUGH else MAX_EXAMPLES}}
CONFIG = SchemathesisConfig.from_dict({**EXAMPLES, **EDGES})
SCHEMA = schemathesis.openapi.from_dict(create_app(Settings(_env_file=None)).openapi(), config=CONFIG)


@schemathesis.serializer("application/x-ndjson")
def _lines(ctx: Any, value: Any) -> bytes:
    return str(value).encode(errors="surrogatepass")


def key_of(label: str) -> str:
    """The key of an operation, and the name of the workspace that it opens: nothing done by one meets another."""
    return f"w{sha256(label.encode()).hexdigest()[:12]}"


@dataclass
class Contract:
    """The application, and per workspace the values by name that stand for something there."""

    app: FastAPI
    known: dict[str, dict[str, list[Any]]]


@pytest.fixture(scope="module")
def contract(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Contract]:
    labels = [found.ok().label for found in SCHEMA.get_all_operations()]
    keys = {key_of(label): key_of(label) for label in labels}
    # A webhook that leads to this machine can be tested without a network.
    data_dir = tmp_path_factory.mktemp("contract")
    settings = Settings(data_dir=data_dir, keys=keys, webhook_allow_private=True, scoring_every_s=0)
    app = create_app(settings, embedder=HashedWords())
    yield Contract(app, {})
    shutdown_lifespans()


def settle_in(app: FastAPI, key: str) -> dict[str, list[Any]]:
    """Fill a workspace with something of every kind."""
    people = [f"c{n}" for n in range(4)]
    ids = [*people, "v-c0", "gone", "a/b"]
    with get_client(app) as client:
        client.headers["Authorization"] = f"Bearer {key}"

        def call(method: str, path: str, **sent: Any) -> Any:
            reply = client.request(method, path, **sent)
            assert reply.ok, reply.text
            return reply

        events = [
            item(title, "2026-01-05", who, anonymousId=f"v-{who}", messageId=f"{who}-{title}")
            for who in [*people, "gone"]
            for title in ("Order Completed", "Signed In")
        ]
        conflict = {**events[0], "properties": {"revenue": 6}}
        broken = [{"event": "Broken", "userId": who, "timestamp": "soon"} for who in people]
        call("POST", "/events", json=[*events, conflict, *broken])
        receipt = call("DELETE", "/clients/gone").json()["receipt_id"]
        quarantined = [each["sha256"] for each in call("GET", "/quarantine").json()["items"]]
        call("DELETE", f"/quarantine/{quarantined.pop()}")
        made = [call("POST", "/keys", json={"scopes": ["read"]}).json()["id"] for _ in range(2)]
        hooks = [
            call("POST", "/webhooks", json={"url": url, "events": ["churn.band_changed"]}).json()["id"]
            for url in ["http://127.0.0.1:1/", "http://[::1]:1/"]
        ]
        call("PUT", "/signals/churn/overrides/c1", json={
            "band": "high", "author": "Eve", "reason": "told me", "expires_at": "2100-01-01"
        })  # fmt: skip
        given = [decided(who, made=at("2026-01-10"), id=f"given-{who}") for who in people]
        call("POST", "/import", data=b"\n".join([call("GET", "/export").content.split(b"\n")[0], *map(line_of, given)]))
        everybody = {"all": True, "as_of": "2026-02-01"}
        jobs = [call("POST", "/signals/churn", json=everybody).json() for _ in range(2)]
        return {
            "job": [each["job"] for each in jobs], "version": [jobs[0]["model"]], "expires_at": ["2100-01-01"],
            "client_id": ids, "customer_id": ids, "userId": ids, "id": quarantined, "ids": quarantined,
            "as_of": ["2026-02-01"], "known_at": ["2100-01-01"],
            "alias": [f"v-{who}" for who in people], "client_ids": people, "key_id": made, "receipt_id": [receipt],
            "message_id": ["c0-Signed In", "c0-Order Completed"], "timestamp": ["2026-01-07T00:00:00Z"],
            "webhook_id": hooks, "stage": ["visitor"], "stages": ["customer"], "band": ["low"], "bands": ["high"],
            "recommendation_id": [each.id for each in given], "verdict": ["rejected"],
            "cursor": ["c3", "c3-Signed In"], "application/x-ndjson": [call("GET", "/export").text],
        }  # fmt: skip


def line_of(given: Given) -> bytes:
    """A recommendation as a line of an export."""
    control = given.control
    return orjson.dumps({"kind": control.kind, "key": control.key, "data": orjson.dumps(control.data).decode()})


def with_known(name: str, value: Any, known: dict[str, list[Any]]) -> Any:
    """The value, or one that stands for something; which of them depends on the value alone."""
    mark = crc32(repr(value).encode())
    if name not in known or value is None or mark % 3 == 0:
        return value
    chosen = known[name][mark // 3 % len(known[name])]
    return [chosen] if isinstance(value, list) else chosen


def bring_to_life(case: schemathesis.Case, known: dict[str, list[Any]]) -> None:
    """Let some of the generated values mean something in the workspace."""
    for part in (case.path_parameters, case.query, case.body):
        if isinstance(part, dict):
            part.update({name: with_known(name, value, known) for name, value in part.items()})
    if case.media_type in known:
        case.body = with_known(case.media_type, case.body, known)


@SCHEMA.parametrize()
def test_an_operation_answers_as_its_description_says(case: schemathesis.Case, contract: Contract) -> None:
    label = case.operation.label
    key = key_of(label)
    if key not in contract.known:
        contract.known[key] = settle_in(contract.app, key)
    bring_to_life(case, contract.known[key])
    checks = CHECKS if case.operation.path.startswith(SHARED) else [*CHECKS, *OF_METHODS]
    # Of other workspaces nothing but a refusal could be seen.
    headers = {"Authorization": f"Bearer {key}", "X-Workspace": key}
    case.call_and_validate(base_url=URL, app=contract.app, headers=headers, checks=checks)


#: What no description could make anybody send.
ODD = [
    b"", b"\xff", b"\x00", b"9" * 5_000, b"[" * 3_000, b'{"item": ' * 3_000, b"1e999", b"NaN", b"null", b"[null]",
    b'"\\ud800"', b'{"message": "\\ud800", "customer_id": "\\u0000"}', b'{"client_ids": ["\\ud800"]}',
    b'{"ids": ["\\ud800"], "why": "\\ud800"}', b'{"ids": [], "set": {"/a": "\\ud800"}}',
    b'{"item": {"event": "\\ud800"}}', b'{"scopes": ["read"], "label": "\\ud800"}', b'{"grace_hours": 1e308}',
    b'{"now": "\\ud800", "time_zone": "\\u0000"}',
    b'{"batch": [1, null, [], {}, "\\ud800", {"userId": {}}]}', b'{"message": "x", "as_of": "9999-12-31T23:59-14:00"}',
    b'{"format": "throughline-export", "version": 1, "settings": {}}\n{"kind": "event", "id": "\\ud800"}',
]  # fmt: skip
ONE_ID = re.compile(r"{\w+}")
ODD_IDS = ["%00", "%ED%A0%80", "%FF", "a%2Fb", "%2e%2e", "x" * 3_000, "%0a", "%F0%9F%98%80"]
ODD_QUERIES = ["as_of=%00&known_at=%ED%A0%80", "cursor=w4M%3D&query=%00", "message_id=%ED%A0%80", "value_min=nan"]


@pytest.mark.parametrize("label", [found.ok().label for found in SCHEMA.get_all_operations()])
def test_an_odd_request_gets_an_answer_that_is_described(label: str, contract: Contract) -> None:
    method, path = label.split(" ")
    documented = {int(status) for status in SCHEMA[path][method.lower()].definition.raw["responses"]}
    here = ONE_ID.sub("c0", path)
    sent: list[tuple[str, Any, str]] = [(f"{here}?{query}", None, "Accept") for query in ODD_QUERIES]
    sent += [(ONE_ID.sub(each, path), None, "Accept") for each in ODD_IDS if here != path]
    if method in ("POST", "PUT"):
        sent += [(here, each, "Content-Type") for each in ODD] + [(here, b"{}", "Content-Encoding")]
    with get_client(contract.app) as client:
        client.headers["Authorization"] = f"Bearer {key_of(label)}"
        for address, body, header in sent:
            reply = client.request(method, address, data=body, headers={header: "application/json"})
            # An id may make it the address of another route.
            assert reply.status_code in documented | {404, 405}, (address, body, reply.text)
