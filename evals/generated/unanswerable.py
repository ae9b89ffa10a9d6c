"""What no event holds, and customers who do not exist: the right answer is that it is not known."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from random import Random

from evals.generated.draft import draft
from evals.generated.names import called
from evals.generated.pools import with_events
from evals.sample import Sample
from evals.truth.figures import REFUNDS, Slice
from evals.truth.tables import Tables

#: A question, and the words of which none may stand in any event of the customer.
_SHOP = (
    ("What is {who}'s phone number?", ("phone",)),
    ("When is {who}'s birthday?", ("birth",)),
    ("Which courier delivered the last order of {who}?", ("courier", "carrier", "shipping", "deliver")),
    ("Does {who} pay by card or by invoice?", ("payment", "invoice", "card_type")),
    ("what margin do we make on {who}?", ("margin", "cost", "profit")),
    ("Why did {who} send things back?", ("reason", "comment", "message")),
    ("How satisfied is {who} with us, on a scale from 0 to 10?", ("score", "nps", "rating", "comment")),
    ("Which of our newsletters did {who} open?", ("newsletter", "email", "campaign")),
    ("Could you tell me the street address of {who}?", ("street", "address", "postcode")),
    ("Which competitor does {who} also buy from?", ("competitor",)),
)
_SOFTWARE = (
    ("How old is {who}?", ("birth", '"age"')),
    ("What is {who}'s VAT number?", ("vat",)),
    ("Is {who} married?", ("married", "spouse", "husband", "wife")),
    ("Which browser does {who} use?", ("browser", "chrome", "firefox", "safari")),
    ("What salary does {who} earn?", ("salary",)),
    ("Who is our contact in the accounting department of {who}'s company?", ("accounting", "accountant")),
    ("Which bank is {who} with?", ("bank", "iban")),
    ("What did {who} say about us on Twitter?", ("twitter",)),
    ("Which car does {who} drive?", ("vehicle", "drive", "my car")),
)
_STRANGERS = {
    "shop": (
        ("How much did customer 19999 spend in May 2011?", "19999"),
        ("Is customer 11111 at risk of leaving?", "11111"),
    ),
    "software": (
        ("When did Anna Petrova last sign in?", "Petrova"),
        ("How many tickets has Ingrid Solberg opened?", "Solberg"),
    ),
}


def shop(tables: Tables, rng: Random) -> Iterator[Sample]:
    return _asked(tables, rng, _SHOP)


def software(tables: Tables, rng: Random) -> Iterator[Sample]:
    return _asked(tables, rng, _SOFTWARE)


def _asked(tables: Tables, rng: Random, questions: Sequence[tuple[str, Sequence[str]]]) -> Iterator[Sample]:
    names: dict[str, str] = dict(tables.rows("SELECT who, name FROM people ORDER BY who"))
    # In the shop those who sent something back, so that a question about it has an object.
    people = sorted(names) or with_events(tables, Slice(REFUNDS), 1)
    for template, words in questions:
        told = held(tables, words)
        who = rng.choice([each for each in people if each not in told])
        question = template.format(who=names.get(who) or called(tables, who, rng))
        yield draft(tables, question, "unanswerable", None, who=[who])
    for question, stranger in _STRANGERS[tables.workspace]:
        if held(tables, [stranger]):
            raise ValueError(f"{stranger} does exist in {tables.workspace}")
        yield draft(tables, question, "unknown", None)


def held(tables: Tables, words: Sequence[str]) -> set[str]:
    """The customers with an event in which one of these words begins a word."""
    pattern = "|".join(rf"\b{word}" if word[0].isalnum() else word for word in words)
    return set(
        tables.column(
            """SELECT DISTINCT who FROM events
               WHERE regexp_matches(replace(line::VARCHAR, 'messageId', ''), $pattern, 'i')""",
            pattern=pattern,
        )
    )
