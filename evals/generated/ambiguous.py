"""A name that several customers share: the right answer is to ask which is meant. Nobody has a name in the shop."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from evals.generated.draft import draft
from evals.sample import Sample
from evals.truth.tables import Tables

_PERSON = (
    "Is {name} at risk of leaving?",
    "What plan is {name} on?",
    "When did {name} sign up?",
    "How many tickets has {name} opened?",
    "Show me {name}'s timeline.",
    "What should we do next for {name}?",
    "What did {name} complain about?",
    "Which features does {name} use most?",
    "How much did {name} pay in October 2025?",
    "nps of {name}?",
    "When was {name} last active?",
    "When did {name} last pay us?",
    "Could you tell me why {name} wrote to support?",
    "Which project did {name} create last?",
    "How many teammates did {name} invite?",
)
_COMPANY = (
    "How much has the {name} paid so far?",
    "How many support tickets did the {name} open?",
    "When did the {name} sign up?",
    "Why did the {name} contact support?",
    "last sign-in of the {name}?",
)
#: Words of names and of companies' names that fit more than one customer.
_SHARED = """
WITH words AS (
    SELECT DISTINCT who, unnest(string_split({column}, ' ')) AS word FROM people
)
SELECT word, list(who ORDER BY who) FROM words GROUP BY word HAVING count(*) > 1 AND len(word) > 2 ORDER BY word
"""


def software(tables: Tables, rng: Random) -> Iterator[Sample]:
    for column, templates in (("name", _PERSON), ("company", _COMPANY)):
        for word, people in tables.rows(_SHARED.format(column=column)):
            name = word if column == "name" else word.lower()
            for template in templates:
                yield draft(tables, template.format(name=name), "ambiguous", people, who=people)
