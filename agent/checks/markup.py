"""A model's sentence is plain words: no links, images, markup, hidden characters, or numbers in disguise."""

from __future__ import annotations

import re
import unicodedata

from agent.checks.stated import Stated
from agent.evidence import Evidence
from agent.sentences import MARKER, QUOTED, without
from agent.wording import plain as plain_name

_MARKUP = re.compile(r"[<>`|{}\\~^]|!\[|\]\(|\]\[(?!\d+\])|https?:|\w+://|www\.|mailto:|&#?\w+;", re.I)
_BARE_LINK = re.compile(
    r"\b[\w-]+(?:\.[\w-]+)*\.(?:com|org|net|io|dev|app|co|ai|info|biz|me|ly|eu|de|uk|example)\b|\S@\S", re.I
)
_BRACKETS = re.compile(r"\[[^\]]*\]|[\[\]]")
#: Letters with marks, digits, punctuation, currencies and spaces; nothing unseen, no pictures.
_SEEN = frozenset(
    {"Lu", "Ll", "Lt", "Lm", "Lo", "Mn", "Mc", "Nd", "Pc", "Pd", "Ps", "Pe", "Pi", "Pf", "Po", "Sc", "Zs"}
)
_SIGNS = frozenset("+=−")
_LINK = re.compile(r"https?:|\w+://|www\.|\]\(|[<>]", re.I)
#: A sign that stands apart from its number.
_SIGNED = re.compile(r"(?<!\d)\s[-−]\s+\d(?!\d{3}-)")
_JOINED = re.compile(r"\d_|_\d")
#: A question or a call states nothing.
_NO_STATEMENT = re.compile(r"[?!]")
_FACT = re.compile(r"\{F\d+\}")


def wrong_markup(stated: Stated, evidence: Evidence) -> str | None:
    named = without(_names(stated, evidence), stated.whole)
    unseen = next((char for char in named if unicodedata.category(char) not in _SEEN and char not in _SIGNS), None)
    if unseen:
        return f"the character U+{ord(unseen):04X} is not allowed"
    plain = MARKER.sub(" ", QUOTED.sub(" ", named))
    if why := unknown_fact(stated.whole):
        return why
    if _BRACKETS.search(plain) or _MARKUP.search(plain) or _BARE_LINK.search(plain):
        return "links and markup are not allowed"
    if _LINK.search(stated.whole):
        return "links and markup are not allowed, not even in a quotation"
    if _NO_STATEMENT.search(plain):
        return "only what is stated can be held to the evidence: no questions, no exclamations"
    if _SIGNED.search(plain) or _JOINED.search(plain) or any(char.isnumeric() and not char.isascii() for char in plain):
        return "numbers are written in plain digits"
    return None


def _names(stated: Stated, evidence: Evidence) -> list[str]:
    """Customers as answers call them; a name that could be more than one is not let through."""
    ids = {passage.client_id for passage in stated.passages}
    names = [*ids, *(name for each in ids if (name := evidence.names.get(each)))]
    return sorted(
        (name for name in names if plain_name(name) == name and not _LINK.search(name)), key=len, reverse=True
    )


def unknown_fact(text: str) -> str | None:
    """Why a reference that is still there was not written out, or None."""
    found = _FACT.search(QUOTED.sub(" ", text))
    return f"{found[0]} is no fact that a tool returned" if found else None
