"""Ids that name nobody, and ids that look a little like them."""

from __future__ import annotations

import pytest

from memory.unusable_ids import is_unusable_id


@pytest.mark.parametrize(
    "text",
    [
        "null", " NULL ", "'None'", '"undefined"', "NaN", "n/a", "anonymous", "Guest", "not authenticated",
        "not-authenticated", "true", "0", "-1", "0000", "00000000-0000-0000-0000-000000000000", "[object Object]",
        "distinct_id", "distinctId", "id", "email", "{{user.id}}", "${userId}", "", "  ", "-",
    ],
)  # fmt: skip
def test_a_value_that_names_nobody_is_no_id(text: str) -> None:
    assert is_unusable_id(text)


@pytest.mark.parametrize(
    "text",
    ["1", "10", "c1", "guest-4711", "nullable", "anonymous@example.com", "a-0", "Ida", "email@example.com", "user 1"],
)
def test_an_id_that_only_resembles_one_is_kept(text: str) -> None:
    assert not is_unusable_id(text)
