"""Personal data in texts: what is replaced, and what must stay."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from memory.cleaning import Change
from memory.masking import KINDS, mask, mask_value

RETAIL = Path(__file__).parents[2] / "server" / "demo_data" / "retail.jsonl.gz"


@pytest.mark.parametrize(
    "text",
    [
        "ada.lovelace+x@example.co.uk", "ADA@EXAMPLE.COM", "ada_l@sub-domain.example.museum", "jürgen@example.de",
    ],
)  # fmt: skip
def test_an_email_address_is_masked(text: str) -> None:
    assert mask(f"write to {text}, please") == "write to [email], please"


@pytest.mark.parametrize(
    "text",
    [
        "+49 30 1234567", "+44 7700 900123", "+1 (202) 555-0143", "+33 6 12 34 56 78", "0049 30 1234567",
        "(202) 555-0143", "202-555-0143", "202.555.0143", "1-202-555-0143",
        "(020) 7946 0958", "07911 123456", "06 12 34 56 78", "06.12.34.56.78", "030 1234567",
    ],
)  # fmt: skip
def test_a_phone_number_is_masked(text: str) -> None:
    assert mask(f"ring {text}, please") == "ring [phone], please"


@pytest.mark.parametrize("label", ["phone:", "Tel.", "phone number:", "homePhone:", "mobile_phone:", "call me at"])
def test_bare_digits_are_a_phone_number_where_the_text_says_so(label: str) -> None:
    assert mask(f"{label} 3012345678") == f"{label} [phone]"


@pytest.mark.parametrize(
    "text",
    [
        "4111111111111111", "4111 1111 1111 1111", "5555-5555-5555-4444", "3782 822463 10005", "378282246310005",
        "6011111111111117", "2223003122003222", "30569309025904",
    ],
)  # fmt: skip
def test_a_card_number_is_masked(text: str) -> None:
    assert mask(f"paid with {text}.") == "paid with [card]."


@pytest.mark.parametrize(
    "text", ["GB82 WEST 1234 5698 7654 32", "DE89370400440532013000", "fr14 2004 1010 0505 0001 3m02 606"]
)
def test_an_iban_is_masked_and_the_next_word_stays(text: str) -> None:
    assert mask(f"to {text} today") == "to [iban] today"


@pytest.mark.parametrize(
    "text",
    [
        "123-45-6789", "AB 12 34 56 C", "AB123456C", "943 476 5919", "12345678Z", "X1234567L", "RSSMRA85T10A562S",
        "811218-9876", "123.456.789-09", "756.9217.0769.85", "131052-308T", "2 95 10 99 126 111 93",
    ],
)  # fmt: skip
def test_a_national_id_is_masked(text: str) -> None:
    assert mask(f"it is {text}, I think") == "it is [national id], I think"


def test_a_national_id_is_known_by_its_name_too() -> None:
    assert (
        mask("passport no: C01X0006H, BSN 123456789 is mine") == "passport no: [national id], BSN [national id] is mine"
    )
    assert mask("national_id: 12345678") == "national_id: [national id]"


@pytest.mark.parametrize(
    "text",
    [
        "SET OF 12 MUGS 85123A", "order 536365", "order 12345678", "invoice 2026-000123", "ORD-123-45-6789-1",
        "2026-03-01 09:30:00", "2026-03-01T09:30:00Z", "01.02.2026 10:30", "01/02/2026 123456", "03/2026 1234567",
        "1,234,567.89", "1 234 567,89 EUR", "1767225600", "1767225600000", "4006381333931", "978-0-306-40615-7",
        "550e8400-e29b-41d4-a716-446655440000", "192.168.001.001", "-0.12783456", "3.14159265358979", "+100000 points",
        "logo@2x.png", "@handle", "2 @ 5.00", "4111111111111112", "GB82 WEST 1234 5698 7654 33", "12345678A",
        "Headphones 12345678", "00012345678", "0012-345678", "100 200 3000", "https://x.example/orders/20260301/88123456",
    ],
)  # fmt: skip
def test_what_only_resembles_personal_data_stays(text: str) -> None:
    assert mask(text) == text


def texts_of(value: Any) -> set[str]:
    if isinstance(value, dict | list):
        return set().union(*(texts_of(item) for item in (value.values() if isinstance(value, dict) else value)))
    return {str(value)}


def test_no_text_or_number_of_a_real_shop_is_taken_for_personal_data() -> None:
    with gzip.open(RETAIL) as lines:
        texts = set().union(*(texts_of(orjson.loads(line)) for line in lines))
    assert len(texts) > 5_000
    assert [text for text in texts if mask(text) != text] == []


def test_only_the_kinds_asked_for_are_masked() -> None:
    text = "ada@example.com, 4111111111111111"
    assert mask(text, {"email"}) == "[email], 4111111111111111"
    assert mask(text, {"card"}) == "ada@example.com, [card]"
    assert mask(text, ()) == text


@given(st.text(st.sampled_from("ab@.+-/() 0123456789AG:"), max_size=60) | st.text(max_size=30))
def test_masking_again_changes_nothing(text: str) -> None:
    assert mask(mask(text)) == mask(text)


def test_values_are_masked_in_place_and_each_place_is_recorded() -> None:
    value = {"email": "a@example.com", "note": "fine", "who": [{"cards": [4111111111111111, 7]}, True, None]}
    assert mask_value(value) == (
        {"email": "[email]", "note": "fine", "who": [{"cards": ["[card]", 7]}, True, None]},
        [Change("/email", "masked_email"), Change("/who/0/cards/0", "masked_card")],
    )


def test_the_name_of_a_property_tells_what_its_value_is() -> None:
    assert mask_value({"phone": 4930123456, "order": 4930123456})[0] == {"phone": "[phone]", "order": 4930123456}


def test_a_value_keeps_what_is_not_asked_for() -> None:
    assert mask_value({"email": "a@example.com"}, KINDS - {"email"}) == ({"email": "a@example.com"}, [])
