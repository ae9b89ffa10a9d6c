"""What is not on record, who does not exist, and names that fit several members."""

from __future__ import annotations

from collections.abc import Iterator

from evals.domains.asking import Asking
from evals.domains.library.asked import BORROWED
from evals.generated.unanswerable import held
from evals.sample import Sample

#: A question, and the words of which none may stand in any event.
_UNKNOWN_OF_SOMEBODY: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("Which school does {0} go to?", ("school-name", "college", "campus")),
    ("what's the PIN of {0}'s library card?", ('pin"', "passcode", "password")),
    ("Who is {0}'s emergency contact?", ("emergency", "next of kin")),
    ("is {0} left-handed?", ("handed",)),
)
_UNKNOWN_OF_ALL: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("How many parking spaces are there at Te Puna?", ("parking", "car park")),
    ("who is the publisher of Nine Winters North?", ("publisher", "imprint")),
)
_STRANGERS = (
    ("What has Cordelia Whatmough borrowed lately?", "Whatmough"),
    ("number of holds placed by card-79999", "card-79999"),
)
_SHARED = (
    ("What was the last thing {name} borrowed?", "Hemi"),
    ("fines charged to {name}, total?", "Macrae"),
    ("Which suburb is {name} from?", "Ngata"),
    ("How many programmes has {name} attended?", "Holloway"),
    ("when did {name} last place a hold?", "Pillai"),
)


def unanswerable(ask: Asking) -> Iterator[Sample]:
    for words, absent in _UNKNOWN_OF_SOMEBODY:
        _absent(ask, absent)
        yield ask.ask(words, "unanswerable", (None, ()), ask.pick(BORROWED, 2))
    for words, absent in _UNKNOWN_OF_ALL:
        _absent(ask, absent)
        yield ask.ask(words, "unanswerable", (None, ()))
    for words, stranger in _STRANGERS:
        _absent(ask, (stranger,))
        yield ask.ask(words, "unknown", (None, ()))


def ambiguous(ask: Asking) -> Iterator[Sample]:
    for words, name in _SHARED:
        members = ask.tables.column(
            "SELECT who FROM people WHERE list_contains(string_split(name, ' '), $name) ORDER BY who", name=name
        )
        if len(members) < 2:
            raise ValueError(f"{name} fits {members} alone")
        yield ask.ask(words.replace("{name}", name), "ambiguous", (members, ())).model_copy(
            update={"customer_ids": tuple(members)}
        )


def _absent(ask: Asking, words: tuple[str, ...]) -> None:
    if told := held(ask.tables, words):
        raise ValueError(f"{words} stand in events of {sorted(told)[:3]}")
