"""Word vectors: remembered lines change nothing about what the model gives."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st
from qdrant_edge import Bm25, Bm25Config

from memory.bm25 import document_words

MODEL = Bm25(Bm25Config(k=0.9, b=0.4, avg_len=40.0, ascii_folding=True))
WORDS = st.sampled_from(
    ["lamp", "Lamps", "T-Light", "the", "café", "12.50", "日本語", "a@b.com", "x" * 90, "\u2003", ""]
)


@given(st.lists(st.lists(WORDS | st.text(max_size=6), max_size=30).map(" ".join), max_size=8).map("\n".join))
@example("lamp " * 6_000)
@example("lamp\n" * 3_000 + "bulb " * 40)
@example("")
def test_the_words_of_a_text_are_those_of_the_model(text: str) -> None:
    found, expected = document_words(text), MODEL.embed_document(text)
    assert dict(zip(found.indices, found.values, strict=True)) == dict(
        zip(expected.indices, expected.values, strict=True)
    )
