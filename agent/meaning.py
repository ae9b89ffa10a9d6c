"""Intents by meaning, for questions that no rule takes: the nearest example decides."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import structlog

from agent.intent import Intent
from memory.embedder import Embedder, EmbeddingFailed, Vectors

log = structlog.get_logger()

#: Below this the nearest example has only the word "customer" in common with the question.
MIN_SIMILARITY = 0.55


class IntentFinder:
    """Compares a question with the examples of every intent; their vectors are computed once."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self._examples: dict[str, Vectors] = {}

    async def nearest(self, text: str, intents: Sequence[Intent]) -> Intent | None:
        """The intent with the example closest to the text, or None when none is close or no model is there."""
        try:
            asked = (await self._embedder.embed([text]))[0]
            scores = [(float(np.max(await self._vectors(each) @ asked)), each) for each in intents if each.examples]
        except EmbeddingFailed as error:
            log.warning("intent.not_found", error=str(error))
            return None
        best = max(scores, key=lambda pair: pair[0], default=None)
        return best[1] if best and best[0] >= MIN_SIMILARITY else None

    async def _vectors(self, intent: Intent) -> Vectors:
        if intent.name not in self._examples:
            self._examples[intent.name] = await self._embedder.embed(intent.examples)
        return self._examples[intent.name]
