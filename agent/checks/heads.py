"""The line that a list stands under: what table it is of, and the order that it promises."""

from __future__ import annotations

import re
from collections.abc import Sequence

from agent.checks.carrier import Carrier
from agent.checks.tokens import Token
from agent.checks.words import words
from agent.evidence import Computed
from agent.sentences import LIST_NUMBER, MARKER, QUOTED

#: They promise the order of a list, which is checked row by row.
ORDERING = words("highest lowest largest smallest biggest most least first")
_PROMISE = re.compile(r"\b(?:(highest|largest|biggest|most|top)|(?:lowest|smallest|least))(?:\s\w+)?\s+first\b", re.I)
_VALUE = re.compile(r"(?<![\w.])([-−]?\d[\d,]*(?:\.\d+)?)\s*([^\W\d_]*)")


def tables(tokens: Sequence[Token], carrier: Carrier) -> list[Computed]:
    """Of a head without numbers, the figures by customer, item, period or property that rest on the event."""
    if not tokens or tokens[-1].text != ":" or any(token.kind == "number" for token in tokens):
        return []
    return [each for each in carrier.computed if each.args.get("by") and isinstance(each.fact.value, int | float)]


def out_of_order(rows: Sequence[str], head: str) -> bool:
    """Whether the last of these rows breaks the order that their head promises; amounts in one unit are compared."""
    promised = _PROMISE.search(head)
    if not promised or len(rows) < 2:
        return False
    before, last = (_value(row) for row in rows[-2:])
    if not before or not last or before[1] != last[1]:
        return False
    return last[0] > before[0] if promised[1] else last[0] < before[0]


def _value(row: str) -> tuple[float, str] | None:
    """What a row states last of all numbers before its markers, with its unit."""
    found = _VALUE.findall(MARKER.sub(" ", QUOTED.sub(" ", LIST_NUMBER.sub("", row)).rpartition(":")[2]))
    return (float(found[0][0].replace(",", "").replace("−", "-")), found[0][1]) if found else None
