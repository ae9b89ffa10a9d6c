"""GET /v1/models: the one model there is, for clients of OpenAI's API."""

from __future__ import annotations

from typing import Literal

from fastapi import APIRouter
from pydantic import BaseModel, Field

from server.auth import ReadScope
from server.completions.request import MODEL
from server.openapi import problems
from server.problems import UNKNOWN_MODEL, FieldError, Refusal

router = APIRouter(tags=["chat"])

#: When there was first such a model: clients sort by it.
_CREATED = 1767225600


class Model(BaseModel):
    """A model that chat clients can choose."""

    id: str = MODEL
    object: Literal["model"] = "model"
    created: int = Field(default=_CREATED, description="Seconds since 1970")
    owned_by: str = MODEL


class Models(BaseModel):
    """All of them."""

    object: Literal["list"] = "list"
    data: list[Model]


@router.get("/v1/models", responses=problems())
async def list_models(scope: ReadScope) -> Models:
    """The models that POST /v1/chat/completions answers as."""
    return Models(data=[Model()])


@router.get("/v1/models/{model:path}", responses=problems(404))
async def show_model(model: str, scope: ReadScope) -> Model:
    """One model by its id."""
    check_model(model, "model")
    return Model()


def check_model(named: str | None, field: str) -> None:
    """Raises Refusal for the name of another model; whoever names none means this one."""
    if named not in (None, "", MODEL):
        told = f"There is no model {named[:100]!r} here; the one there is is called {MODEL!r}."
        raise Refusal(UNKNOWN_MODEL, told, [FieldError(field=field, reason="unknown_model", detail=told)])
