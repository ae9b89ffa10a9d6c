"""How customers are called, as facts: answers name them by id and name, and both may hold digits."""

from __future__ import annotations

from collections.abc import Sequence

from tools.fact import Fact
from tools.survey import Customer


def client_facts(customer: Customer, evidence: Sequence[str], tool: str) -> list[Fact]:
    """The customer's id and name. The id rests on the first of `evidence`, or on the last that was seen of them."""
    facts = [_word("client", customer.client_id, "id", evidence or customer.profile.evidence["last_seen"], tool)]
    if customer.profile.name:
        facts.append(_word("name", customer.profile.name, "name", customer.profile.evidence["name"], tool))
    return facts


def item_fact(item: str, evidence: Sequence[str], tool: str) -> Fact:
    """An item's name, resting on the events that it was chosen for."""
    return _word("item", item, "item", evidence, tool)


def word_fact(name: str, value: str, evidence: Sequence[str], tool: str) -> Fact:
    """A word that an answer repeats: the name of an event, a period or a property's value."""
    return _word(name, value, "name", evidence, tool)


def _word(name: str, value: str, unit: str, evidence: Sequence[str], tool: str) -> Fact:
    return Fact(name=name, value=value, unit=unit, tool=tool, evidence=list(evidence)[:1], evidence_total=1)
