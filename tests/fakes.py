"""Stand-ins that keep an interface: quick, and the same every time."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b

import numpy as np

from memory.embedder import Vectors


class HashedWords:
    """`Embedder` without a model: texts that share words are near each other."""

    dimensions = 64

    def __init__(self) -> None:
        self.loaded = False

    async def embed(self, texts: Sequence[str]) -> Vectors:
        self.loaded = True
        return np.stack([self._vector(text) for text in texts]) if texts else np.empty((0, 64), np.float32)

    async def close(self) -> None:
        pass

    def _vector(self, text: str) -> Vectors:
        vector = np.zeros(self.dimensions, np.float32)
        for word in text.lower().split() or [""]:
            vector[blake2b(word.encode(), digest_size=2).digest()[0] % self.dimensions] += 1
        return vector / np.linalg.norm(vector)
