"""How much of an order an answer keeps."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

from evals.sample import Gold
from evals.scoring.histories import entry_places
from evals.scoring.known import Known
from evals.scoring.reading import named


def order_kept(gold: Gold, text: str, known: Known) -> float | None:
    """Kendall's tau of a ranking or a timeline, mapped to 0 (turned round) … 1; None where there is no order."""
    if gold.kind not in ("ranking", "timeline") or len(gold.value) < 2:
        return None
    if gold.kind == "timeline":
        return (kendall(entry_places(gold.value, text)) + 1) / 2
    found = named(text, known)
    return (kendall([found.index(who) if who in found else None for who in gold.value]) + 1) / 2


def kendall(places: Sequence[int | None]) -> float:
    """Tau-a (Kendall, 1938) between an order and the places that its members are stated at; -1 … 1.

    Who is not stated comes after all who are; two who are not stated count as turned round, for nothing was said.
    Two at the same place (one sentence) are in order.
    """
    pairs = list(combinations(places, 2))
    right = sum(1 for first, second in pairs if first is not None and (second is None or first <= second))
    return 2 * right / len(pairs) - 1
