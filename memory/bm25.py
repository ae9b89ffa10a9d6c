"""Words as sparse vectors for BM25, the same for both forms of the store."""

from __future__ import annotations

from functools import lru_cache

from qdrant_edge import Bm25, Bm25Config

from memory.store import SparseVector

#: Short texts: term frequency and length say little, so both are damped (1.2 and 0.75 are usual for pages).
_K, _B = 0.9, 0.4
_AVERAGE_WORDS = 40.0


@lru_cache(maxsize=1)
def _model() -> Bm25:
    return Bm25(Bm25Config(k=_K, b=_B, avg_len=_AVERAGE_WORDS, ascii_folding=True))


def document_words(text: str) -> SparseVector:
    """Term weights of a text that is stored."""
    vector = _model().embed_document(text)
    return SparseVector(list(vector.indices), list(vector.values))


def query_words(text: str) -> SparseVector:
    """Each distinct term of a question, weight 1; English stop words dropped, words stemmed."""
    vector = _model().embed_query(text)
    return SparseVector(list(vector.indices), list(vector.values))
