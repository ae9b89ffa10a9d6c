"""The models behind churn signals: their cards, which of them answers, training another, going back to an earlier."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response, status
from fastapi.responses import HTMLResponse, PlainTextResponse
from pydantic import BaseModel, Field

from memory.jobs import new_job
from memory.models import InForce, Kept
from memory.scope import Scope
from server.accept import accepted as media_types
from server.auth import OperateScope, ReadScope
from server.bootstrap import Services, ServicesDep
from server.churn_replies import ChurnReply, accepted, point_at, told_of_job
from server.openapi import problems
from server.problems import FieldError, Kind, Refusal
from server.times import Moment, MomentDep, moment
from tools.prediction.asked import Asked
from tools.prediction.card import Card
from tools.prediction.card_html import card_html
from tools.prediction.card_markdown import card_markdown
from tools.prediction.shelf import Awaited
from tools.prediction.trained import Trained, read_trained

router = APIRouter(tags=["signals"])

UNKNOWN_VERSION = Kind("unknown-model-version", 404, "Unknown version of a model")
NO_CARD = Kind("no-card", 404, "The model has no card")
NOTHING_EARLIER = Kind("nothing-earlier", 409, "No earlier model is left")

Format = Literal["json", "markdown", "html"]
_TRAINING = "The model is being trained: `Location` tells how far that is"
_PAGES: dict[int | str, dict[str, Any]] = {
    200: {"content": {"text/markdown": {"schema": {"type": "string"}}, "text/html": {"schema": {"type": "string"}}}}
}


class ModelView(BaseModel):
    """A model. `form`: steps, offset, bgnbd or prior. `retired`: it has seen an erased customer, and goes soon.

    `trained_until`: it has seen nothing from then on. `in_force`: it answers about the present.
    """

    version: str
    status: Literal["ready", "training", "failed"] = "ready"
    form: str | None = None
    calibrated: bool | None = None
    trained_until: datetime | None = None
    base_rate: float | None = None
    in_force: bool = False
    in_force_since: datetime | None = None
    retired: bool = False
    reason: str | None = Field(default=None, description="Why a training failed")
    card: Card | None = None


class ModelRow(BaseModel):
    """A model in the list of all; the figures are those of its card, null where it was not tested."""

    version: str
    outcome: str
    horizon_days: int
    form: str
    trained_until: datetime
    made_at: datetime
    customers: int | None
    roc_auc: float | None
    log_loss: float | None
    ece: float | None
    in_force: bool
    retired: bool


class ModelsReply(BaseModel):
    """Newest first. `in_force` answers about the present by the workspace's definition; `earlier` did before it."""

    in_force: str | None
    since: datetime | None
    earlier: list[str]
    models: list[ModelRow]


class RollBackReply(BaseModel):
    """The version that answers about the present from now on, and those before it."""

    in_force: str
    since: datetime
    earlier: list[str]


@router.get("/signals/churn/model", responses={**problems(404, 503), **accepted(ModelView, _TRAINING), **_PAGES})
async def get_model(
    request: Request,
    response: Response,
    scope: ReadScope,
    services: ServicesDep,
    moment: MomentDep,
    version: Annotated[str | None, Query(max_length=100, description="by default the one that answers")] = None,
    format: Annotated[Format | None, Query(description="by default what `Accept` names first")] = None,
) -> ModelView:
    """The card of a model: what it learnt from, how good it was on what it had not seen, what it cannot tell."""
    asked = Asked("churn", moment.settings.churn)
    # Of the past nothing is told that depends on what happened since.
    now = moment.present or version is not None
    pointer = await services.desk.shelf.models.in_force(scope, asked.key) if now else None
    found = await _model(services, scope, asked, moment, version)
    if isinstance(found, Awaited):
        point_at(response, found.job)
        return ModelView(version=found.job, status="failed" if found.failure else "training", reason=found.failure)
    wanted = format or _format(media_types(request))
    card = _card(found.trained)
    if wanted != "json":
        return _page(card, wanted, found.trained.version)  # type: ignore[return-value] # a page is no JSON
    return _view(found, card, pointer)


@router.get("/signals/churn/models", responses=problems(503))
async def list_models(scope: ReadScope, services: ServicesDep) -> ModelsReply:
    """Every model that is kept, of all definitions and times."""
    asked = Asked("churn", (await services.workspaces.settings(scope)).churn)
    models = services.desk.shelf.models
    pointer, kept = await models.in_force(scope, asked.key), await models.all(scope)
    rows = [_row(each, pointer) for each in sorted(kept, key=lambda each: (each.made_at, each.version), reverse=True)]
    return ModelsReply(
        in_force=pointer.version if pointer else None,
        since=pointer.since if pointer else None,
        earlier=list(pointer.earlier) if pointer else [],
        models=rows,
    )


@router.post(
    "/signals/churn/model/train",
    status_code=status.HTTP_202_ACCEPTED,
    responses={**problems(503), **accepted(ChurnReply, "The job that trains it")},
)
async def train_model(scope: OperateScope, services: ServicesDep, response: Response) -> ChurnReply:
    """Train a model from all that is known now. It answers from then on unless it is worse than the one in force."""
    now = await moment(services, scope, None)
    job = new_job("train", datetime.now(UTC), now.as_of, settings=now.settings)
    found, _ = await services.jobs.begin(scope, job)
    point_at(response, found.id)
    return told_of_job(found, None, None, 1)


@router.post("/signals/churn/model/roll-back", responses=problems(409, 503))
async def roll_back(scope: OperateScope, services: ServicesDep) -> RollBackReply:
    """Let the model before answer about the present again. The past is told by the models of its time, as ever."""
    settings = await services.workspaces.settings(scope)
    asked = Asked("churn", settings.churn)
    found = await services.desk.shelf.models.roll_back(scope, asked.key, datetime.now(UTC))
    if found is None:
        raise Refusal(NOTHING_EARLIER, "No earlier model of this definition is left to go back to.")
    await services.commit()
    return RollBackReply(in_force=found.version, since=found.since, earlier=list(found.earlier))


@dataclass(frozen=True, slots=True)
class _Found:
    trained: Trained
    retired: bool


async def _model(services: Services, scope: Scope, asked: Asked, now: Moment, version: str | None) -> _Found | Awaited:
    """The model that is asked for, or that answers at the moment; raises Refusal."""
    shelf = services.desk.shelf
    if version is None:
        found = await shelf.model(scope, asked, now.as_of, now.known_at, present=now.present)
        if isinstance(found, Awaited):
            return found
        # Of a workspace without customers none is kept.
        kept = await shelf.models.get(scope, found.version)
        return _Found(found, bool(kept and kept.retired))
    kept = await shelf.models.get(scope, version)
    if kept:
        return _Found(read_trained(kept.model, kept.version), kept.retired)
    if awaited := shelf.job(scope, version):
        return awaited
    told = f"there is no model {version!r} here; GET /signals/churn/models lists them"
    raise Refusal(UNKNOWN_VERSION, told, [FieldError(field="version", reason="unknown_version", detail=told)])


def _card(trained: Trained) -> Card | None:
    """Its card, which was made before it had a version."""
    return Card.model_validate({**trained.card, "version": trained.version}) if trained.card else None


def _format(wanted: frozenset[str]) -> Format:
    """JSON for whoever takes anything; browsers and readers name what they show."""
    if wanted & {"application/json", "application/*"} or not wanted:
        return "json"
    return "html" if "text/html" in wanted else "markdown" if "text/markdown" in wanted else "json"


def _page(card: Card | None, wanted: Format, version: str) -> Response:
    if card is None:
        raise Refusal(NO_CARD, f"The model {version!r} has no card: there was too little to learn from.")
    if wanted == "html":
        # Names of events are others' text: even if one came through, nothing may run.
        rules = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
        return HTMLResponse(card_html(card), headers={"Content-Security-Policy": rules})
    return PlainTextResponse(card_markdown(card), media_type="text/markdown")


def _view(found: _Found, card: Card | None, pointer: InForce | None) -> ModelView:
    trained = found.trained
    in_force = bool(pointer and pointer.version == trained.version)
    return ModelView(
        version=trained.version,
        form=trained.form,
        calibrated=trained.calibrated,
        trained_until=trained.until,
        base_rate=trained.base_rate,
        in_force=in_force,
        in_force_since=pointer.since if pointer and in_force else None,
        retired=found.retired,
        card=card,
    )


def _row(kept: Kept, pointer: InForce | None) -> ModelRow:
    trained = read_trained(kept.model, kept.version)
    card = _card(trained)
    measured = card.holdout.metrics if card and card.holdout else None
    return ModelRow(
        version=kept.version,
        outcome=trained.asked.outcome,
        horizon_days=trained.asked.horizon_days,
        form=trained.form,
        trained_until=kept.until,
        made_at=kept.made_at,
        customers=card.learnt.customers if card else None,
        roc_auc=measured.roc_auc if measured else None,
        log_loss=measured.log_loss if measured else None,
        ece=measured.ece if measured else None,
        in_force=bool(pointer and pointer.version == kept.version),
        retired=kept.retired,
    )
