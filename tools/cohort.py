"""Find, count and sort customers by stage, recency, value, activity or risk."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, Field

from memory.stages import StageChange
from tools.condition import Condition
from tools.deeds import Deed, Done, deed_facts, has_traits, judge_of
from tools.fact import MAX_EVIDENCE, Fact, count_fact, newest
from tools.lifecycle import ALL_STAGES
from tools.naming import client_facts
from tools.pace import Pace
from tools.paging import page_of
from tools.selection import check_stage
from tools.survey import Customer, Survey
from tools.tool import StillTraining, Tool, ToolArgs, ToolContext, ToolError, ToolResult, passages
from tools.traits import latest
from tools.value import Money, main_currency, money_view, value_facts, value_of

#: A hundred years: counting back further leaves the calendar.
Days = Annotated[int, Field(ge=0, le=36_500)]
SortKey = Literal["value", "recency", "activity", "risk", "name"]
#: Events of each deed that a row names.
_SHOWN = 5
#: Rows whose numbers and events come along: as many as an answer lists.
_TOLD = 50
BANDS = ("low", "medium", "high")


class CohortArgs(ToolArgs):
    """A filter over customers, and an order for them. Empty fields do not filter."""

    stages: list[str] = Field(default_factory=list, description=f"in one of these stages: {', '.join(ALL_STAGES)}")
    bands: list[str] = Field(default_factory=list, description="with one of these churn bands: low, medium, high")
    silent_days_min: Days | None = Field(default=None, description="no activity for at least this many days")
    active_days_max: Days | None = Field(default=None, description="last active within this many days")
    value_min: float | None = Field(default=None, description="net value in any one currency at least")
    currency: str | None = Field(default=None, description="sort and compare by the value in this currency only")
    stage_since: AwareDatetime | None = Field(default=None, description="came into their stage at this time or later")
    stage_before: AwareDatetime | None = Field(default=None, description="came into their stage before this instant")
    reached: bool = Field(default=False, description="came into such a stage at all, whichever they are in now")
    deeds: list[Deed] = Field(default_factory=list, description="did all of these: events, how often, for how much")
    any_of: bool = Field(default=False, description="one of the deeds is enough")
    traits: list[Condition] = Field(
        default_factory=list, description="what was last said of the customer meets all of these"
    )
    among: list[str] = Field(default_factory=list, description="only these customers, by id")
    sort: SortKey = "value"
    descending: bool = True
    limit: Annotated[int, Field(ge=1, le=500)] = 10
    after: str | None = Field(default=None, description="the client id that the page starts behind")


class CustomerRow(BaseModel):
    client_id: str
    name: str | None
    stage: str
    stage_since: datetime
    last_active: datetime | None
    events: int
    active_days: int
    value: list[Money]
    band: str | None
    percentile: float | None
    evidence: list[str]
    deed_counts: list[int] = Field(default_factory=list, description="how often each of the deeds was done")


class CohortResult(ToolResult):
    """`total` customers match; `customers` are the first of them in order."""

    total: int
    customers: list[CustomerRow]
    next_after: str | None = None


async def run(context: ToolContext, args: CohortArgs) -> CohortResult:
    if context.bound_to:
        raise ToolError(f"this question is about {context.bound_to!r} only")
    check(args)
    survey = await context.survey()
    if _needs_signals(args) and not survey.judged:
        raise StillTraining
    everyone = list(survey.customers.values())
    done = await _did(select(_among(survey, args), args, context.as_of), args)
    found = order([survey.customers[client_id] for client_id in done], args)
    page, following = page_of(found, lambda customer: customer.client_id, args.after, args.limit)
    rows = [row(customer, args, done[customer.client_id]) for customer in page]
    cited = [key for each in rows[:_TOLD] for key in (each.evidence[:2] if args.deeds else each.evidence[-2:])]
    shown = await passages(context, cited)
    return CohortResult(
        facts=[
            _total(found, args, done),
            searched_fact(everyone, "cohort"),
            *(fact for customer in page[:_TOLD] for fact in customer_facts(customer, done[customer.client_id])),
        ],
        passages=shown,
        total=len(found),
        customers=rows,
        next_after=following,
    )


def _needs_signals(args: CohortArgs) -> bool:
    return bool(args.bands) or args.sort == "risk" or "at_risk" in args.stages


def _among(survey: Survey, args: CohortArgs) -> list[Customer]:
    """Those who were named, as far as they are known; everyone where nobody was."""
    if not args.among:
        return list(survey.customers.values())
    named = {survey.joined.get(client_id, client_id) for client_id in args.among}
    return [customer for customer in survey.customers.values() if customer.client_id in named]


async def _did(customers: Sequence[Customer], args: CohortArgs) -> dict[str, list[Done]]:
    """By id, the customers who did what was asked, and what each did of every deed; in turns with other requests."""
    judges, enough, pace = [judge_of(deed) for deed in args.deeds], any if args.any_of else all, Pace()
    found: dict[str, list[Done]] = {}
    for customer in customers:
        done: list[Done] = []
        for judge in judges:
            done.append(judge(customer.records, done[-1] if done else None))
        if not done or enough(each.holds for each in done):
            found[customer.client_id] = done
        await pace.breathe()
    return found


def _total(found: Sequence[Customer], args: CohortArgs, done: dict[str, list[Done]]) -> Fact:
    """How many there are, resting on what each did, or on what put them at their stage."""
    fact = total_fact([stage_change(customer, args) or customer.stages[-1] for customer in found], "cohort")
    behind = [each.records[-1].message_id for c in found for each in done[c.client_id] if each.holds and each.records]
    behind += [key for customer in found for key in _known_by(customer, args)]
    # What somebody never did rests on no event: only on all that was searched.
    keys = list(dict.fromkeys([*behind, *(fact.evidence if args.deeds else ())]))
    if not behind:
        return fact
    query = "GET /clients/{id}/timeline of each customer" if len(keys) > MAX_EVIDENCE else None
    return fact.model_copy(
        update={"evidence": keys[:MAX_EVIDENCE], "evidence_total": max(len(keys), fact.evidence_total), "query": query}
    )


def check(args: CohortArgs) -> None:
    """Raise ToolError for a stage or band that does not exist."""
    for value in args.stages:
        check_stage(value)
    check_bands(args.bands)


def check_bands(bands: Sequence[str]) -> None:
    for value in bands:
        if value not in BANDS:
            raise ToolError(f"{value!r} is not a band; bands are {', '.join(BANDS)}", "bands")


def select(customers: Sequence[Customer], args: CohortArgs, as_of: datetime) -> list[Customer]:
    """The customers that pass every filter."""
    tests: list[Callable[[Customer], bool]] = []
    if args.stages or args.stage_since or args.stage_before:
        tests.append(lambda c: stage_change(c, args) is not None)
    if args.bands:
        tests.append(lambda c: c.signal.band in args.bands)
    if args.silent_days_min is not None:
        latest = as_of - timedelta(days=args.silent_days_min)
        tests.append(lambda c: _last(c) <= latest)
    if args.active_days_max is not None:
        earliest = as_of - timedelta(days=args.active_days_max)
        tests.append(lambda c: _last(c) >= earliest)
    if args.value_min is not None:
        least = Decimal(str(args.value_min))
        tests.append(lambda c: value_of(c, args.currency) >= least)
    if args.traits:
        tests.append(has_traits(args.traits))
    return [customer for customer in customers if all(test(customer) for test in tests)]


def stage_change(customer: Customer, args: CohortArgs) -> StageChange | None:
    """The change of stage that passes the filter: the last one, or with `reached` the last of those that do."""
    for change in reversed(customer.stages if args.reached else customer.stages[-1:]):
        late = args.stage_since is None or change.since >= args.stage_since
        early = args.stage_before is None or change.since < args.stage_before
        if late and early and (not args.stages or change.stage in args.stages):
            return change
    return None


def order(customers: Sequence[Customer], args: CohortArgs) -> list[Customer]:
    """Sorted, ties by client id. With `currency`, a sort by value holds only who has any in it; without one, amounts
    of different currencies are not compared: customers come currency by currency."""
    if args.sort == "name":
        return sorted(customers, key=lambda c: (c.name.lower(), c.client_id))
    if args.sort == "value" and args.currency:
        customers = [c for c in customers if args.currency.upper() in c.profile.value]
    keys: dict[SortKey, Callable[[Customer], float]] = {
        "value": lambda c: float(value_of(c, args.currency)),
        "recency": lambda c: _last(c).timestamp(),
        "activity": lambda c: float(c.profile.active_days),
        "risk": lambda c: c.signal.score if c.signal.score is not None else float("-inf"),
    }
    key, sign = keys[args.sort], -1 if args.descending else 1
    return sorted(customers, key=lambda c: (_group(c, args), sign * key(c), c.client_id))


def _group(customer: Customer, args: CohortArgs) -> str:
    """What keeps amounts of different currencies apart in a sort by value."""
    return main_currency(customer) if args.sort == "value" and not args.currency else ""


def row(customer: Customer, args: CohortArgs, done: Sequence[Done] = ()) -> CustomerRow:
    """One customer, at the stage that the filter is about; what they did of the deeds is the first evidence."""
    profile, last = customer.profile, stage_change(customer, args) or customer.stages[-1]
    evidence = [
        *(record.message_id for each in done if each.holds for record in newest(each.records, _SHOWN)),
        *_known_by(customer, args),
        *profile.evidence.get("value", [])[-3:],
        *profile.evidence.get("last_active", [])[-1:],
        *last.evidence[:2],
    ]
    return CustomerRow(
        client_id=customer.client_id,
        name=profile.name,
        stage=last.stage,
        stage_since=last.since,
        last_active=profile.last_active,
        events=profile.events,
        active_days=profile.active_days,
        value=money_view(profile),
        band=customer.signal.band,
        percentile=customer.signal.percentile,
        evidence=list(dict.fromkeys(evidence)),
        deed_counts=[len(each.records) for each in done],
    )


def _known_by(customer: Customer, args: CohortArgs) -> list[str]:
    """The events that tell what a customer is, of all that was asked for."""
    told = [latest(customer.records, trait.label) for trait in args.traits]
    return [known[1].message_id for known in told if known]


def customer_facts(customer: Customer, done: Sequence[Done] = ()) -> list[Fact]:
    """The numbers of one row."""
    url = f"GET /clients/{customer.client_id}/timeline"
    active = [record for record in customer.records if record.meaning.active]
    days = count_fact("active_days", active, "days", "cohort", url)
    last = customer.profile.evidence.get("last_seen", [])[-1:]
    return [
        *client_facts(customer, last, "cohort"),
        days.model_copy(update={"value": customer.profile.active_days}),
        *value_facts(customer, "cohort"),
        *deed_facts(done, url),
    ]


def total_fact(found: Sequence[StageChange], tool: str) -> Fact:
    """How many customers matched, resting on what put each of them at their stage."""
    shown = [change.evidence[-1] for change in found if change.evidence]
    query = "GET /clients with the same filter" if len(shown) > MAX_EVIDENCE else None
    return Fact(
        name="customers", value=len(found), unit="customers", tool=tool, evidence=shown[:MAX_EVIDENCE],
        evidence_total=len(shown), query=query,
    )  # fmt: skip


def searched_fact(everyone: Sequence[Customer], tool: str) -> Fact:
    """Among how many customers was looked, resting on the last event of each."""
    last = [customer.records[-1] for customer in everyone]
    return count_fact("searched", last, "customers", tool, "GET /clients")


def _last(customer: Customer) -> datetime:
    return customer.profile.last_active or customer.profile.last_seen


TOOL = Tool(
    "cohort",
    "Find, count and sort customers by stage, churn band, silence, value, activity, risk or what they did.",
    CohortArgs,
    run,
)
