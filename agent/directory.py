"""Everything that customers of a workspace are known by, put in order once, so that a question meets all of it."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from agent.folding import fold
from agent.reserved import RESERVED
from memory.record import Record
from tools.pace import Pace
from tools.survey import Customer, Survey

_NOTE = "directory"
#: Shorter name parts ("Al", "de") are words of many questions.
_MIN_PART = 3
#: Longer "names" are texts.
MAX_NAME = 60
#: No number of a document is longer.
_LONGEST = 64
_DOCUMENT_LABEL = re.compile(r"\b(?:id|number|no|code|reference|ref|sku)$")
WORD = re.compile(r"[^\W_]+(?:[-'._@][^\W_]+)*", re.UNICODE)
_RUN = re.compile(r"\w+")

Index = defaultdict[str, list[str]]


@dataclass(slots=True)
class Directory:
    """Client ids by what leads to them, and the words of the workspace's events; all texts folded but ids.

    `documents` has for each number under a property that numbers documents the owners by that property.
    """

    customers: Mapping[str, Customer]
    names: dict[str, str | None] = field(default_factory=dict)
    parts: Index = field(default_factory=lambda: defaultdict(list))
    company_words: Index = field(default_factory=lambda: defaultdict(list))
    shapes: set[str] = field(default_factory=set)
    #: Words of the names of events and items; and of properties, with their short values whole.
    heard: set[str] = field(default_factory=set)
    stated: set[str] = field(default_factory=set)
    documents: dict[str, dict[str, list[str]]] = field(default_factory=dict)
    _called: Index = field(default_factory=lambda: defaultdict(list))
    _first_words: Index = field(default_factory=lambda: defaultdict(list))

    def perhaps(self, tokens: Iterable[str], folded: str) -> Iterator[tuple[str, Customer]]:
        """Every customer whose id or address is one of the tokens, or a word of whose full name or company stands in
        the folded text; the others cannot be named in whole."""
        found = [key for token in tokens for key in self._called.get(token, ())]
        found += [key for token in tokens if "@" in token for key in self._called.get(token.casefold(), ())]
        found += [key for word in {"", *_RUN.findall(folded)} for key in self._first_words.get(word, ())]
        return ((key, self.customers[key]) for key in dict.fromkeys(found))

    def fill(self) -> Iterator[None]:
        """Read every customer, one a turn."""
        seen: set[str | tuple[str, object]] = set()
        for key, customer in self.customers.items():
            self._enter(key, customer)
            for record in customer.records:
                self._hear(record, seen)
                self._file(key, record)
            yield

    def _enter(self, key: str, customer: Customer) -> None:
        profile = customer.profile
        self.names[key] = profile.name
        self.shapes.add(shape(key))
        for id_ in dict.fromkeys((key, *profile.joined_ids)):
            self._called[id_].append(key)
        if profile.email:
            self._called[profile.email.casefold()].append(key)
        for name in filter(None, (profile.name, profile.company)):
            first = _RUN.search(fold(name))
            self._first_words[first[0] if first else ""].append(key)
        for part in dict.fromkeys(parts_of_name(customer)):
            self.parts[part].append(key)
        for word in dict.fromkeys(WORD.findall(fold(profile.company or ""))):
            self.company_words[word].append(key)

    def _hear(self, record: Record, seen: set[str | tuple[str, object]]) -> None:
        for text in (record.title, *record.items):
            if text not in seen:
                seen.add(text)
                self.heard |= {fold(word) for word in WORD.findall(text)}
        for pair in record.details:
            if pair not in seen:
                seen.add(pair)
                label, value = pair
                self.stated |= set(WORD.findall(fold(label)))
                if isinstance(value, str) and len(value) <= MAX_NAME:
                    # Whole: a plan called "Studio" takes the word, a "studio director" does not.
                    self.stated.add(fold(value))

    def _file(self, key: str, record: Record) -> None:
        for label, value in record.details:
            if isinstance(value, str) and len(value) < _LONGEST and _numbers_documents(label):
                owners = self.documents.setdefault(fold(value), {}).setdefault(label, [])
                if not owners or owners[-1] != key:
                    owners.append(key)


def directory(customers: Mapping[str, Customer]) -> Directory:
    """The directory of these customers, made at once."""
    made = Directory(customers)
    for _ in made.fill():
        pass
    return made


async def directory_of(survey: Survey) -> Directory:
    """The directory of everyone, kept with the survey; made in turns with other requests."""
    kept = survey.notes.get(_NOTE)
    if isinstance(kept, Directory):
        return kept
    made, pace = Directory(survey.customers), Pace()
    for _ in made.fill():
        await pace.breathe()
    survey.notes[_NOTE] = made
    return made


def shape(text: str) -> str:
    """What ids of one kind have in common: "c-17" and "c-42" are both "a-99"."""
    return re.sub(r"[^\W\d_]", "a", re.sub(r"\d", "9", text))


def parts_of_name(customer: Customer) -> list[str]:
    """The words of a customer's name that can stand for them."""
    name = fold(customer.profile.name or "")[:MAX_NAME]
    # By whole words: "Wills" is a surname, though "will" is none.
    words = (part for part in WORD.findall(name) if re.search(r"[^\W\d_]", part))
    return [part for part in words if len(part) >= _MIN_PART and part not in RESERVED]


@lru_cache(maxsize=4096)
def _numbers_documents(label: str) -> bool:
    return _DOCUMENT_LABEL.search(label) is not None
