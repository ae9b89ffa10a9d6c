"""How answers write names and quotations: verbatim, and unable to act on the page."""

from __future__ import annotations

import re

import pytest

from agent.wording import MAX_QUOTE, amount, items, listed, money, opening, plain, quote, who, wrote
from tests.builders import passage
from tools.value import Money

HOSTILE = [
    'He said "leave" and left',
    "See [1] and [2]",
    "![image](https://evil.example/x.png)",
    "[click](javascript:alert(1))",
    "Visit HTTPS://evil.example now",
    "Visit Www.evil.example now",
    "<img src=x onerror=alert(1)>",
    "a | b | c",
    "```\nrun\n```",
    "first\n\n# Heading",
    "first line\n[3]: https://evil.example",
]


def test_a_quotation_is_the_text_in_marks() -> None:
    assert quote("It broke.\nAgain!") == '"It broke. Again!"'


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_in_a_quotation_can_end_it_cite_or_become_markup(text: str) -> None:
    shown = quote(text)
    assert re.fullmatch(r'"[^"\[\]<>`|\n]*"', shown)
    assert not re.search(r"https?:|www\.", shown, re.I)


@pytest.mark.parametrize("text", HOSTILE)
def test_a_quotation_is_a_piece_of_the_text(text: str) -> None:
    assert quote(text).strip('"') in " ".join(text.split())


def test_a_text_that_begins_with_what_is_cut_is_still_quoted() -> None:
    assert quote('"Great" they said') == '"Great"'
    assert quote("[1] I want a refund") == '"I want a refund"'
    assert quote("https://evil.example") == '"//evil.example"'


@pytest.mark.parametrize("text", ["", "  ", '""', "[]", "<>"])
def test_of_nothing_there_is_no_quotation(text: str) -> None:
    assert quote(text) == ""
    assert plain(text) == ""


def test_a_long_text_is_cut_between_words_and_shows_it() -> None:
    shown = quote("word " * 100)
    assert len(shown) <= MAX_QUOTE + 4
    assert shown.endswith('word" …')


def test_a_customer_is_called_by_name_and_id() -> None:
    assert who("c-1", "Ada Byron") == "Ada Byron (c-1)"
    assert who("c-1", None) == "customer c-1"
    assert who("c-1", "c-1") == "customer c-1"


def test_a_name_without_letters_could_be_read_as_a_quantity() -> None:
    assert who("c-1", "42") == "customer c-1"


def test_a_hostile_name_is_cut_where_it_could_act() -> None:
    assert who("c-1", "Ada [7](https://evil.example)") == "Ada (c-1)"
    assert who('x"y', 'Bob "Boss"') == "Bob (x)"


def test_amounts_of_different_currencies_stand_side_by_side() -> None:
    assert money([Money(currency="EUR", amount=5.0), Money(currency="GBP", amount=7.5)]) == "5 EUR and 7.50 GBP"
    assert money([]) == "nothing"
    assert amount(3, None) == "3"
    assert amount(1234.5, "EUR") == "1234.50 EUR"


def test_what_was_said_is_quoted_or_else_the_title() -> None:
    assert wrote(passage("m1", said="It broke")) == '"It broke"'
    assert wrote(passage("m1")) == '"Note Left"'


def test_lists_read_as_sentences_do() -> None:
    assert [listed(["a", "b", "c"][:n]) for n in range(4)] == ["", "a", "a and b", "a, b and c"]
    assert items(["Lamp", "Lamp", "Bulb"], 2) == '"Lamp", "Bulb"'
    assert opening("orders of Ada: 3.") == "Orders of Ada: 3."
