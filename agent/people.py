"""Who a question is about: customers named by id, name or e-mail, found in the workspace and nowhere else."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from agent.directory import MAX_NAME, WORD, Directory, directory, parts_of_name, shape
from agent.folding import fold
from agent.reserved import NOT_NAMES, RESERVED, is_quantity, names_nothing
from tools.survey import Customer

_LABELLED = re.compile(
    r"\b(?:customer|client|user|account)s?\s+(?:number\s+|id\s+|no\.?\s+|#\s*)?[\"'“]?([\w@.+-]*\d[\w@.+-]*)", re.I
)
_BEFORE_SOMEBODY = (
    "did|does|do|is|was|has|have|had|will|would|may|might|can|could|should|about|for|of|from|to|by|with|keep|tell"
)
#: An id where somebody stands.
_STANDING = re.compile(rf"\b(?:{_BEFORE_SOMEBODY})\s+(\w[\w.:-]*\d[\w.:-]*\b)", re.I)
#: Small numbers, years and quarters stand there too.
_NO_ID = re.compile(r"\d{1,3}|(?:19|20)\d\d|q[1-4]", re.I)
#: A small number that somebody is called by: "Is 17 at risk?", but not "Did 17 customers pay?".
_SUBJECT = re.compile(
    r"\b(?:did|does|is|was|has|had|recommend to|tell me about)\s+(\d{1,3})\b"
    r"(?!\s*(?:[€£$.,:-]\s*\d|%|eur|gbp|usd|\w+s\b))",
    re.I,
)
_NAME = r"[A-ZÀ-Þ][\w’'-]{1,40}(?:\s+[A-ZÀ-Þ][\w’'-]{1,40}){0,4}"
#: A capitalised name where somebody stands: after a verb or preposition, or as an owner.
_SOMEBODY = re.compile(rf"\b(?i:{_BEFORE_SOMEBODY})\s+({_NAME})|({_NAME})['’]s\b")
#: "The studio" where somebody stands.
_STANDS_FOR = re.compile(
    rf"\b(?:{_BEFORE_SOMEBODY})\s+(?:the|our|this|that)\s+([^\W\d_]{{4,}})\b|\bthe\s+([^\W\d_]{{4,}})['’]s\b", re.I
)


@dataclass(frozen=True, slots=True)
class People:
    """`found` client ids in the order named; `ambiguous` maps words to the client ids they fit; `unknown` fit none."""

    found: tuple[str, ...] = ()
    ambiguous: tuple[tuple[str, tuple[str, ...]], ...] = ()
    unknown: tuple[str, ...] = ()
    words: tuple[str, ...] = ()


def find_people(question: str, customers: Mapping[str, Customer] | Directory) -> People:
    """The customers that a question names.

    Names are what visitors say of themselves: one made of a question's own words names nobody.
    """
    known = customers if isinstance(customers, Directory) else directory(customers)
    folded = fold(question)
    words = [fold(word) for word in WORD.findall(_without_possessive(question))]
    exact = _exact(question, folded, known)
    taken = {part for client_id in exact for part in parts_of_name(known.customers[client_id])}
    by_part = {word: known.parts[word] for word in words if word in known.parts and word not in taken}
    found = list(exact)
    ambiguous: dict[str, tuple[str, ...]] = {}
    for word in (word for word in words if word in by_part):
        if len(by_part[word]) == 1:
            found.append(by_part[word][0])
        else:
            ambiguous[word] = tuple(sorted(by_part[word]))
    if not found and not ambiguous:
        standing = _standing_for(question, known)
        found += [fits[0] for fits in standing.values() if len(fits) == 1]
        ambiguous = {word: fits for word, fits in standing.items() if len(fits) > 1}
        taken |= set(standing)
    named = tuple(dict.fromkeys(found))
    ambiguous = {word: fits for word, fits in ambiguous.items() if not set(fits) & set(named)}
    unknown = () if named or ambiguous else _unknown(question, known)
    own = {fold(word) for key in named for word in WORD.findall(f"{key} {known.customers[key].profile.company or ''}")}
    used = [word for word in words if word in by_part or word in taken or word in own]
    return People(named, tuple(ambiguous.items()), unknown, tuple(dict.fromkeys(used)))


def _standing_for(question: str, known: Directory) -> dict[str, tuple[str, ...]]:
    """Words that stand for somebody by a part of their company's name: "how much did the studio pay?".

    A word that names events, items, properties or values stands for these.
    """
    asked = dict.fromkeys(fold(match[1] or match[2]) for match in _STANDS_FOR.finditer(question))
    fits: dict[str, tuple[str, ...]] = {}
    for word in (word for word in asked if word not in RESERVED):
        if word in known.company_words and word not in known.heard and word not in known.stated:
            fits[word] = tuple(sorted(known.company_words[word]))
    return fits


def _exact(question: str, folded: str, known: Directory) -> list[str]:
    """Customers whose id, e-mail, full name or company stands in the question, in the order they stand there."""
    spots: list[tuple[int, str]] = []
    tokens = {token.strip(".,;:!?\"'“”()") for token in _without_possessive(question).split()}
    addresses = {token.casefold() for token in tokens if "@" in token}
    for client_id, customer in known.perhaps(tokens, folded):
        profile = customer.profile
        called = [id_ for id_ in (client_id, *profile.joined_ids) if id_ in tokens and _is_told_apart(id_, question)]
        if called:
            spots.append((question.find(called[0]), client_id))
        elif profile.email and profile.email.casefold() in addresses:
            spots.append((question.casefold().find(profile.email.casefold()), client_id))
        else:
            named = [name for name in (_full_name(profile.name), fold(profile.company or "")) if not _is_common(name)]
            spots += [(folded.find(name), client_id) for name in named if _stands_in(name, folded)][:1]
    return [client_id for _, client_id in sorted(spots)]


def _full_name(name: str | None) -> str:
    """A name of two words or more; one word alone is a part, which others may share."""
    folded = fold(name or "")
    return folded if " " in folded else ""


def _is_common(name: str) -> bool:
    """Whether a name says nothing but words that questions are made of."""
    return len(name) > MAX_NAME or names_nothing(name)


def _is_told_apart(client_id: str, question: str) -> bool:
    """Whether an id in a question is meant as one. What may be a count, a rank or a time is where it is called a
    customer's, or a small number stands where somebody does; a word is where questions are not made of it."""
    if _NO_ID.fullmatch(client_id):
        return client_id in [*_LABELLED.findall(question), *_SUBJECT.findall(question)]
    if re.search(r"\d", client_id):
        return not is_quantity(client_id)
    return not _is_common(client_id)


def _stands_in(name: str, folded: str) -> bool:
    return name in folded and re.search(rf"(?<!\w){re.escape(name)}(?!\w)", folded) is not None


def _unknown(question: str, known: Directory) -> tuple[str, ...]:
    """Ids and names in the question that belong to nobody here."""
    standing = [id_ for id_ in _STANDING.findall(question) if shape(id_) in known.shapes and not _NO_ID.fullmatch(id_)]
    labelled = [match.strip(".,;:!?'\"") for match in _LABELLED.findall(question)]
    missing = [found for found in dict.fromkeys([*labelled, *standing]) if found and found not in known.customers]
    # "Who asked about Excel?" looks for people: its capitals name what they spoke of.
    if missing or re.match(r"\s*(?:who|which|whom|list|any)\b", question, re.I):
        return tuple(missing)
    names: list[str] = []
    for match in _SOMEBODY.finditer(question):
        name = _without_possessive(match[1] or match[2])
        words = [word for word in re.findall(r"[^\W\d_]+", name) if not word.isupper()]
        unheard = [word for word in words if fold(word) not in NOT_NAMES and fold(word) not in known.heard]
        if unheard:
            names.append(" ".join(unheard))
    return tuple(dict.fromkeys(names))


def _without_possessive(text: str) -> str:
    return re.sub(r"['’]s\b", "", text)
