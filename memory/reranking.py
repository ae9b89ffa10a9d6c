"""The seam for a second look at what was found first, by a model that reads question and text together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol


class Reranker(Protocol):
    """A cross-encoder. None comes with this package."""

    async def scores(self, query: str, texts: Sequence[str]) -> Sequence[float]:
        """How well each text answers the query, 0..1, in order; the same for the same pair, whatever is beside it."""
