"""Customers that a model names: found by code, among those that the question is about, in its workspace alone."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from agent.directory import Directory, directory_of
from agent.intent import Call
from agent.people import find_people
from tools.tool import ToolContext, ToolError

_ONE, _MANY = "client_id", "client_ids"


async def with_ids(context: ToolContext, call: Call, about: Collection[str]) -> Call:
    """The call with ids where it had names or addresses that fit one customer; whatever fits none or several stays.

    Raises ToolError for somebody else than a question that names customers is `about`: a text that asks to look at
    others may have been written by anybody. A request that is held to one customer is not looked up: its tools refuse
    every other.
    """
    if context.bound_to or not ({_ONE, _MANY} & call.args.keys()):
        return call
    known = await directory_of(await context.survey())
    args: dict[str, Any] = dict(call.args)
    if isinstance(args.get(_ONE), str):
        args[_ONE] = _id_of(args[_ONE], known, about)
    if isinstance(args.get(_MANY), list):
        args[_MANY] = [_id_of(each, known, about) if isinstance(each, str) else each for each in args[_MANY]]
    return Call(call.tool, args)


def _id_of(named: str, known: Directory, about: Collection[str]) -> str:
    found = named if named in known.customers else _named(named, known)
    if about and found in known.customers and found not in about:
        raise ToolError(f"this question is about {', '.join(about)} only")
    return found


def _named(named: str, known: Directory) -> str:
    found = find_people(named, known)
    return found.found[0] if len(found.found) == 1 and not found.ambiguous else named
