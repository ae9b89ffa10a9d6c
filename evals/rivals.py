"""What one would otherwise search a memory with, on the same embedding model; their packages are for you to install."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib import import_module
from tempfile import mkdtemp
from types import SimpleNamespace
from typing import Any

import numpy as np

from memory.bm25 import document_words, query_words
from memory.embedder import packaged_model

#: (query, limit) -> ids, best first.
Search = Callable[[str, int], list[str]]
#: Texts by id -> a search among them.
Maker = Callable[[Mapping[str, str]], Search]

_NEEDS = {
    "mem0": "mem0ai",
    "mem0-words": "mem0ai",
    "langchain-qdrant": "langchain-qdrant langchain-huggingface",
}
NAMES = tuple(_NEEDS)
_USER = "somebody"


class Missing(Exception):
    """A package for the comparison is not installed, or its name is unknown."""


def maker(name: str) -> Maker:
    """How this one is filled; raises Missing."""
    found = {"mem0": mem0, "mem0-words": mem0_words, "langchain-qdrant": langchain_qdrant}.get(name)
    if found is None:
        raise Missing(f"{name!r} is none of {', '.join(NAMES)}")
    # mem0 reports home and makes a folder there, unless told otherwise before it is imported.
    os.environ.update({"MEM0_TELEMETRY": "False", "MEM0_DIR": mkdtemp()})
    try:
        for module in _MODULES[found]:
            import_module(module)
    except ImportError as error:
        raise Missing(f"to compare with {name}: pip install {_NEEDS[name]} ({error})") from error
    return found


def mem0(texts: Mapping[str, str]) -> Search:
    """mem0 as it is installed, with `infer=False`: every text is kept as it is, no chat model is asked.

    It searches by meaning alone: for words it needs an encoder that fetches a list from a hub.
    """
    return _filled(_new_mem0(), texts)


def mem0_words(texts: Mapping[str, str]) -> Search:
    """mem0 with its search by words too, which is given our terms in place of what it would fetch."""
    memory = _new_mem0()
    memory.vector_store._bm25_encoder = _Terms()
    return _filled(memory, texts)


class _Terms:
    """BM25 weights of texts, as mem0 asks its encoder for them."""

    def embed(self, texts: Sequence[str]) -> Iterator[Any]:
        for words in map(document_words, texts):
            yield SimpleNamespace(indices=np.array(words.indices), values=np.array(words.values))


def _new_mem0() -> Any:
    return import_module("mem0").Memory.from_config({
        "embedder": {"provider": "huggingface", "config": {"model": str(packaged_model()), "embedding_dims": 384}},
        "vector_store": {
            "provider": "qdrant",
            "config": {"path": mkdtemp(), "embedding_model_dims": 384, "collection_name": "memories"},
        },
        # It must be named, and is never called.
        "llm": {"provider": "openai", "config": {"api_key": "unused"}},
        "history_db_path": ":memory:",
    })  # fmt: skip


def _filled(memory: Any, texts: Mapping[str, str]) -> Search:
    for key, text in texts.items():
        memory.add([{"role": "user", "content": text}], user_id=_USER, infer=False, metadata={"key": key})

    def search(query: str, limit: int) -> list[str]:
        found: dict[str, Any] = memory.search(query, filters={"user_id": _USER}, top_k=limit)
        return [each["metadata"]["key"] for each in found["results"]]

    return search


def langchain_qdrant(texts: Mapping[str, str]) -> Search:
    """langchain-qdrant in hybrid mode: the dense model and BM25 of Qdrant, fused by the client."""
    library, faces = import_module("langchain_qdrant"), import_module("langchain_huggingface")
    store = library.QdrantVectorStore.from_texts(
        list(texts.values()),
        embedding=faces.HuggingFaceEmbeddings(model_name=str(packaged_model())),
        metadatas=[{"key": key} for key in texts],
        sparse_embedding=_sparse(library),
        retrieval_mode=library.RetrievalMode.HYBRID,
        location=":memory:",
    )

    def search(query: str, limit: int) -> list[str]:
        return [each.metadata["key"] for each in store.similarity_search(query, k=limit)]

    return search


def _sparse(library: Any) -> Any:
    """BM25 word weights by our own tokenizer: the usual one fetches its lists of stop words from a hub."""

    class Words(library.SparseEmbeddings):  # type: ignore[misc]
        def embed_documents(self, texts: list[str]) -> list[Any]:
            return [self._vector(document_words(text)) for text in texts]

        def embed_query(self, text: str) -> Any:
            return self._vector(query_words(text))

        def _vector(self, words: Any) -> Any:
            return library.SparseVector(indices=words.indices, values=words.values)

    return Words()


_MODULES: Mapping[Maker, Sequence[str]] = {
    mem0: ["mem0"],
    mem0_words: ["mem0"],
    langchain_qdrant: ["langchain_qdrant", "langchain_huggingface"],
}
