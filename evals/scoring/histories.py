"""Whether an answer tells what happened in order, or how long somebody has been silent."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from evals.scoring.dates import days_in
from evals.scoring.known import Known
from evals.scoring.reading import QUOTED, says, sentences

_CHURNED = re.compile(r"\b(?:churned|has left|have left|is gone|are gone|lost customer|(?:is|are|been) lost)\b", re.I)
_DENIED = re.compile(r"(?:\b(?:not|never|no)|n't)\b[^.;]{0,20}\b(?:churned|left|gone|lost)\b", re.I)
_DAYS = re.compile(r"(?<![\w.])(\d[\d,]*)(?:\s+|-)days?\b", re.I)
_TODAY = re.compile(r"\btoday\b", re.I)
_SILENT = re.compile(
    r"\b(?:without|inactiv\w+|silen\w+|quiet|idle|dormant|nothing|no (?:activity|orders?|purchases?|sign\W?ins?)"
    r"|last (?:active|activity|seen|ordered|order|bought|purchase|signed|event)|(?:not|n't) (?:been )?active)\b",
    re.I,
)


def timeline(value: Sequence[Mapping[str, str]], text: str, known: Known) -> str | None:
    """Every entry is told with its date, and they come in order."""
    places = entry_places(value, text)
    for entry, place in zip(value, places, strict=True):
        if place is None:
            return f"it does not tell {entry['says']!r} on {entry['date']}"
    stated = [place for place in places if place is not None]
    return None if stated == sorted(stated) else "it tells what happened in another order"


def entry_places(value: Sequence[Mapping[str, str]], text: str) -> list[int | None]:
    """For each entry the first part of the text that tells it, by number; None: none does.

    A sentence of several dates tells of each what follows it, or of each what leads up to it.
    """
    readings = [_places(value, text, leading) for leading in (True, False)]
    return min(readings, key=lambda places: places.count(None))


def _places(value: Sequence[Mapping[str, str]], text: str, leading: bool) -> list[int | None]:
    told = [part for sentence in sentences(text) for part in _by_date(sentence, leading)]
    return [
        next((n for n, (day, said) in enumerate(told) if entry["date"] == day and says(said, entry["says"])), None)
        for entry in value
    ]


def _by_date(sentence: str, leading: bool) -> list[tuple[str, str]]:
    """The dates of a sentence outside quotations, each with what is told of it."""
    found = days_in(QUOTED.sub(lambda quoted: " " * len(quoted[0]), sentence))
    if not found:
        return []
    cuts = [day.start for day in found[1:]] if leading else [day.end for day in found[:-1]]
    parts = [sentence[a:b] for a, b in pairwise([0, *cuts, len(sentence)])]
    return [(day.value, part) for day, part in zip(found, parts, strict=True)]


def signal(value: Mapping[str, Any], text: str, known: Known) -> str | None:
    """Whether they count as churned, and the first number of days that is said of their silence."""
    plain = QUOTED.sub(" ", text)
    churned = bool(_CHURNED.search(_DENIED.sub(" ", plain)))
    if churned != value["churned"]:
        return f"it says they have {'' if churned else 'not '}churned"
    found = silent_days(plain)
    if found is None and not value["silent_days"] and _TODAY.search(plain):
        return None
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
