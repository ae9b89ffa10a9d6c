"""What a trade calls its customers: "members", "patients", "owners" are read as customers."""

from __future__ import annotations

import re

from agent.folding import fold, stem
from agent.lexicon import Lexicon, stems

#: Words for the people that a business serves; visitors, leads and trials are stages.
_PEOPLE = (
    "member|owner|guest|patron|reader|student|patient|subscriber|donor|tenant|driver|rider|learner|pupil|shopper|traveller"
    "|traveler|participant|borrower|renter|resident|policyholder|cardholder|maker|player|parent|household"
    "|passenger|attendee|supporter|diner|holder|contact|consumer|purchaser|merchant|seller|host"
)
_NAMED = re.compile(rf"\b(?P<word>{_PEOPLE})(?P<many>s?)\b(?!['’-]|\s+(?:id|number|type|level|card)\b)", re.I)


def as_customers(clause: str, lexicon: Lexicon) -> str:
    """The clause with the trade's word for its customers, unless something else here is called so."""

    def said(match: re.Match[str]) -> str:
        if _is_taken(match["word"], lexicon):
            return match[0]
        return f"customer{match['many']}"

    return _NAMED.sub(said, clause)


def _is_taken(word: str, lexicon: Lexicon) -> bool:
    """Whether an event, a property as a whole, or a value is called so: "guests" may be a number of theirs."""
    root = stem(fold(word))
    catalogue = lexicon.catalogue
    return (
        any(root in stems(title) for title in catalogue.titles)
        or any(stems(label) == {root} for label in catalogue.labels)
        or any(stems(value) == {root} for label in catalogue.labels.values() for value in label.values)
    )
