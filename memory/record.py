"""A kept event as one flat row: what the folds read, and how it lies in the store."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from hashlib import sha1
from typing import Any
from uuid import UUID

import orjson

from memory.cleaning import format_time, parse_amount
from memory.details import Details, Value, details_of, folded_label, read_details
from memory.event import Event, canonical, read_event
from memory.money import parse_money
from memory.narration import item_names
from memory.scope import Scope
from memory.vocabulary import Meaning, meaning_of

#: Namespace of every point id; changing it would orphan all data.
NAMESPACE = UUID("5f0c5a3e-6b53-4f0a-9d0e-6d1d2e3b7c11")
_NAMESPACE = NAMESPACE.bytes
MONEY_FIELDS = ("revenue", "total", "amount", "value", "price")
#: ISO 4217 codes, and the few longer ones of other money; anything else is text, and would be shown as such.
_CURRENCY = re.compile(r"[A-Za-z]{3,5}")
_REFERENCES = ("ticket_id", "ticketId", "case_id", "invoice_id", "invoiceId")
_ITEM_SEPARATOR = "\x1f"


@dataclass(frozen=True, slots=True, order=False)
class Record:
    """One kept event. `amount` is signed: what was paid is positive, what was given back negative.

    `reference` names the ticket or invoice that an event is about, so that what settles it can be found.
    `ids` are all ids that may lead to a customer through this event. `device_time` is the device's own time where a
    wrong clock was corrected; `changes` is a JSON list of what cleaning changed. `details` are the event's properties
    as flat pairs (see `memory.details`).
    """

    message_id: str
    customer_id: str
    user_id: str | None
    anonymous_id: str | None
    occurred_at: datetime
    received_at: datetime
    title: str
    amount: Decimal | None
    currency: str | None
    items: tuple[str, ...]
    person: str | None
    email: str | None
    company: str | None
    content_hash: str
    reference: str | None = None
    group_id: str | None = None
    previous_id: str | None = None
    ids: tuple[str, ...] = ()
    device_time: datetime | None = None
    changes: str | None = None
    body: str = ""
    details: Details = ()
    session: str | None = None

    def detail(self, label: str) -> Value | None:
        """What the event says under this label, however that is spelled."""
        wanted = folded_label(label)
        return next((value for name, value in self.details if folded_label(name) == wanted), None)

    @property
    def order(self) -> tuple[datetime, str]:
        """The one order of events everywhere: time, then id."""
        return self.occurred_at, self.message_id

    @property
    def meaning(self) -> Meaning:
        return meaning_of(self.title)

    @property
    def event(self) -> Event:
        """The whole event; only where the record was read with its body."""
        return read_event(self.body)


def point_id(scope: Scope, *key: str) -> str:
    """The id of a point: the same for the same workspace and key, everywhere and forever."""
    digest = bytearray(sha1(_NAMESPACE + "\0".join((scope.workspace, *key)).encode(), usedforsecurity=False).digest())
    # As uuid5 does it (RFC 4122), at a fifth of its time: version 5, variant 1.
    digest[6] = digest[6] & 0x0F | 0x50
    digest[8] = digest[8] & 0x3F | 0x80
    text = digest[:16].hex()
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def make_record(
    event: Event, digest: str, received_at: datetime, *, occurred_at: datetime | None = None, by_group: bool = False
) -> Record:
    """The row of an event with an id; without a time of its own it happened when it was received.

    `occurred_at` is given where the device's clock was wrong. `by_group` makes the account the customer, not the user.
    """
    meaning = meaning_of(event.title)
    amount, currency = _money(event, meaning)
    stated = _stated(event)
    return Record(
        message_id=event.message_id,
        customer_id=(by_group and event.group_id) or event.customer_id,
        user_id=event.user_id or None,
        anonymous_id=event.anonymous_id or None,
        group_id=event.group_id or None,
        previous_id=event.previous_id or None,
        ids=_joinable(event, by_group),
        occurred_at=occurred_at or event.timestamp or received_at,
        received_at=received_at,
        device_time=event.timestamp if occurred_at else None,
        title=event.title,
        amount=amount,
        currency=currency,
        items=item_names(event.properties),
        person=None if event.type == "group" else person_name(stated),
        email=None if event.type == "group" else _text(stated.get("email")),
        company=_text(stated.get("name")) if event.type == "group" else _company(stated.get("company")),
        content_hash=digest,
        reference=next((_text(event.properties.get(name)) for name in _REFERENCES if name in event.properties), None),
        changes=orjson.dumps(event.changes).decode() if event.changes else None,
        body=canonical(event).decode(),
        details=details_of(event),
        session=_session(event),
    )


def _stated(event: Event) -> dict[str, Any]:
    """The traits of an event, with those that its context carries."""
    carried = event.context.get("traits")
    return {**carried, **event.traits} if isinstance(carried, dict) else event.traits


def _joinable(event: Event, by_group: bool) -> tuple[str, ...]:
    """The ids through which the event may lead to a customer; a group is one only where customers are groups."""
    found = (event.group_id if by_group else None, event.user_id, event.anonymous_id, event.previous_id)
    return tuple(dict.fromkeys(key for key in found if key))


def person_name(traits: Mapping[str, Any]) -> str | None:
    """A person's name from traits, in one string."""
    whole = _text(traits.get("name"))
    if whole:
        return whole
    parts = [_text(traits.get(key)) for key in ("first_name", "firstName", "last_name", "lastName")]
    return " ".join(part for part in parts if part) or None


def to_payload(scope: Scope, record: Record) -> dict[str, Any]:
    """The flat, indexed fields of a record, with the event's body as one JSON string."""
    payload = {
        "kind": "event",
        "workspace": scope.workspace,
        "message_id": record.message_id,
        "customer_id": record.customer_id,
        "user_id": record.user_id,
        "anonymous_id": record.anonymous_id,
        "group_id": record.group_id,
        "previous_id": record.previous_id,
        "ids": list(record.ids),
        "occurred_at": format_time(record.occurred_at),
        "received_at": format_time(record.received_at),
        "title": record.title,
        "amount": None if record.amount is None else str(record.amount),
        "currency": record.currency,
        "items": _ITEM_SEPARATOR.join(record.items) or None,
        "person": record.person,
        "email": record.email,
        "company": record.company,
        "content_hash": record.content_hash,
        "reference": record.reference,
        "device_time": record.device_time and format_time(record.device_time),
        "changes": record.changes,
        "body": record.body,
        "details": record.details,
        "session": record.session,
    }
    return {key: value for key, value in payload.items() if value is not None}


#: Fields of an event's payload that the store filters by, or has to read alone; and what is larger than all of these.
_APART = frozenset({
    "kind", "workspace", "customer_id", "ids", "occurred_at", "received_at", "content_hash", "claim", "body",
})  # fmt: skip
#: The others lie together in one JSON string: the engine takes 5 us for every field that it writes or reads.
_ROW = "row"
#: Everything but the body: enough for every fold, and quicker to read.
FLAT_FIELDS = ["customer_id", "ids", "occurred_at", "received_at", "content_hash", _ROW]


def pack(payload: Mapping[str, Any]) -> dict[str, Any]:
    """A payload as it lies in the store."""
    if "body" not in payload:
        return dict(payload)
    row = {key: value for key, value in payload.items() if key not in _APART}
    apart = {key: payload[key] for key in payload if key in _APART}
    return {**apart, _ROW: orjson.dumps(row).decode()}


def unpack(payload: Mapping[str, Any]) -> dict[str, Any]:
    """The payload that `pack` took, with whatever the store has added since."""
    found = dict(payload)
    row = found.pop(_ROW, None)
    return {**found, **orjson.loads(row)} if row else found


def from_payload(payload: Mapping[str, Any]) -> Record:
    """The record that `to_payload` wrote, packed or not."""
    payload = unpack(payload)
    items = payload.get("items")
    return Record(
        message_id=payload["message_id"],
        customer_id=sys.intern(payload["customer_id"]),
        user_id=payload.get("user_id"),
        anonymous_id=payload.get("anonymous_id"),
        occurred_at=datetime.fromisoformat(payload["occurred_at"]),
        received_at=datetime.fromisoformat(payload["received_at"]),
        title=sys.intern(payload["title"]),
        amount=parse_amount(payload.get("amount")),
        currency=payload.get("currency"),
        items=tuple(sys.intern(item) for item in items.split(_ITEM_SEPARATOR)) if items else (),
        person=payload.get("person"),
        email=payload.get("email"),
        company=payload.get("company"),
        content_hash=payload["content_hash"],
        reference=payload.get("reference"),
        group_id=payload.get("group_id"),
        previous_id=payload.get("previous_id"),
        ids=tuple(payload.get("ids", ())),
        device_time=datetime.fromisoformat(payload["device_time"]) if "device_time" in payload else None,
        changes=payload.get("changes"),
        body=payload.get("body", ""),
        details=_details(payload),
        session=payload.get("session"),
    )


def _details(payload: Mapping[str, Any]) -> Details:
    """As they were kept; of a row from before they were, as its body gives them."""
    if "details" in payload:
        return read_details(payload["details"])
    return details_of(read_event(payload["body"])) if payload.get("body") else ()


def _money(event: Event, meaning: Meaning) -> tuple[Decimal | None, str | None]:
    if not meaning.money:
        return None, None
    named = _text(event.properties.get("currency")) or ""
    currency = named.upper() if _CURRENCY.fullmatch(named) else None
    found = (_amount(event.properties.get(name), currency) for name in MONEY_FIELDS)
    amount = next((value for value in found if value is not None), None)
    if amount is None:
        return None, None
    # Refunds are sent with either sign; what they mean decides.
    return -abs(amount) if meaning.money < 0 else amount, currency


def _amount(value: object, currency: str | None) -> Decimal | None:
    """The amount, unless it is written in another currency than the event's: of the two nobody knows which is meant."""
    written = parse_money(value, currency) if isinstance(value, str) else None
    return None if written and written.currency not in (None, currency) else parse_amount(value)


def _text(value: object) -> str | None:
    return value[:200] if isinstance(value, str) and value else None


def _session(event: Event) -> str | None:
    """The sitting that the event says it belongs to, as SDKs send it in the context."""
    found = event.context.get("sessionId", event.context.get("session_id"))
    return str(found)[:200] if type(found) in (str, int) and found != "" else None


def _company(value: object) -> str | None:
    return _text(value.get("name")) if isinstance(value, dict) else _text(value)
