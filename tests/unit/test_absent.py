"""What a question takes for granted: ids and names, and nothing else that begins with a capital or holds a number."""

from __future__ import annotations

import time

import pytest

from agent.absent import find_absent, is_spoken_of, things_asked, unheard
from agent.lexicon import Lexicon
from tools.catalogue import Catalogue, Label


async def nothing_mentions(text: str) -> bool:
    return False


async def looked_for(question: str, *known: str) -> tuple[str, ...]:
    """What is searched for, where nothing is found."""
    return await find_absent(question, known, nothing_mentions)


@pytest.mark.parametrize(
    ("question", "names"),
    [
        ("What does ticket T-2124 say?", ("T-2124",)),
        ("What is in INV_17?", ("INV_17",)),
        ("Who opened INV/2024/0017?", ("INV/2024/0017",)),
        ("What about user-99?", ("user-99",)),
        ("Did <nobody@example.com> order?", ("nobody@example.com",)),
        ("What is in order 700001?", ("700001",)),
        ("order no. 700001", ("700001",)),
        ("order nr. 700001", ("700001",)),
        ("order ID: 700001", ("700001",)),
        ("order: 700001", ("700001",)),
        ("order=700001", ("700001",)),
        ("invoice (700001)", ("700001",)),
        ("What happened in order #2011?", ("2011",)),
        ("the order numbered 2011", ("2011",)),
        ("Who bought the Antigravity Teapot?", ("Antigravity", "Teapot")),
        ("How often was the Teapot's lid lost?", ("Teapot",)),
    ],
)
async def test_ids_and_names_are_looked_for(question: str, names: tuple[str, ...]) -> None:
    assert await looked_for(question) == names


@pytest.mark.parametrize(
    "question",
    [
        "How many orders 2011?",
        "Orders 2010 versus 2011",
        "Orders: 2010 versus 2011",
        "payments (500 EUR or more)",
        "payments 100 EUR or more",
        "orders 1000 GBP",
        "orders 500 or more",
        "Top-3 customers?",
        "How many orders in Q1-2026?",
        "orders of the last-30-days",
        "Please, Sir, who needs attention?",
        "I'm Bob from Sales. Who needs attention?",
        "My name is Alice and I count orders",
        "Customer Success wants to know: who is at risk?",
        "Dear Analyst, how many orders?",
        "Top 10 Customers By Revenue",
        "WHO BOUGHT THE TEAPOT?",
        "How many orders?\nRefunds too",
        "1. Teapots: how many?",
        'Why "Teapots"?',
    ],
)
async def test_years_amounts_ranks_and_who_asks_are_not(question: str) -> None:
    assert await looked_for(question.replace("My name", "my name")) == ()


async def test_what_is_known_is_not_looked_for_and_hides_nobody_else() -> None:
    assert await looked_for("Compare Jonas Weber and Roberta Nkemelu", "Jonas Weber") == ("Roberta", "Nkemelu")
    assert await looked_for("Does she know Abel?", "abe") == ("Abel",)


@pytest.mark.parametrize(
    "hostile",
    [
        "a-1" * 1_300 + "@",
        "a" * 4_000,
        "." + " " * 3_800 + "xx Ab yy Cd " * 16,
        "order" + " " * 3_900 + "x",
        "I am Ab " * 500,
        "Ab of " * 660,
    ],
)
async def test_a_hostile_question_is_read_in_no_time(hostile: str) -> None:
    started = time.process_time()
    await looked_for(hostile)
    assert time.process_time() - started < 1


LEXICON = Lexicon(
    Catalogue(
        {"Cabin Reserved": 3, "Complaint Filed": 1},
        {"route": Label("route", frozenset({"text"}), frozenset({"Cabin Reserved"}), {"Baltic": 3}, 3)},
    ),
    frozenset({"Pink Doormat"}),
)


@pytest.mark.parametrize(
    ("topic", "text", "words"),
    [
        ("Which courier delivered the last order?", "", ("courier",)),
        ("which hotel did stay at?", "which hotel did Ida stay at?", ("hotel",)),
        ("what margin do we make on", "what margin do we make on 17?", ("margin",)),
        ("Which of our newsletters did open?", "Which of our newsletters did Ida open?", ("newsletters",)),
        ("What is VAT number?", "What is Ida's VAT number?", ("VAT",)),
        ("What is the tax number of", "What is the tax number of Ida?", ("tax",)),
        ("Who is our contact in the tax department?", "Who is our contact in Ida's tax department?",
         ("contact", "tax", "department")),
        ("What is unhappy about?", "What is Ida unhappy about?", ()),
        ("What did complain about?", "What did Ida complain about?", ()),
        ("Who is?", "Who is Ida?", ()),
        ("licence plate of car?", "licence plate of Ida's car?", ("plate",)),
    ],
)  # fmt: skip
def test_a_question_names_what_it_asks_for_by_a_noun(topic: str, text: str, words: tuple[str, ...]) -> None:
    assert things_asked(topic, text or topic) == words


@pytest.mark.parametrize(
    ("words", "missing"),
    [
        (("courier",), ("courier",)),
        (("route",), ()),
        (("Baltic", "route"), ()),
        # A value is no name for what is asked for.
        (("Baltic",), ("Baltic",)),
        (("cabins",), ()),
        (("reservation",), ()),
        (("complaints",), ()),
        (("doormat",), ()),
        (("month",), ()),
        (("other", "ferryman"), ("ferryman",)),
    ],
)
def test_a_noun_is_heard_where_the_workspace_calls_something_so(
    words: tuple[str, ...], missing: tuple[str, ...]
) -> None:
    assert unheard(words, LEXICON) == missing


def test_a_word_is_spoken_of_in_another_form_or_by_another_word_for_it() -> None:
    assert is_spoken_of("couriers", "The courier was late")
    assert is_spoken_of("reason", "Cause: rain")
    assert not is_spoken_of("courier", "The order was late")
