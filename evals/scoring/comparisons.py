"""Whether an answer says which way something went, or which of two has more, with the values behind it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from evals.scoring.known import Known
from evals.scoring.reading import MARKER, QUOTED, amounts, named, numbers, sentences

_CENT = 0.005
_DIRECTIONS = {
    "up": r"up|upwards?|rose|ris(?:en|es?|ing)|increas\w+|gr[eo]wn?|grows|growing|growth|climb\w*|gained|higher|more",
    "down": r"down|downwards?|fell|fall(?:en|s|ing)?|decreas\w+|declin\w+|dropp?\w*|shr[aiu]nk\w*|lower|fewer|less",
    "flat": r"flat|same|unchanged|stable|steady|constant|equal|no change|not? change",
}
_DIRECTION = re.compile("|".join(rf"\b(?P<{name}>{words})\b" for name, words in _DIRECTIONS.items()), re.I)
#: "They did not go up" says no more than that.
_DENIED = re.compile(
    rf"\b(?:not|never|neither|nor|didn't|without)\s(?:\w+\s){{0,2}}?"
    rf"(?:{_DIRECTIONS['up']}|{_DIRECTIONS['down']}|chang\w+)\b",
    re.I,
)
_NONE = re.compile(r"\b(?:no|none|nothing|zero|nobody)\b", re.I)
_MORE = re.compile(
    r"\b(?:more|most|higher|highest|greater|larger|largest|bigger|biggest|ahead|above|out\w+ed|leads?|wins?|exceed\w*"
    r"|longer|later|oftener|better)\b",
    re.I,
)
_LESS = re.compile(r"\b(?:less|least|fewer|fewest|lower|lowest|smaller|smallest|behind|below|trails?)\b", re.I)
_TIED = re.compile(r"\b(?:same|equal\w*|tied?|as (?:many|much|often)|level|neither)\b", re.I)


def trend(value: Mapping[str, Any], text: str, known: Known) -> str | None:
    """Both values stand there, and the first direction that is stated is the right one."""
    missing = [f"{amount:g}" for amount in (value["first"], value["last"]) if not _states(amount, value, text, known)]
    if missing:
        return f"it does not state {' and '.join(missing)}"
    found = direction(text)
    return None if found == value["direction"] else f"it says {found or 'no direction'}, not {value['direction']}"


def compare(value: Mapping[str, Any], text: str, known: Known) -> str | None:
    """Every value stands there, with its own customer where a line names just one; and who has more."""
    for who, amount in value["values"].items():
        if not _states(amount, value, text, known):
            return f"it does not state {amount:g} for {who}"
        alone = [line for line in sentences(text) if named(line, known) == [who] and numbers(line, known)]
        if alone and not any(_states(amount, value, line, known, unit=False) for line in alone):
            return f"it states another value than {amount:g} for {who}"
    found = winner(text, list(value["values"]), known)
    if found == "":
        return "it does not say who has more"
    return None if found == value["winner"] else f"it says {found or 'a tie'}, not {value['winner'] or 'a tie'}"


def direction(text: str) -> str | None:
    """up, down or flat: the first that a text states and does not deny."""
    plain = QUOTED.sub(" ", text)
    if re.search(r"\b(?:no change|not? chang\w+|didn't change|unchanged)\b", plain, re.I):
        return "flat"
    found = _DIRECTION.search(_DENIED.sub(" ", plain))
    return found.lastgroup if found else None


def winner(text: str, of: list[str], known: Known) -> str | None:
    """Who is said to have more, by the first sentence that compares: the first it names; None: a tie; "": not said."""
    for sentence in sentences(QUOTED.sub(" ", MARKER.sub(" ", text))):
        who = [name for name in named(sentence, known) if name in of]
        if who and _MORE.search(sentence) and "either" not in sentence.lower():
            return who[0]
        if who and _LESS.search(sentence):
            return next((name for name in of if name != who[0]), "")
        if _TIED.search(sentence):
            return None
    return ""


def _states(amount: float, value: Mapping[str, Any], text: str, known: Known, unit: bool = True) -> bool:
    """Whether a number stands in a text, and its currency too where it has one."""
    currency = value.get("currency")
    if currency and unit and currency not in amounts(text) and amount:
        return False
    found = numbers(text, known)
    return any(abs(number - amount) < _CENT for number in found) or (not amount and bool(_NONE.search(text)))
