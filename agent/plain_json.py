"""A checkpoint as plain JSON, and one of LangGraph's checkpoints that holds nothing but turns."""

from __future__ import annotations

from typing import Any

import orjson
from langgraph.checkpoint.base import Checkpoint, empty_checkpoint

from agent.checkpoints import TURNS, Turns


class PlainJson:
    """Reading a checkpoint back can make no object of any class."""

    def dumps_typed(self, obj: Any) -> tuple[str, bytes]:
        return "json", orjson.dumps(obj)

    def loads_typed(self, data: tuple[str, bytes]) -> Any:
        kind, raw = data
        if kind != "json":
            raise ValueError(f"a checkpoint is JSON, and not {kind!r}")
        return orjson.loads(raw)


def checkpoint_of(turns: Turns) -> Checkpoint:
    """A new checkpoint. Its one version is its own id: what was kept under another is never taken for it."""
    checkpoint = empty_checkpoint()
    checkpoint["channel_values"] = {TURNS: turns}
    checkpoint["channel_versions"] = {TURNS: checkpoint["id"]}
    return checkpoint


def config(key: str) -> Any:
    return {"configurable": {"thread_id": key, "checkpoint_ns": ""}}
