"""A clause is read by the workspace's own vocabulary: its events, their properties, and the values these hold."""

from __future__ import annotations

import pytest

from agent.lexicon import Lexicon, tokens_of
from agent.terms import Terms, read_terms
from tools.catalogue import Catalogue, Label
from tools.selection import Condition


def label(name: str, *titles: str, values: dict[str, int] | None = None, number: bool = False) -> Label:
    kind = "number" if number else "text"
    return Label(name=name, kinds=frozenset({kind}), titles=frozenset(titles), values=values or {}, count=9)


GYM = Catalogue(
    titles={
        "Class Attended": 40, "Class Cancelled": 5, "Locker Rented": 9, "Feedback Left": 8, "Profile Updated": 12,
        "How Many Customers": 1,
    },
    labels={
        each.name: each
        for each in (
            label("class type", "Class Attended", "Class Cancelled", values={"Yoga": 20, "Spinning": 15, "Open": 3}),
            label("coach", "Class Attended", values={"Ada Byron": 12, "Grace": 9}),
            label("minutes", "Class Attended", number=True),
            label("stars", "Feedback Left", number=True),
            label("locker id", "Locker Rented"),
            label("home gym", "Profile Updated", values={"North": 7, "South": 5}),
            label("orders", "Profile Updated", number=True),
            label("motto", "Profile Updated", values={"Top 3 customers by spend": 1}),
        )
    },
)  # fmt: skip
LEXICON = Lexicon(GYM)


def read(clause: str, *people: str) -> Terms:
    return read_terms(clause, LEXICON, people)


@pytest.mark.parametrize(
    ("clause", "titles"),
    [
        ("How many classes did she attend?", ("Class Attended",)),
        ("list the locker rentals", ("Locker Rented",)),
        ("who left feedback", ("Feedback Left",)),
        # An event that undoes another is meant only where that is said.
        ("how many classes were there?", ("Class Attended",)),
        ("how many classes were cancelled?", ("Class Cancelled",)),
        # An event made of a question's own words takes over nothing.
        ("how many customers are there?", ()),
        ("what is the weather like?", ()),
    ],
)
def test_events_are_named_by_the_words_of_their_names(clause: str, titles: tuple[str, ...]) -> None:
    assert read(clause).titles == titles


@pytest.mark.parametrize(
    ("clause", "condition"),
    [
        ("how many yoga classes", Condition(label="class type", op="is", value="Yoga")),
        ("classes with Ada Byron", Condition(label="coach", op="is", value="Ada Byron")),
        ("classes without Grace", Condition(label="coach", op="is_not", value="Grace")),
        ("feedback with at least 4 stars", Condition(label="stars", op="at_least", value=4.0)),
        ("feedback with 2 or fewer stars", Condition(label="stars", op="at_most", value=2.0)),
        ("who has North as home gym", Condition(label="home gym", op="is", value="North")),
    ],
)
def test_values_and_bounds_become_conditions_on_their_property(clause: str, condition: Condition) -> None:
    assert read(clause).where == (condition,)


def test_a_value_made_of_a_questions_own_words_is_meant_only_beside_its_property() -> None:
    assert read("who are the top 3 customers by spend").where == ()
    assert read("which classes are open now").where == ()


def test_a_name_that_was_understood_is_no_value_too() -> None:
    assert read("how many classes did Grace attend", "grace").where == ()


@pytest.mark.parametrize(
    ("clause", "labels"),
    [
        ("which coach did she have last?", ("coach",)),
        ("what home gym is she at", ("home gym",)),
        ("total minutes", ("minutes",)),
        # "Lockers" are no locker ids, unless the number is asked for.
        ("which lockers did she rent", ()),
        ("what is her locker id", ("locker id",)),
    ],
)
def test_properties_are_asked_for_by_name(clause: str, labels: tuple[str, ...]) -> None:
    assert read(clause).labels == labels


def test_words_are_met_over_endings_and_common_synonyms() -> None:
    assert read("how long did the rental of lockers last").titles == ("Locker Rented",)
    assert read("average rating in the feedback").labels[:1] == ("stars",)


def test_tokens_keep_their_places_in_the_text() -> None:
    text = "Zoë’s Straße"
    first = tokens_of(text)[0]
    assert text[first.start : first.end] == "Zoë"


def test_a_property_named_in_full_is_no_event_that_is_called_alike() -> None:
    found = Catalogue(
        titles={"Home Viewed": 9, "Profile Updated": 3},
        labels={"home gym": label("home gym", "Profile Updated", values={"North": 3})},
    )
    terms = read_terms("who has North as home gym", Lexicon(found))
    assert (terms.titles, [c.label for c in terms.where]) == ((), ["home gym"])
