"""Whether every number that an answer states was computed, or is quoted from what it rests on."""

from __future__ import annotations

import json
import re

from evals.sample import Sample
from evals.scoring.citations import cited_ids, evidence_ids
from evals.scoring.dates import without_dates
from evals.scoring.folding import fold
from evals.scoring.known import Known
from evals.scoring.reading import QUOTED, numbers
from evals.target import Json

_DIGITS = re.compile(r"\d+(?:\.\d+)?")


def ungrounded(sample: Sample, reply: Json, known: Known) -> str | None:
    """A number that is the value of no fact of the reply, to 2 decimals; in a quotation, one that nobody wrote."""
    facts = {round(float(fact["value"]), 2) for fact in reply["facts"] if _is_number(fact["value"])}
    loose = [number for number in numbers(reply["answer"], known) if round(number, 2) not in facts]
    return f"{loose[0]:g} is the value of no fact" if loose else _misquoted(sample, reply, known)


def _misquoted(sample: Sample, reply: Json, known: Known) -> str | None:
    """A number in quotation marks that neither an event that is used nor the asker wrote: they do not hide it."""
    used = [known.events[key] for key in {*cited_ids(reply), *evidence_ids(reply)} if key in known.events]
    told = [json.dumps([event.title, event.properties], ensure_ascii=False) for event in used]
    asked = " ".join([sample.question, *sample.before])
    # The asker's words may be quoted one by one: the "1" and "000" of "1,000".
    written = {*_digits(f"{asked} {' '.join(told)}"), *re.findall(r"\d+", asked)}
    amounts = {float(number) for number in written if "." in number}
    for quoted in QUOTED.findall(reply["answer"]):
        for number in _digits(known.naming.sub(" ", known.counting.sub(" ", fold(without_dates(quoted))))):
            # "62" is what was written as "62.00".
            if number not in written and float(number) not in amounts:
                return f"{number} is quoted, and no event that is used says it"
    return None


def _digits(text: str) -> list[str]:
    return _DIGITS.findall(text.replace(",", ""))


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
