"""Runs tools: arguments checked, time taken, a failure kept as a failure."""

from __future__ import annotations

from time import perf_counter
from typing import Any

import structlog
from pydantic import ValidationError

from agent.answer import ToolUse
from agent.intent import Call, Run
from memory.embedder import EmbeddingFailed
from memory.ledger import UnknownCustomer
from memory.store import StoreError
from tools.registry import BY_NAME
from tools.tool import ToolContext, ToolError, ToolResult

log = structlog.get_logger()


async def run_call(context: ToolContext, call: Call) -> Run:
    """The call's result with how it went; errors that a tool may have become part of the run."""
    started = perf_counter()
    result: ToolResult | None = None
    error: str | None = None
    args: dict[str, Any] = call.args
    try:
        tool = BY_NAME.get(call.tool)
        if tool is None:
            raise ToolError(f"there is no tool {call.tool!r}")
        parsed = tool.args.model_validate(call.args)
        args = parsed.model_dump(mode="json", exclude_defaults=True)
        result = await tool.run(context, parsed)
    except ValidationError as problem:
        first = problem.errors(include_url=False, include_input=False)[0]
        error = f"{'.'.join(str(part) for part in first['loc'])}: {first['msg']}"
    except (ToolError, UnknownCustomer, StoreError, EmbeddingFailed) as problem:
        error = str(problem)
        log.warning("tool.failed", tool=call.tool, kind=type(problem).__name__)
    ms = round((perf_counter() - started) * 1000, 1)
    return Run(ToolUse(name=call.tool, args=args, ok=error is None, ms=ms, error=error), result)
