"""Events, records and customers in one line each, for tests of what is computed from them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from memory.counters import Counters
from memory.event import content_hash, parse_event
from memory.indexer import Indexer
from memory.intake import Intake
from memory.ledger import Ledger
from memory.overrides import Word
from memory.record import Record, make_record
from memory.store import Store
from memory.suppression import Suppressions
from memory.workspace import ChurnDefinition, WorkspaceSettings
from memory.workspaces import Workspaces
from tests.fakes import HashedWords
from tools.fact import Fact, Passage
from tools.prediction.asked import Asked
from tools.prediction.prior import shipped_prior
from tools.prediction.shelf import Awaited
from tools.prediction.spec import Spec
from tools.prediction.trained import Trained
from tools.survey import Customer, Reference, fold_customer

#: Long after every event of these tests.
RECEIVED = datetime(2030, 1, 1, tzinfo=UTC)


def at(text: str) -> datetime:
    """A UTC instant: "2026-01-05" or "2026-01-05T10:00"."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def item(title: str, when: str, user: str | None = "c1", **fields: Any) -> dict[str, Any]:
    """An event as it is sent. `properties`, `traits`, `anonymousId`, `messageId` and the like as `fields`."""
    kind = fields.pop("type", "track")
    named = {"event": title} if kind == "track" else {"name": title}
    moment = when if "T" in when else f"{when}T12:00:00Z"
    owner = {"userId": user} if user else {}
    message_id = f"{user or fields.get('anonymousId')}:{title}:{when}"
    return {"type": kind, **named, **owner, "timestamp": moment, "messageId": message_id, **fields}


def record(title: str, when: str, user: str | None = "c1", **fields: Any) -> Record:
    """A kept event; arguments as in `item`, `id` for its message id."""
    if "id" in fields:
        fields["messageId"] = fields.pop("id")
    event = parse_event(item(title, when, user, **fields))
    return make_record(event, content_hash(event), RECEIVED)


def order(when: str, revenue: float | str = 10, user: str = "c1", *names: str, **fields: Any) -> Record:
    """A completed order of these items."""
    products = [{"name": name, "quantity": 1} for name in names]
    properties = {"revenue": revenue, "currency": "EUR", **fields.pop("properties", {})}
    if products:
        properties["products"] = products
    return record("Order Completed", when, user, properties=properties, **fields)


def visits(first: str, every_days: float, times: int, user: str = "c1", title: str = "Signed In") -> list[Record]:
    """The same activity again and again."""
    days = [at(first) + timedelta(days=every_days * number) for number in range(times)]
    return [record(title, day.strftime("%Y-%m-%dT%H:%M:%SZ"), user) for day in days]


def make_intake(store: Store, indexer: Indexer | None = None) -> Intake:
    """The way into a store, as the composition root makes it."""
    workspaces = Workspaces(store)
    indexer = indexer or Indexer(store, HashedWords(), workspaces)
    return Intake(store, workspaces, Ledger(store, remember=False), Suppressions(store), indexer, Counters())


def in_order(records: Iterable[Record]) -> list[Record]:
    return sorted(records, key=lambda each: each.order)


@cache
def prior_model(churn: ChurnDefinition, until: datetime, base_rate: float = 0.3) -> Trained:
    """The shipped prior as the model of a workspace in which people buy."""
    model = shipped_prior(churn.horizon_days)
    return Trained(Asked("churn", churn), until, "prior", True, Spec(), model, base_rate, version="prior")


def customer(
    client_id: str,
    records: Sequence[Record] = (),
    as_of: str = "2026-04-01",
    churn: ChurnDefinition | None = None,
    model: Trained | Awaited | None = None,
    overrides: dict[str, Word] | None = None,
    **traits: str,
) -> Customer:
    """A customer folded from these records, judged by the prior unless by a `model`; `traits` are stated by an event
    of their own."""
    stated = [record("", "2020-01-01", client_id, type="identify", traits=traits)] if traits or not records else []
    settings = WorkspaceSettings(churn=churn or ChurnDefinition())
    judge = model or prior_model(settings.churn, at(as_of))
    reference = Reference(at(as_of), {}, judge, buyers=True, overrides=overrides or {})
    return fold_customer(client_id, in_order([*stated, *records]), at(as_of), settings, reference)


def customers(*people: Customer) -> dict[str, Customer]:
    return {person.client_id: person for person in people}


def passage(message_id: str, when: str = "2026-01-05", client_id: str = "c1", **fields: Any) -> Passage:
    """An event in words; its text and title by default name it."""
    given = {"title": "Note Left", "text": f"Note Left. text of {message_id}", **fields}
    return Passage(message_id=message_id, client_id=client_id, occurred_at=at(when), **given)


def fact(value: float | str | None, name: str = "events", unit: str | None = "events") -> Fact:
    return Fact(name=name, value=value, unit=unit, tool="measure", evidence=["m1"], evidence_total=1)
