"""The customers that a question is about: those named, or everyone."""

from __future__ import annotations

from collections.abc import Sequence

from memory.ledger import UnknownCustomer
from tools.profile import read_customer
from tools.survey import Customer
from tools.tool import ToolContext, ToolError, allowed

#: Up to these are read one by one, without folding everyone.
_FEW = 8


async def read_people(context: ToolContext, client_ids: Sequence[str]) -> list[Customer]:
    """These customers, each once, in the order named; everyone where none is named, in the order of ids.

    A request bound to one customer gets that one. Raises ToolError when it names another, or when there is nobody;
    UnknownCustomer for an id without events.
    """
    wanted = list(dict.fromkeys(allowed(context, client_id) or "" for client_id in client_ids))
    if context.bound_to:
        wanted = [context.bound_to]
    if 0 < len(wanted) <= _FEW:
        found = [await read_customer(context, client_id) for client_id in wanted]
        return list({person.client_id: person for person in found}.values())
    survey = await context.survey()
    if not survey.customers:
        raise ToolError("there is no customer in this workspace yet")
    if not wanted:
        return list(survey.customers.values())
    owners = [survey.joined.get(client_id, client_id) for client_id in wanted]
    for client_id in owners:
        if client_id not in survey.customers:
            raise UnknownCustomer(client_id)
    return [survey.customers[client_id] for client_id in dict.fromkeys(owners)]
