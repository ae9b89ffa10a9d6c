"""Whether an answer tells what happened in order, or how long somebody has been silent."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from evals.scoring.known import Known
from evals.scoring.reading import QUOTED, says, sentences, stated_dates

_CHURNED = re.compile(r"\b(?:churned|has left|have left|is gone|are gone|lost customer)\b", re.I)
_DENIED = re.compile(r"\b(?:not|never|n't|no)\b[^.;]{0,20}\b(?:churned|left|gone)\b|\bn't (?:churned|left)\b", re.I)
_DAYS = re.compile(r"(?<![\w.])(\d[\d,]*)(?:\s+|-)days?\b", re.I)
_SILENT = re.compile(
    r"\b(?:without|inactiv\w+|silen\w+|quiet|idle|dormant|nothing|no (?:activity|orders?|purchases?|sign\W?ins?)"
    r"|last (?:active|activity|seen|ordered|order|bought|purchase|signed|event)|(?:not|n't) (?:been )?active)\b",
    re.I,
)


def timeline(value: Sequence[Mapping[str, str]], text: str, known: Known) -> str | None:
    """Every entry has a sentence with its date and its phrase, and the sentences come in order."""
    places = entry_places(value, text)
    for entry, place in zip(value, places, strict=True):
        if place is None:
            return f"it does not tell {entry['says']!r} on {entry['date']}"
    stated = [place for place in places if place is not None]
    return None if stated == sorted(stated) else "it tells what happened in another order"


def entry_places(value: Sequence[Mapping[str, str]], text: str) -> list[int | None]:
    """For each entry the first sentence that tells it, by number; None: none does."""
    told = [(stated_dates(sentence), sentence) for sentence in sentences(text)]
    return [
        next((n for n, (days, said) in enumerate(told) if entry["date"] in days and says(said, entry["says"])), None)
        for entry in value
    ]


def signal(value: Mapping[str, Any], text: str, known: Known) -> str | None:
    """Whether they count as churned, and the first number of days that is said of their silence."""
    plain = QUOTED.sub(" ", text)
    churned = bool(_CHURNED.search(_DENIED.sub(" ", plain)))
    if churned != value["churned"]:
        return f"it says they have {'' if churned else 'not '}churned"
    found = silent_days(plain)
    if found != value["silent_days"]:
        return f"it says {'nothing' if found is None else found} of their {value['silent_days']} days of silence"
    return None


def silent_days(text: str) -> int | None:
    """The first number of days in a sentence about silence."""
    for sentence in sentences(text):
        found = _DAYS.search(sentence)
        if found and _SILENT.search(sentence):
            return int(found[1].replace(",", ""))
    return None
