"""Runs tools: arguments checked, time taken, a failure kept as a failure."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from time import perf_counter
from typing import Any

import orjson
import structlog
from pydantic import ValidationError

from agent.answer import ToolUse
from agent.events import Told, ToolFinished, ToolStarted
from agent.intent import Call, Run
from memory.embedder import EmbeddingFailed
from memory.ledger import UnknownCustomer
from memory.store import StoreError
from tools.registry import BY_NAME
from tools.tool import ToolContext, ToolError, ToolResult

log = structlog.get_logger()


#: Looks at a call before it is run, and may put it otherwise; raises ToolError for one that is not to be run.
Check = Callable[[ToolContext, Call], Awaitable[Call]]


async def run_told(
    context: ToolContext, call: Call, call_id: str, tell: Callable[[Told], None], check: Check | None = None
) -> Run:
    """Like `run_call`, telling when it begins and how it ends."""
    tell(ToolStarted(id=call_id, name=call.tool, args=call.args))
    run = await run_call(context, call, check)
    tell(ToolFinished(id=call_id, **run.use.model_dump()))
    return run


async def run_call(context: ToolContext, call: Call, check: Check | None = None) -> Run:
    """The call's result with how it went; errors that a tool may have become part of the run."""
    started = perf_counter()
    result: ToolResult | None = None
    error: str | None = None
    args: dict[str, Any] = call.args
    try:
        tool = BY_NAME.get(call.tool)
        if tool is None:
            raise ToolError(f"there is no tool {call.tool!r}")
        call = await check(context, call) if check else call
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


def key_of(name: str, args: dict[str, Any]) -> tuple[str, bytes]:
    """Equal for calls that ask for the same, however their arguments were written."""
    tool = BY_NAME.get(name)
    try:
        plain = tool.args.model_validate(args).model_dump(mode="json", exclude_defaults=True) if tool else args
    except ValidationError:
        plain = args
    return name, orjson.dumps(plain, option=orjson.OPT_SORT_KEYS, default=str)
