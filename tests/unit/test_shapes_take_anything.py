"""Whatever JSON comes, reading its shape does not fail: what is no event is left for intake to quarantine."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from server.shapes.posthog import CALLS, items_of
from server.shapes.posthog_sent import api_key
from server.shapes.segment import NotSplit, batch_items, one_item, refusal, write_key

NAMES = [
    "batch", "context", "traits", "type", "writeKey", "sentAt", "integrations", "userId", "event", "distinct_id",
    "properties", "uuid", "timestamp", "api_key", "token", "sent_at", "alias", "$set", "$set_once", "$groups",
    "$group_key", "$group_set", "$anon_distinct_id", "$device_id", "$lib", "$insert_id", "$time", "$screen_name", "x",
]  # fmt: skip
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.sampled_from([*CALLS])
JSON: st.SearchStrategy[Any] = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=6),
    max_leaves=20,
)


@given(JSON)
def test_a_segment_body_gives_items_or_says_why_not(body: Any) -> None:
    write_key(body)
    try:
        items = batch_items(body)
    except NotSplit:
        assert not isinstance(body, dict) or not isinstance(body.get("batch"), list)
    else:
        assert len(items) == len(body["batch"])
        assert all(refusal(10**9)(item) is None for item in items)


@given(JSON)
def test_a_segment_call_gives_an_item_or_says_why_not(body: Any) -> None:
    try:
        item = one_item(body, "page")
    except NotSplit:
        assert not isinstance(body, dict)
    else:
        why = refusal(10**9, "page")(item)
        assert (why is None) == (item["type"] == "page")


@given(JSON)
def test_a_posthog_body_gives_an_item_for_each_event(body: Any) -> None:
    api_key(body)
    batch = body.get("batch") if isinstance(body, dict) else body
    assert len(items_of(body, "now")) == (len(batch) if isinstance(batch, list) else 1)
