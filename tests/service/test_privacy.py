"""Personal data: masked in what is embedded, shown and sent to a model; kept in the payload unless it is to go."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import httpx

from memory.embedder import Vectors
from tests.builders import item
from tests.fakes import HashedWords, ScriptedModel, calls, says
from tests.service.conftest import Serve
from tests.talk import ask, send, settle

PERSONAL = ["ada@private.example", "+44 20 7946 0958", "4111 1111 1111 1111", "GB82 WEST 1234 5698 7654 32"]
LETTER = f"Call me: {PERSONAL[1]}, or write to {PERSONAL[0]}. Card {PERSONAL[2]}, account {PERSONAL[3]}. It is broken."
EVENTS = [
    item("", "2026-01-01", "ada", type="identify", traits={"name": "Ada Byron", "email": PERSONAL[0]}),
    item("Support Ticket Opened", "2026-03-01", "ada", properties={"message": LETTER}),
]


class Listening(HashedWords):
    """Remembers what it was given to embed."""

    def __init__(self) -> None:
        super().__init__()
        self.heard: list[str] = []

    async def embed(self, texts: Sequence[str]) -> Vectors:
        self.heard += texts
        return await super().embed(texts)


def told(text: str) -> list[str]:
    """Which of Ada's personal data a text gives away."""
    return [secret for secret in PERSONAL if secret in text]


async def test_nothing_personal_is_embedded(serve_app: Serve) -> None:
    embedder = Listening()
    async with serve_app(embedder=embedder) as client:
        await send(client, EVENTS)
        await settle(client)
    assert any("[email]" in text and "[card]" in text for text in embedder.heard)
    assert told(" ".join(embedder.heard)) == []


async def test_nothing_personal_reaches_a_model(serve_app: Serve) -> None:
    with ScriptedModel() as model:
        tools = calls(("recall", {"client_id": "ada", "query": "broken"}), ("profile", {"client_id": "ada"}),
                      ("timeline", {"client_id": "ada"}))  # fmt: skip
        model.script = lambda messages: says("done") if any(m["role"] == "tool" for m in messages) else tools
        async with serve_app(llm_base_url=model.base_url, llm_model="scripted") as client:
            await send(client, EVENTS)
            await settle(client)
            await ask(client, "What did Ada Byron complain about?", as_of="2026-04-01")
        seen = str(model.requests)
    assert "It is broken" in seen, "the model was shown the event"
    assert told(seen) == []


async def test_an_exact_address_still_finds_its_event(client: httpx.AsyncClient) -> None:
    await send(client, EVENTS)
    found = (await client.get("/clients/ada/memory", params={"query": PERSONAL[0], "limit": 1})).json()["memories"]
    assert found[0]["words"] > 0


async def test_the_payload_keeps_it_unless_it_is_to_go(serve_app: Serve, tmp_path: Path) -> None:
    data_dir = tmp_path / "data"
    async with serve_app(data_dir=data_dir) as client:
        await send(client, EVENTS[:1])
        assert PERSONAL[0] in (await client.get("/export")).text
        client.headers["X-Workspace"] = "careful"
        await client.put("/workspace", json={"privacy": {"remove": ["email", "phone", "card", "iban"]}})
        await send(client, [item("Support Ticket Opened", "2026-03-01", "bob", properties={"message": LETTER})])
        exported = (await client.get("/export")).text
        version = (await client.get("/events", params={"message_id": "bob:Support Ticket Opened:2026-03-01"})).json()
    assert told(exported) == []
    changed = {(change["field"], change["what"]) for change in version["versions"][0]["changes"]}
    assert ("/properties/message", "masked_email") in changed


async def test_a_change_of_what_goes_makes_no_conflict_of_a_repeat(client: httpx.AsyncClient) -> None:
    await send(client, EVENTS)
    await client.put("/workspace", json={"privacy": {"remove": ["email"]}})
    assert (await client.post("/events", json=EVENTS)).json()["counts"]["duplicate"] == len(EVENTS)
