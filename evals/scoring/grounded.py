"""Whether every number that an answer states was computed."""

from __future__ import annotations

from evals.scoring.known import Known
from evals.scoring.reading import numbers
from evals.target import Json


def ungrounded(reply: Json, known: Known) -> str | None:
    """A number outside quotations that is the value of no fact of the reply, to 2 decimals."""
    facts = {round(float(fact["value"]), 2) for fact in reply["facts"] if _is_number(fact["value"])}
    loose = [number for number in numbers(reply["answer"], known) if round(number, 2) not in facts]
    return f"{loose[0]:g} is the value of no fact" if loose else None


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
