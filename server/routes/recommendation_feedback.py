"""One recommendation: what it was, what was told of it, and what came of it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Path
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from memory.feedback import Feedback, Reaction
from memory.given import NOTHING, Decision, Given, RecommendationKind
from memory.ledger import UnknownCustomer
from memory.scope import Scope
from server.auth import IngestScope, ReadScope
from server.bootstrap import Services, ServicesDep
from server.openapi import problems
from server.problems import FieldError, Kind, Refusal
from server.times import Moment, MomentDep, moment
from tools.experiment.outcomes import horizon_end, outcome_of

router = APIRouter(tags=["recommendations"])

UNKNOWN_RECOMMENDATION = Kind("unknown-recommendation", 404, "Unknown recommendation")
NOT_THEIRS = Kind("not-their-recommendation", 409, "The recommendation was given to somebody else")
GIVEN_OTHERWISE = Kind("feedback-given-otherwise", 409, "Other feedback was given before")
NOTHING_GIVEN = Kind("nothing-recommended", 409, "Nothing was recommended")

RecommendationId = Annotated[str, Path(min_length=1, description="The `id` of a recommendation")]
Line = StringConstraints(strip_whitespace=True)


class FeedbackRequest(BaseModel):
    """What became of a recommendation."""

    model_config = ConfigDict(extra="forbid")

    verdict: Reaction
    client_id: str | None = Field(
        default=None, min_length=1, description="Whose it is, as a check: refused where it is somebody else's"
    )
    note: Annotated[str, Line, Field(max_length=1_000)] = ""
    author: Annotated[str, Line, Field(max_length=200, description="Who says so")] = ""


class FeedbackReply(BaseModel):
    """What is kept. `rests_until`: it is not recommended to this customer before; null where it need not wait."""

    recommendation_id: str
    client_id: str
    kind: RecommendationKind
    what: str
    verdict: Reaction
    note: str
    author: str
    made_at: datetime
    rests_until: datetime | None
    duplicate: bool = Field(description="It had been told before, just so")


class OutcomeView(BaseModel):
    """What came of a decision, found in the events: one of `events` after it and not after `until`."""

    status: Literal["waiting", "happened", "did_not_happen", "unknown"]
    events: tuple[str, ...]
    until: datetime
    message_id: str | None = Field(default=None, description="The first event that counts")


class RecommendationReply(BaseModel):
    """What was given, as of an instant. `decision` is how an action was chosen; null of an item."""

    id: str
    as_of: datetime
    client_id: str = Field(description="Whom it was given to; since then they may go by another id")
    kind: RecommendationKind
    what: str = Field(description="An item's name, an action's id, or `nothing`")
    title: str
    made_at: datetime
    expires_at: datetime
    decision: Decision | None
    feedback: FeedbackReply | None
    outcome: OutcomeView | None


@router.post("/recommendations/{recommendation_id}/feedback", responses=problems(400, 404, 409, 413, 503))
async def post_feedback(
    recommendation_id: RecommendationId, told: FeedbackRequest, scope: IngestScope, services: ServicesDep
) -> FeedbackReply:
    """Tell what became of a recommendation, once: what is rejected rests for its cool-down.

    Whether it helped need not be told; that is found in the events.
    """
    now = await moment(services, scope, None)
    given = await services.given.get(scope, recommendation_id)
    if given is None:
        raise _unknown(recommendation_id)
    if told.client_id is not None:
        await _check_owner(services, scope, given, told.client_id, now)
    # An item may be called so.
    if given.kind == "action" and given.what == NOTHING:
        raise _refused(NOTHING_GIVEN, "recommendation_id", f"{recommendation_id!r} recommended nothing")
    feedback = Feedback(
        recommendation_id=given.id, client_id=given.client_id, what=given.what, kind=given.kind, verdict=told.verdict,
        made_at=now.as_of, received_at=datetime.now(UTC), cool_down_days=given.cool_down_days, note=told.note,
        author=told.author,
    )  # fmt: skip
    return await _kept(services, scope, feedback)


@router.get("/recommendations/{recommendation_id}", responses=problems(404, 503))
async def get_recommendation(
    recommendation_id: RecommendationId, scope: ReadScope, services: ServicesDep, moment: MomentDep
) -> RecommendationReply:
    """A recommendation that was given: how it was chosen, the feedback on it, and what came of it."""
    given = await services.given.get(scope, recommendation_id)
    if given is None or not _is_seen(given, moment):
        raise _unknown(recommendation_id)
    feedback = await services.feedback.get(scope, recommendation_id)
    shown = _shown(feedback, duplicate=False) if feedback and _is_seen(feedback, moment) else None
    return RecommendationReply(
        id=given.id, as_of=moment.as_of, client_id=given.client_id, kind=given.kind, what=given.what,
        title=given.title, made_at=given.made_at, expires_at=given.expires_at, decision=given.decision,
        feedback=shown, outcome=await _outcome(services, scope, given, moment),
    )  # fmt: skip


async def _kept(services: Services, scope: Scope, feedback: Feedback) -> FeedbackReply:
    taken = await services.feedback.give(scope, feedback)
    if taken == "erased":
        raise UnknownCustomer(feedback.client_id)
    if taken == "kept":
        await services.commit()
        return _shown(feedback, duplicate=False)
    earlier = await services.feedback.get(scope, feedback.recommendation_id)
    if taken == "same" and earlier:
        return _shown(earlier, duplicate=True)
    was = f" as {earlier.verdict}" if earlier else ""
    raise _refused(GIVEN_OTHERWISE, "/verdict", f"feedback on {feedback.recommendation_id!r} was given before{was}")


async def _check_owner(services: Services, scope: Scope, given: Given, client_id: str, now: Moment) -> None:
    """Raises Refusal where the recommendation is another customer's, UnknownCustomer where there is no such one."""
    if client_id == given.client_id:
        return
    history = await services.ledger.history(scope, client_id, now.as_of)
    if given.client_id not in history.scope.members:
        raise _refused(NOT_THEIRS, "/client_id", f"{given.id!r} was not given to {client_id!r}")


async def _outcome(services: Services, scope: Scope, given: Given, moment: Moment) -> OutcomeView | None:
    if given.decision is None:
        return None
    view = OutcomeView(status="waiting", events=given.decision.outcome, until=horizon_end(given, given.decision))
    if view.until >= moment.as_of:
        return view
    try:
        history = await services.ledger.history(scope, given.client_id, moment.as_of, moment.known_at)
    except UnknownCustomer:
        return view.model_copy(update={"status": "unknown"})
    found = outcome_of(given, history.records, moment.as_of)
    if found is None:
        return view.model_copy(update={"status": "unknown"})
    status = "happened" if found.happened else "did_not_happen"
    return view.model_copy(update={"status": status, "message_id": found.message_id})


def _is_seen(what: Given | Feedback, moment: Moment) -> bool:
    return what.made_at <= moment.as_of and (moment.known_at is None or what.received_at < moment.known_at)


def _shown(feedback: Feedback, *, duplicate: bool) -> FeedbackReply:
    told = feedback.model_dump(exclude={"received_at", "cool_down_days"})
    return FeedbackReply(**told, rests_until=feedback.rests_until, duplicate=duplicate)


def _unknown(recommendation_id: str) -> Refusal:
    return _refused(UNKNOWN_RECOMMENDATION, "recommendation_id", f"no recommendation {recommendation_id!r} was given")


def _refused(kind: Kind, field: str, told: str) -> Refusal:
    return Refusal(kind, told, [FieldError(field=field, reason=kind.slug.replace("-", "_"), detail=told)])
