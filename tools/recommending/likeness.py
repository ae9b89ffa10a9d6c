"""Items that nobody has taken up yet, by how like their names are to those of a customer's own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tools.recommending.counts import Ints
from tools.recommending.takes import Floats

#: Pieces of words: sizes, colours and makers are told by them, and they forgive a plural.
_PIECES = (3, 5)
#: Below it names share a word or two of many.
_LEAST = 0.3
#: Sums that differ by less only differ in how they were rounded.
_DIGITS = 6
#: Cosines computed at a time: 32 MB.
_AT_ONCE = 4_000_000


class Likeness:
    """Of `items`, to all others: the cosine of TF-IDF over the pieces of words in their names."""

    def __init__(self, names: Sequence[str], items: Sequence[int]) -> None:
        self.items = np.array(items, dtype=np.int64)
        self._vectors: Any = None
        if len(items):
            from sklearn.feature_extraction.text import TfidfVectorizer

            pieces = TfidfVectorizer(analyzer="char_wb", ngram_range=_PIECES, sublinear_tf=True)
            self._vectors = pieces.fit_transform(names)

    def to(self, own: Ints) -> tuple[Floats, Ints]:
        """For each of `items` the cosine to the own item that is most like it, 0 where none is; and that item."""
        if self._vectors is None or not len(own):
            return np.zeros(len(self.items)), np.full(len(self.items), -1, dtype=np.int64)
        vectors, mine = self._vectors[self.items], self._vectors[own].T.tocsc()
        rows = max(1, _AT_ONCE // len(own))
        found = [_nearest(vectors[start : start + rows] @ mine) for start in range(0, len(self.items), rows)]
        most, nearest = (np.concatenate(part) for part in zip(*found, strict=True))
        return np.where(most >= _LEAST, most, 0.0), own[nearest]


def _nearest(products: Any) -> tuple[Floats, Ints]:
    """The largest of each row, and its column."""
    cosines = np.round(products.toarray(), _DIGITS)
    return cosines.max(axis=1), cosines.argmax(axis=1)
