"""Who is like one customer, by what they did and by what they are, and what they have in common."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from typing import Annotated

from pydantic import BaseModel, Field

from tools.cohort import searched_fact
from tools.fact import Fact, Passage, count_fact
from tools.likeness.common import Common, in_common, shared_items
from tools.likeness.index import Index, index_of
from tools.likeness.ranking import Alike, Asked, By, asked_about, most_alike
from tools.naming import client_facts, item_fact, word_fact
from tools.profile import read_customer
from tools.survey import Customer, Survey
from tools.tool import Tool, ToolArgs, ToolContext, ToolError, ToolResult, passage, required
from tools.value import value_facts

_NAME = "similar"
#: Events of each pair that come along in words.
_SHOWN = 4
#: Who is near in every number may share nothing that can be named, and is passed over.
_TRIED = 3


class SimilarArgs(ToolArgs):
    client_id: str | None = Field(default=None, description="to whom others are compared")
    by: By = Field(
        default="both", description="alike by what they did (items, kinds of events), what they are, or both"
    )
    limit: Annotated[int, Field(ge=1, le=25)] = 5


class SimilarCustomer(BaseModel):
    """One customer as of the start of the day. All scores lie in 0..1: `score` is what the list is ordered by,
    `behaviour` the cosine of what the two did, `profile` the mean likeness of what they are.

    `shared_items` counts the items of both, `evidence` holds message ids of both.
    """

    client_id: str
    name: str | None
    stage: str
    score: float
    behaviour: float
    profile: float
    shared_items: int
    in_common: list[Common]
    evidence: list[str]


class SimilarResult(ToolResult):
    """Best first, of `compared` other customers."""

    client_id: str
    by: By
    compared: int
    customers: list[SimilarCustomer]


async def run(context: ToolContext, args: SimilarArgs) -> SimilarResult:
    if context.bound_to:
        raise ToolError(f"this question is about {context.bound_to!r} only")
    customer = await read_customer(context, required(context, args.client_id))
    day = await _day(context)
    index = await index_of(day)
    # Who was somebody of their own this morning may be known to be this customer by now.
    own = {customer.client_id, *customer.profile.joined_ids}
    others = [other for client_id, other in day.customers.items() if client_id not in own]
    if not others:
        return SimilarResult(client_id=customer.client_id, by=args.by, compared=0, customers=[])
    asked = asked_about(customer)
    found = most_alike(index, asked, args.by, args.limit * _TRIED, own)
    rows = list(islice((row for each in found if (row := _row(index, asked, each, args.by)).in_common), args.limit))
    told = [fact for row in rows for fact in _row_facts(asked, day.customers[row.client_id], row)]
    return SimilarResult(
        facts=[*client_facts(customer, [], _NAME), searched_fact(others, _NAME), *_own_facts(customer, rows), *told],
        passages=await _passages(context, customer, rows),
        client_id=customer.client_id,
        by=args.by,
        compared=len(others),
        customers=rows,
    )


async def _day(context: ToolContext) -> Survey:
    """Everyone as of the start of the day, judged as the customer in question is."""
    known = await context.reference()
    return await context.surveyor.survey(
        context.scope, known.as_of, context.settings, context.known_at, model=known.model
    )


def _row(index: Index, asked: Asked, found: Alike, by: By) -> SimilarCustomer:
    other = found.customer
    common = in_common(index, asked, other, did=by != "profile", are=by != "behaviour")
    return SimilarCustomer(
        client_id=other.client_id,
        name=other.profile.name,
        stage=other.stage,
        score=found.score,
        behaviour=found.behaviour,
        profile=found.profile,
        shared_items=len(shared_items(asked, other)),
        in_common=common,
        evidence=list(dict.fromkeys(key for each in common for key in each.evidence)),
    )


def _row_facts(asked: Asked, other: Customer, row: SimilarCustomer) -> list[Fact]:
    """Who it is, how many items the two share, and every name and number of what they have in common."""
    items = set(shared_items(asked, other))
    both = [r for each in (other, asked.customer) for r in each.records if items & set(r.items)]
    words = [fact for each in row.in_common for fact in _words(each)]
    counted = count_fact("shared_items", both, "items", _NAME, "GET /clients/{id}/timeline of both")
    return [
        *client_facts(other, [], _NAME),
        counted.model_copy(update={"value": row.shared_items}),
        *words,
        *_amounts(other, {each.kind for each in row.in_common}),
    ]


def _words(common: Common) -> list[Fact]:
    if common.kind == "item":
        return [item_fact(common.name, common.evidence, _NAME)]
    names = [common.name] if common.kind in ("event", "stage", "band", "trait") else []
    values = [common.value] if isinstance(common.value, str) else []
    return [word_fact(common.kind, name, common.evidence, _NAME) for name in (*names, *values)]


def _own_facts(customer: Customer, rows: Sequence[SimilarCustomer]) -> list[Fact]:
    return _amounts(customer, {each.kind for row in rows for each in row.in_common})


def _amounts(customer: Customer, kinds: set[str]) -> list[Fact]:
    """The numbers of one customer, of the kinds that are told."""
    found = value_facts(customer, _NAME) if "value" in kinds else []
    if "active_days" not in kinds:
        return found
    active = [record for record in customer.records if record.meaning.active]
    days = count_fact("active_days", active, "days", _NAME, f"GET /clients/{customer.client_id}/timeline")
    return [*found, days.model_copy(update={"value": customer.profile.active_days})]


async def _passages(context: ToolContext, customer: Customer, rows: Sequence[SimilarCustomer]) -> list[Passage]:
    """The first events of each row in words, with whose they are: looked up once for all."""
    own = {record.message_id for record in customer.records}
    whose = {key: customer.client_id if key in own else row.client_id for row in rows for key in row.evidence[:_SHOWN]}
    found = {record.message_id: record for record in await context.store.get(context.scope, list(whose))}
    return [passage(found[key], whose[key]) for key in whose if key in found and context.sees(found[key])]


TOOL = Tool(
    _NAME,
    "Which other customers are like one of them, by behaviour and by profile, and what they have in common.",
    SimilarArgs,
    run,
)
