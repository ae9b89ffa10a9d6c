"""Whether an answer says which way something went, or which of two has more, with the values behind it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from evals.scoring.hedges import Token
from evals.scoring.known import Known
from evals.scoring.reading import MARKER, QUOTED, bare, currencies, named, names_in, numbers, sentences

_CENT = 0.005
_DIRECTIONS = {
    "up": r"up|upwards?|rose|ris(?:en|es?|ing)|increas\w+|gr[eo]wn?|grows|growing|growth|climb\w*|gained|higher|more"
    r"|doubled|tripled|improved",
    "down": r"down|downwards?|fell|fall(?:en|s|ing)?|decreas\w+|declin\w+|dropp?\w*|shr[aiu]nk\w*|lower|fewer|less"
    r"|halved|worsened",
    "flat": r"flat|same|unchanged|stable|steady|constant|equal|level|no change|not? change",
}
_DIRECTION = re.compile("|".join(rf"\b(?P<{name}>{words})\b" for name, words in _DIRECTIONS.items()), re.I)
#: "They did not go up" says no more than that.
_DENIED = re.compile(
    rf"(?:\b(?:not|never|neither|nor|without)|n't)\s(?:\w+\s){{0,2}}?"
    rf"(?:{_DIRECTIONS['up']}|{_DIRECTIONS['down']}|chang\w+)\b",
    re.I,
)
_NONE = re.compile(r"\b(?:no|none|nothing|zero|nobody)\b", re.I)
_MORE = re.compile(
    r"\b(?:more|most|higher|highest|greater|larger|largest|bigger|biggest|ahead|above|out\w+ed|leads?|wins?|exceed\w*"
    r"|longer|later|oftener|better)\b",
    re.I,
)
_DENIED_MORE = re.compile(r"(?:\bnot|\bnever|n't) (?:\w+ ){0,3}?(?:more|most|higher|ahead|larger|greater)\b", re.I)
_LESS = re.compile(r"\b(?:less|least|fewer|fewest|lower|lowest|smaller|smallest|behind|below|trails?)\b", re.I)
_ONLY_TIED = re.compile(r"\b(?:neither|tied?|equal\w*)\b", re.I)
_BOTH = re.compile(r"\b(?:both|each)\b", re.I)
_AGAINST = re.compile(r"(?<=\d)[^.;]*?\b(?:against|versus|vs)\b", re.I)
#: Before the one that somebody is compared with.
_THAN = re.compile(r"\b(?:than|against|versus|vs\.?|over|unlike|compared (?:with|to)) (?:customer |client )?$", re.I)
_FROM_TO = re.compile(r"\bfrom\b\D{0,40}?(\d[\d,.]*)\D{0,40}?\bto\b\D{0,40}?(\d[\d,.]*)")
_TIED = re.compile(r"\b(?:same|equal\w*|tied?|as (?:many|much|often)|level|neither)\b", re.I)


def trend(value: Mapping[str, Any], text: str, known: Known) -> str | None:
    """Both values stand there, not turned round, and the first direction that is stated is the right one."""
    missing = [f"{amount:g}" for amount in (value["first"], value["last"]) if not _states(amount, value, text, known)]
    if missing:
        return f"it does not state {' and '.join(missing)}"
    for found in _FROM_TO.finditer(bare(text, known)):
        if numbers(" and ".join(found.groups()), known) == [value["last"], value["first"]] != [value["first"]] * 2:
            return f"it goes from {value['last']:g} to {value['first']:g}"
    said = direction(text)
    return None if said == value["direction"] else f"it says {said or 'no direction'}, not {value['direction']}"


def compare(value: Mapping[str, Any], text: str, known: Known) -> str | None:
    """Every value stands there, with its own customer where a line or clause names just one; and who has more."""
    for who, amount in value["values"].items():
        if not _states(amount, value, text, known):
            return f"it does not state {amount:g} for {who}"
        alone = [line for line in sentences(text) if named(line, known) == [who] and numbers(line, known)]
        if alone and not any(_states(amount, value, line, known, unit=False) for line in alone):
            return f"it states another value than {amount:g} for {who}"
        others = {each for each in value["values"].values() if each != amount}
        if any(others & set(found) and amount not in found for found in _said_of(who, text, known)):
            return f"it states the value of somebody else for {who}"
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
    """Who is said to have more, by the first sentence that compares; None: a tie; "": not said."""
    for sentence in sentences(QUOTED.sub(" ", MARKER.sub(" ", text))):
        if not sentence.rstrip().endswith("?") and (found := _ahead(sentence, of, known)) != "":
            return found
    return ""


def _ahead(sentence: str, of: list[str], known: Known) -> str | None:
    plain, every = names_in(_DENIED_MORE.sub(" ", sentence), known)
    who = [name for name in every if name.value in of]
    if _ONLY_TIED.search(plain):
        return None
    more = _MORE.search(plain)
    if who and more and "either" not in plain:
        return _subject(who, more.start(), plain)
    less = _LESS.search(plain)
    if who and less:
        return next((name for name in of if name != _subject(who, less.start(), plain)), "")
    if _TIED.search(plain) or (_BOTH.search(plain) and len(set(numbers(sentence, known))) == 1):
        return None
    against = _AGAINST.search(plain)
    return _subject(who, against.start(), plain) if who and against else ""


def _subject(who: Sequence[Token[str]], at: int, plain: str) -> str:
    """Whom a comparison is about: the last that is named before it, but for whom it compares them with."""
    before = [name for name in who if name.end <= at and not _THAN.search(plain[: name.start])]
    return (before[-1] if before else who[0]).value


def _said_of(who: str, text: str, known: Known) -> Iterator[list[float]]:
    """The numbers of each clause that names this customer alone."""
    for sentence in sentences(text):
        for clause in re.split(r"[,;]\s", sentence):
            # "A has more than B: 4 against 2" says of neither what stands behind the colon.
            said = clause if len(named(clause, known)) < 2 else clause.rsplit(":", 1)[-1]
            if named(said, known) == [who]:
                yield numbers(said, known)


def _states(amount: float, value: Mapping[str, Any], text: str, known: Known, unit: bool = True) -> bool:
    """Whether a number stands in a text, and its currency too where it has one."""
    currency = value.get("currency")
    if currency and unit and currency not in currencies(text) and amount:
        return False
    found = numbers(text, known)
    return any(abs(number - amount) < _CENT for number in found) or (not amount and bool(_NONE.search(text)))
