"""What each SDK is told to send: the mixed events of some customers, with fixed ids, so that they can be sent again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import NAMESPACE_URL, uuid5

CUSTOMERS = 12
#: What each customer does, in order.
CALLS = (
    "visit", "visit", "old", "identify", "alias", "group", "page", "screen", *["view", "order", "feature"] * 5, "leave",
)  # fmt: skip
_START = datetime(2026, 1, 5, 9, tzinfo=UTC)
_PRODUCTS = [
    {"product_id": "p-1", "sku": "L-01", "name": "Lámpara de mesa “Ñandú”", "quantity": 2, "price": 19.9},
    {"product_id": "p-2", "sku": "T-07", "name": "湯呑み 🍵", "quantity": 1, "price": 8},
]
_TRACKED: dict[str, tuple[str, dict[str, Any]]] = {
    "old": ("Newsletter Opened", {"issue": "Frühling"}),
    "view": ("Product Viewed", {"product_id": "p-1", "name": "Lámpara de mesa", "price": 19.9}),
    "order": ("Order Completed", {"revenue": 47.8, "currency": "EUR", "products": _PRODUCTS}),
    "feature": ("Feature Used", {"feature": "Exportación", "seats": 3}),
    "leave": ("Support Ticket Opened", {"subject": "どうやって?", "message": "Wo finde ich die Rechnung? 🙂"}),
}

Call = dict[str, Any]


def plan(sdk: str) -> list[Call]:
    """The calls in order; `id` is a UUID, the ids of customers name the SDK."""
    return [_call(sdk, number, step, kind) for number in range(CUSTOMERS) for step, kind in enumerate(CALLS)]


def user(sdk: str, number: int) -> str:
    return f"{sdk}-user-{number}"


def _call(sdk: str, number: int, step: int, kind: str) -> Call:
    who = user(sdk, number)
    call: Call = {
        "call": "track",
        "id": str(uuid5(NAMESPACE_URL, f"{sdk}:{number}:{step}")),
        "at": (_START + timedelta(days=step, minutes=number)).isoformat(),
        "user": who,
    }
    if kind == "visit":
        page = {"url": "https://shop.test/", "path": f"/{step}", "title": "Über uns"}
        return {**call, "call": "page", "user": None, "anonymous": f"{sdk}-visitor-{number}", "properties": page}
    if kind == "old":
        call |= {"user": None, "anonymous": f"{sdk}-old-{number}"}
    return {**call, **_said(sdk, number, kind)}


def _said(sdk: str, number: int, kind: str) -> Call:
    if kind in _TRACKED:
        name, properties = _TRACKED[kind]
        return {"name": name, "properties": properties}
    return {
        "identify": {
            "call": "identify",
            "anonymous": f"{sdk}-visitor-{number}",
            "traits": {"name": f"Zoë Nº {number}", "email": f"zoe{number}@shop.test", "plan": "pro"},
        },
        "alias": {"call": "alias", "previous": f"{sdk}-old-{number}"},
        "group": {"call": "group", "group": f"{sdk}-account-{number % 3}", "traits": {"name": "Süd GmbH"}},
        "page": {"call": "page", "properties": {"url": "https://shop.test/konto", "path": "/konto", "title": "Konto"}},
        "screen": {"call": "screen", "name": "Warenkorb", "properties": {"tab": 1}},
    }[kind]
