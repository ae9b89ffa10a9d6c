"""Amounts of money: what people and programs write, and what is none."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memory.money import Money, currency_code, parse_money


@pytest.mark.parametrize(
    ("sent", "amount", "currency"),
    [
        ("1.234,50 €", "1234.50", "EUR"),
        ("$1,234.50", "1234.50", None),
        ("US$1,234.50", "1234.50", "USD"),
        ("1 234,50 EUR", "1234.50", "EUR"),
        ("1\u202f234,50\u00a0€", "1234.50", "EUR"),
        ("EUR 12", "12", "EUR"),
        ("12 usd", "12", "USD"),
        ("1'234.50 CHF", "1234.50", "CHF"),
        ("£5", "5", "GBP"),
        ("12,- €", "12", "EUR"),
        ("1,23,456.00", "123456.00", None),
        ("1.234.567", "1234567", None),
        ("99 kr", "99", None),
        (12.5, "12.5", None),
        (-3, "-3", None),
        ("12", "12", None),
        ("1e3", "1000", None),
    ],
)
def test_an_amount_is_read_exactly_with_its_currency(sent: object, amount: str, currency: str | None) -> None:
    assert parse_money(sent) == Money(Decimal(amount), currency)


@pytest.mark.parametrize("sent", ["(12.00)", "-12.00", "12.00-", "−12,00", "$-12.00", "-$12.00", "- 12.00", "($12.00)"])
def test_less_than_nothing_is_written_in_many_ways(sent: str) -> None:
    assert parse_money(sent) == Money(Decimal("-12.00"))


@pytest.mark.parametrize(
    ("sent", "known", "amount"),
    [
        ("1,234", None, "1234"),
        ("1.234 €", None, "1234"),
        ("100,000", None, "100000"),
        ("1.234", None, "1.234"),
        ("0,125", None, "0.125"),
        ("1234,567", None, "1234.567"),
        ("1,234", "KWD", "1.234"),
        ("1,234 BHD", None, "1.234"),
        ("1,23", None, "1.23"),
    ],
)
def test_a_lone_mark_before_three_digits_groups_thousands_but_for_the_stated_cases(
    sent: str, known: str | None, amount: str
) -> None:
    money = parse_money(sent, known)
    assert money is not None
    assert money.amount == Decimal(amount)


@pytest.mark.parametrize(
    "sent",
    [
        "", "€", "twelve", "3 items", "12%", "1-2", "2026-03-01", "v1.2", "1.2.3", "1,2,3", "12 34", "(5", "(-5)",
        "--5", "5 EUR USD", "€5 EUR", "1e999", "1" * 101, "0." + "0" * 200, "nan", "inf", float("nan"),
        float("inf"), 1e15, True, None, [5], {},
    ],
)  # fmt: skip
def test_what_is_no_amount_is_none(sent: object) -> None:
    assert parse_money(sent) is None


@given(st.decimals(-(10**9), 10**9, places=2))
def test_both_ways_of_grouping_state_the_same_amount(amount: Decimal) -> None:
    english = f"{amount:,.2f}"
    german = english.translate(str.maketrans(",.", ".,"))
    assert parse_money(english) == parse_money(german) == Money(amount)


@given(st.text(st.sampled_from("0123456789.,'-+()€$ EURe_"), max_size=45) | st.text(max_size=10))
def test_any_text_is_an_amount_or_none(text: str) -> None:
    money = parse_money(text)
    assert money is None or abs(money.amount) < Decimal("1e15")


@pytest.mark.parametrize(
    ("text", "code"), [("eur", "EUR"), (" € ", "EUR"), ("R$", "BRL"), ("$", None), ("kr", None), ("points", None)]
)
def test_a_currency_is_known_by_code_or_by_a_sign_of_its_own(text: str, code: str | None) -> None:
    assert currency_code(text) == code
