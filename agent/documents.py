"""Numbers of documents in a question: "reservation 6B5C9L", "order 551556"."""

from __future__ import annotations

import re
from dataclasses import dataclass

from agent.directory import Directory
from agent.folding import fold
from tools.selection import Condition

#: With a digit, and with letters or long enough to be no count, year or day.
_DOCUMENT = re.compile(r"(?<![\w.@/-])(?=[\w/-]*\d)(?:\d{5,}|[\w/-]*[^\W\d_][\w/-]*)(?![\w@-])")
_DAY = re.compile(r"\d+(?:st|nd|rd|th|k)|\d{4}-\d\d(?:-\d\d)?|[qh]\d|\d{4}-?[qh]\d", re.I)


@dataclass(frozen=True, slots=True)
class Document:
    """A number that events hold under one of their properties, with the customers whose events do."""

    text: str
    condition: Condition
    owners: tuple[str, ...]


def find_documents(text: str, known: Directory) -> list[Document]:
    """The documents that a text names and events know, by the property that says so."""
    wanted = {fold(found): found for found in _DOCUMENT.findall(text) if not _DAY.fullmatch(found)}
    return [
        Document(said, Condition(label=label, op="is", value=said), tuple(owners))
        for key, said in wanted.items()
        for label, owners in known.documents.get(key, {}).items()
    ]
