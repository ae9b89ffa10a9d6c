"""Everybody's signals are read whether they are there at once or made by a job."""

from __future__ import annotations

from typing import Any

import pytest

from evals.everybody import everybodys_signals
from evals.target import Json, TargetFailed


class Replies:
    """Gives the replies it was told to, in order, and keeps what was asked."""

    def __init__(self, *replies: Json) -> None:
        self._replies = list(replies)
        self.asked: list[tuple[str, str, Any]] = []

    async def __call__(self, method: str, path: str, **sent: Any) -> Json:
        self.asked.append((method, path, sent.get("json") or sent.get("params")))
        return self._replies.pop(0)


def page(*who: str, following: str | None = None, **fields: Any) -> Json:
    return {"results": [{"client_id": each} for each in who], "next_cursor": following, **fields}


async def test_a_reply_that_is_no_job_is_read_page_by_page() -> None:
    replies = Replies(page("ada", following="ada"), page("bob"))
    found = await everybodys_signals(replies, "2026-01-01")
    assert [each["client_id"] for each in found] == ["ada", "bob"]
    assert [(method, body.get("cursor")) for method, _, body in replies.asked] == [("POST", None), ("POST", "ada")]


async def test_a_job_is_waited_for_and_its_pages_are_read_at_its_address() -> None:
    replies = Replies(
        page(status="queued", job="j1"),
        page(status="running", job="j1"),
        page("ada", status="done", job="j1", following="ada"),
        page("bob", status="done", job="j1"),
    )
    found = await everybodys_signals(replies, "2026-01-01")
    assert [each["client_id"] for each in found] == ["ada", "bob"]
    assert [path for _, path, _ in replies.asked] == ["/signals/churn", *["/signals/churn/j1"] * 3]
    assert replies.asked[-1][2]["cursor"] == "ada"


async def test_a_job_that_failed_fails_the_sample_with_its_reason() -> None:
    with pytest.raises(TargetFailed, match="no disk"):
        await everybodys_signals(Replies(page(status="failed", job="j1", reason="no disk")), "2026-01-01")
