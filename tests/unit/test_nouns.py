"""Which events a question means."""

from __future__ import annotations

import pytest

from agent.folding import stem
from agent.nouns import find_events, find_item_part

TITLES = ["Payment Failed", "Payment Succeeded", "Page Viewed: Pricing", "Signed In", "Project Created", "Export"]


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("How many orders did they place?", "purchase"),
        ("What did she buy?", "purchase"),
        ("How many refunds?", "refund"),
        ("What was sent back?", "refund"),
        ("How much did they spend?", "money"),
        ("What is the revenue?", "money"),
        ("Orders minus refunds", "money"),
        ("When were they last active?", "activity"),
        ("How many events?", "any"),
        ("What happened?", "any"),
    ],
)
def test_everyday_nouns_mean_kinds_of_events(question: str, kind: str) -> None:
    assert find_events(question, TITLES) == (kind, ())


@pytest.mark.parametrize(
    ("question", "title"),
    [
        ("How many payments failed?", "Payment Failed"),
        ("When did a payment last fail?", "Payment Failed"),
        ("How many projects were created?", "Project Created"),
        ("Who viewed the pricing page?", "Page Viewed: Pricing"),
        ("How many sign-ins?", "Signed In"),
        ("Which tickets are there?", "Support Ticket Opened"),
    ],
)
def test_events_are_found_by_the_words_of_their_names(question: str, title: str) -> None:
    assert find_events(question, TITLES) == ("any", (title,))


def test_one_common_word_is_no_name() -> None:
    assert find_events("How do I export?", TITLES) == ("any", ())


def test_the_fullest_name_wins_and_equals_come_together() -> None:
    assert find_events("new account created", ["Account Created", "New Account Created"]) == (
        "any", ("New Account Created",),
    )  # fmt: skip
    assert find_events("email opened or clicked", ["Email Clicked", "Email Opened"]) == (
        "any", ("Email Clicked", "Email Opened"),
    )  # fmt: skip


def test_names_of_events_that_do_not_exist_here_are_not_found() -> None:
    assert find_events("How many payments failed?", ["Payment Succeeded"]) == ("purchase", ())


@pytest.mark.parametrize(
    "words",
    [("payments", "payment"), ("created", "create", "creating"), ("companies", "company"), ("clicked", "clicks")],
)
def test_forms_of_a_word_share_their_stem(words: tuple[str, ...]) -> None:
    assert len({stem(word) for word in words}) == 1


@pytest.mark.parametrize("word", ["is", "red", "bee", "uses"])
def test_short_words_are_not_cut_to_nothing(word: str) -> None:
    assert len(stem(word)) >= min(3, len(word))


def test_a_name_that_everybody_knows_is_meant_though_questions_are_made_of_its_words() -> None:
    titles = ["Order Completed", "Order Cancelled"]
    assert find_events("How many orders were cancelled?", titles) == ("any", ("Order Cancelled",))


def test_a_deed_is_meant_where_nothing_else_is_what_the_noun_means() -> None:
    question = "How many orders were placed?"
    assert find_events(question, ["Order Placed"]) == ("any", ("Order Placed",))
    assert find_events(question, ["Order Placed", "Order Completed"]) == ("purchase", ())


@pytest.mark.parametrize(
    ("title", "question", "kind"),
    [
        ("Total Revenue", "What is the total revenue?", "money"),
        ("Refunds Were", "How many refunds were there?", "refund"),
        ("Customers Churned", "How many customers churned?", "any"),
    ],
)
def test_a_name_of_a_questions_own_words_is_not_meant(title: str, question: str, kind: str) -> None:
    assert find_events(question, [title]) == (kind, ())


@pytest.mark.parametrize(
    ("words", "items", "part"),
    [
        (["lanterns"], ["RED LANTERN", "Lanterns, set of 3"], "lantern"),
        (["lunch", "bag"], ["Lunch Bag Spotty", "Bag for lunch"], "lunch bag"),
        (["bag"], ["Cabbage", "Bagel"], None),
        (["red", "bags"], ["Red Lantern", "Paper Bag"], None),
        ([], ["Red Lantern"], None),
    ],
)
def test_words_mean_the_items_whose_names_hold_them_in_a_row(
    words: list[str], items: list[str], part: str | None
) -> None:
    assert find_item_part(words, items) == part


def test_items_that_no_one_part_of_a_name_covers_are_not_half_found() -> None:
    assert find_item_part(["berries"], ["Berry Jam", "Dried Berries"]) is None
