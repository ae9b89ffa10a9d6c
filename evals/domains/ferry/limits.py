"""What is not on record, who does not exist, and names that fit several customers."""

from __future__ import annotations

from collections.abc import Iterator

from evals.domains.asking import Asking
from evals.domains.ferry.asked import RESERVED
from evals.domains.figures import with_trait
from evals.generated.unanswerable import held
from evals.sample import Sample

#: A question, and the words of which none may stand in any event.
_UNKNOWN_OF_SOMEBODY = (
    ("what's {0}'s phone number?", ("phone number", "mobile", "tel")),
    ("When was {0} born?", ("birth", "born", '"age"')),
    ("does {0} have any food allergies?", ("allerg", "gluten", "nuts")),
    ("Which credit card does {0} use?", ("card", "visa card", "mastercard")),
    ("how many children does {0} have?", ("child_count", "son", "daughter")),
    ("Which hotel did {0} stay at in Stockholm?", ("hotel",)),
    ("licence plate of {0}'s car?", ("plate", "licence", "license")),
    ("Which perfume does {0} wear?", ("perfume", "scent")),
    ("Was {0} seasick?", ("seasick", "nausea")),
)
_UNKNOWN_OF_ALL = (
    ("how many lifeboats does MS Aurelia have?", ("lifeboat",)),
    ("What is the fuel consumption of MS Daina?", ("fuel", "diesel", "consumption")),
)
_STRANGERS = (
    ("How many reservations has Tapani Rautio made?", "Rautio"),
    ("which tier is Birgit Olafsen on?", "Olafsen"),
    ("last crossing of NB:9999:X?", "NB:9999:X"),
)
_SHARED = (
    ("how many reservations did {name} make?", "Jonas"),
    ("which cabin did {name} book last?", "Anna"),
    ("What tier is {name} on?", "Virtanen"),
    ("list {name}'s cancellations", "Kask"),
    ("total fare of {name}?", "Korhonen"),
    ("When did {name} last board?", "Brandl"),
    ("what did {name} complain about?", "Tamm"),
    ("Average survey score of {name}?", "Lindqvist"),
    ("{name}'s home port?", "Rantanen"),
)


def unanswerable(ask: Asking) -> Iterator[Sample]:
    for words, absent in _UNKNOWN_OF_SOMEBODY:
        told = held(ask.tables, absent)
        persons = [who for who in with_trait(ask.tables, "account_type", "private")[0] if who not in told]
        who = ask.pick(RESERVED, 2, persons.__contains__)
        yield ask.ask(words, "unanswerable", (None, ()), who)
    for words, absent in _UNKNOWN_OF_ALL:
        _absent(ask, absent)
        yield ask.ask(words, "unanswerable", (None, ()))
    for words, stranger in _STRANGERS:
        _absent(ask, (stranger,))
        yield ask.ask(words, "unknown", (None, ()))


def ambiguous(ask: Asking) -> Iterator[Sample]:
    for words, name in _SHARED:
        people = ask.tables.column(
            "SELECT who FROM people WHERE list_contains(string_split(name, ' '), $name) ORDER BY who", name=name
        )
        if len(people) < 2:
            raise ValueError(f"{name} fits {people} alone")
        yield ask.ask(words.replace("{name}", name), "ambiguous", (people, ())).model_copy(
            update={"customer_ids": tuple(people)}
        )


def _absent(ask: Asking, words: tuple[str, ...]) -> None:
    if told := held(ask.tables, words):
        raise ValueError(f"{words} stand in events of {sorted(told)[:3]}")
