"""What is judged: anything that answers like the API, be it the product, a running service, or a wrong agent."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Protocol

from rich.console import Console

Json = dict[str, Any]


class TargetFailed(Exception):
    """What is judged answered with an error: that sample has failed, the run goes on."""


def chat_request(question: str, customer_id: str | None, as_of: str | None, thread_id: str | None) -> Json:
    """The body of POST /chat, without what is not given."""
    given = {"message": question, "customer_id": customer_id, "as_of": as_of, "thread_id": thread_id}
    return {name: value for name, value in given.items() if value is not None}


class Target(Protocol):
    """Every call names its workspace. `as_of` is a date or an instant as the API takes it; None is the present."""

    async def prepare(self, workspaces: Collection[str], console: Console, *, by_meaning: bool = True) -> None:
        """Have the data of these workspaces (see `evals.sources`) loaded; and with `by_meaning` embedded."""
        ...

    async def ask(
        self,
        workspace: str,
        question: str,
        *,
        customer_id: str | None = None,
        as_of: str | None = None,
        thread_id: str | None = None,
    ) -> Json:
        """The reply of POST /chat."""
        ...

    async def search(
        self, workspace: str, customer_id: str | None, query: str, *, as_of: str | None = None, limit: int = 20
    ) -> list[str]:
        """Message ids, best first; without a customer over everybody's memory."""
        ...

    async def churn(self, workspace: str, as_of: str) -> list[Json]:
        """The churn signal of every customer at a time, as POST /signals/churn gives them."""
        ...

    async def recommend(
        self,
        workspace: str,
        customer_id: str,
        as_of: str,
        limit: int,
        *,
        kind: str | None = None,
        exclude_owned: bool = False,
    ) -> list[Json]:
        """Recommendations for a customer at a time, best first: of one `kind` (item, action), or only of new items."""
        ...
