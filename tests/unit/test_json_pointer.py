"""Changes of a JSON value by pointer."""

from __future__ import annotations

from typing import Any

import pytest

from memory.json_pointer import BadPointer, patched

ITEM = {"event": "A", "properties": {"n": 1, "a/b": 2, "list": [1, 2, 3]}}


@pytest.mark.parametrize(
    ("pointer", "value", "found"),
    [
        ("/event", "B", {**ITEM, "event": "B"}),
        ("/properties/n", None, {**ITEM, "properties": {**ITEM["properties"], "n": None}}),
        ("/properties/a~1b", 5, {**ITEM, "properties": {**ITEM["properties"], "a/b": 5}}),
        ("/context/page/url", "x", {**ITEM, "context": {"page": {"url": "x"}}}),
        ("/properties/list/1", 9, {**ITEM, "properties": {**ITEM["properties"], "list": [1, 9, 3]}}),
        ("/properties/list/-", 4, {**ITEM, "properties": {**ITEM["properties"], "list": [1, 2, 3, 4]}}),
    ],
)
def test_a_value_is_set_where_the_pointer_leads(pointer: str, value: Any, found: Any) -> None:
    assert patched(ITEM, {pointer: value}) == found


def test_what_was_patched_stays_as_it_was() -> None:
    new = {"deep": [1]}
    changed = patched(ITEM, {"/properties/new": new}, ["/properties/list"])
    changed["properties"]["new"]["deep"].append(2)
    assert "new" not in ITEM["properties"]
    assert ITEM["properties"]["list"] == [1, 2, 3]
    assert new == {"deep": [1]}


@pytest.mark.parametrize("pointer", ["/nothing", "/properties/list/7", "/event/x", "/properties/list/-"])
def test_removing_what_is_not_there_changes_nothing(pointer: str) -> None:
    assert patched(ITEM, {}, [pointer]) == ITEM


def test_removals_come_before_what_is_set() -> None:
    assert patched({"a": {"b": 1}}, {"/a/c": 2}, ["/a"]) == {"a": {"c": 2}}
    assert patched([1, 2], {"/0": 9}, ["/0"]) == [9]


@pytest.mark.parametrize(
    ("value", "pointer"),
    [
        ("text", "/userId"), (None, "/a"), (ITEM, "/event/x"), (ITEM, "/properties/list/3"),
        (ITEM, "/properties/list/01"), (ITEM, "/properties/list/-1"), (ITEM, "event"), (ITEM, ""),
    ],
)  # fmt: skip
def test_a_pointer_that_leads_nowhere_is_named(value: Any, pointer: str) -> None:
    with pytest.raises(BadPointer) as caught:
        patched(value, {pointer: 1})
    assert caught.value.pointer == pointer
