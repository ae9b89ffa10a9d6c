"""Whether an answer is left open exactly where it has to be."""

from __future__ import annotations

from collections.abc import Callable

from evals.sample import Gold
from evals.scoring.known import Known
from evals.scoring.reading import named
from evals.scoring.values import REFUSALS
from evals.target import Json


def misjudged(gold: Gold, reply: Json, known: Known) -> str | None:
    """An answer where nothing is on record, or none where something is; and what a refusal has to say or not."""
    if gold.kind not in REFUSALS:
        return "it abstained, wholly or in part" if reply["abstained"] else None
    if not reply["abstained"]:
        return "it answers what is not on record"
    return _REFUSED[gold.kind](gold, reply, known)


def _left_open(gold: Gold, reply: Json, known: Known) -> str | None:
    return None


def _asks_which(gold: Gold, reply: Json, known: Known) -> str | None:
    found = set(named(reply["answer"], known))
    return None if found == set(gold.value) else f"it names {sorted(found)}, not {sorted(gold.value)}"


def _knows_nobody(gold: Gold, reply: Json, known: Known) -> str | None:
    others = named(reply["answer"], known)
    return f"it speaks of {others or 'events'}" if others or reply["citations"] else None


_REFUSED: dict[str, Callable[[Gold, Json, Known], str | None]] = {
    "unanswerable": _left_open,
    "ambiguous": _asks_which,
    "unknown": _knows_nobody,
}
