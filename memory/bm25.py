"""Words as sparse vectors for BM25, the same for both forms of the store."""

from __future__ import annotations

import struct
from collections import Counter
from functools import lru_cache
from itertools import chain

from qdrant_edge import Bm25, Bm25Config

from memory.store import SparseVector

#: Short texts: term frequency and length say little, so both are damped (1.2 and 0.75 are usual for pages).
_K, _B = 0.9, 0.4
_AVERAGE_WORDS = 40.0
#: With so large a k a term's weight is nearly its count, from which the count is read back.
_COUNTING_K = 1e6
#: The names of items come again and again; longer lines are seldom met twice, and would fill the cache.
_CACHED_CHARS = 80


@lru_cache(maxsize=1)
def _model() -> Bm25:
    return Bm25(Bm25Config(k=_K, b=_B, avg_len=_AVERAGE_WORDS, ascii_folding=True))


@lru_cache(maxsize=1)
def _counter() -> Bm25:
    return Bm25(Bm25Config(k=_COUNTING_K, b=0.0, avg_len=_AVERAGE_WORDS, ascii_folding=True))


def document_words(text: str) -> SparseVector:
    """Term weights of a text that is stored, exactly as the model gives them.

    The model never reads across a line's end, so that the terms of each line are remembered.
    """
    lines = text.split("\n")
    terms = [_known_terms(line) if len(line) <= _CACHED_CHARS else _terms(line) for line in lines]
    counts = Counter(chain.from_iterable(terms))
    length = counts.total()
    weights = {count: _weight(count, length) for count in set(counts.values())}
    return SparseVector(list(counts), list(map(weights.__getitem__, counts.values())))


def _terms(line: str) -> tuple[int, ...]:
    """The terms of one line, each as often as it occurs: "T-Light" has two, a stop word none."""
    vector = _counter().embed_document(line)
    found = zip(vector.indices, vector.values, strict=True)
    return tuple(index for index, value in found for _ in range(_count(value)))


_known_terms = lru_cache(maxsize=65_536)(_terms)


def _count(value: float) -> int:
    return round(value * _COUNTING_K / (_COUNTING_K + 1 - value))


def _weight(count: int, length: int) -> float:
    """BM25's term weight (Robertson and Zaragoza, 2009), in the single precision of the model."""
    exact = count * (_K + 1) / (count + _K * (1 - _B + _B * length / _AVERAGE_WORDS))
    return float(struct.unpack("f", struct.pack("f", exact))[0])


def query_words(text: str) -> SparseVector:
    """Each distinct term of a question, weight 1; English stop words dropped, words stemmed."""
    vector = _model().embed_query(text)
    return SparseVector(list(vector.indices), list(vector.values))
