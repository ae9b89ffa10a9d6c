"""What a model reads of a tool's arguments: all that it needs, and little else."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import BaseModel, Field

from agent.brief_schema import brief
from tools.registry import TOOLS


class Inner(BaseModel):
    op: str | None = None


class Args(BaseModel):
    title: str
    named: str | None
    limit: int = Field(default=10, ge=1, le=50)
    most: int | None = Field(default=None, ge=0, description="at most so many")
    value: str | float | None = None
    inner: list[Inner] = Field(default_factory=list)


def properties() -> dict[str, Any]:
    found: dict[str, Any] = brief(Args.model_json_schema())["properties"]
    return found


def test_what_may_be_left_out_has_no_null() -> None:
    assert properties()["most"] == {"type": "integer", "minimum": 0, "description": "at most so many"}


def test_a_choice_of_types_stays_one() -> None:
    assert properties()["value"] == {"anyOf": [{"type": "string"}, {"type": "number"}]}


def test_what_has_to_be_given_keeps_its_null() -> None:
    assert properties()["named"] == {"anyOf": [{"type": "string"}, {"type": "null"}]}


def test_a_field_called_title_stays() -> None:
    assert properties()["title"] == {"type": "string"}


def test_other_defaults_stay() -> None:
    assert properties()["limit"] == {"type": "integer", "default": 10, "minimum": 1, "maximum": 50}


def test_definitions_are_brief_too() -> None:
    assert brief(Args.model_json_schema())["$defs"]["Inner"] == {
        "type": "object",
        "properties": {"op": {"type": "string"}},
    }


@pytest.mark.parametrize("tool", TOOLS, ids=lambda tool: tool.name)
def test_no_tool_loses_an_argument(tool: Any) -> None:
    full = tool.args.model_json_schema()
    short = brief(full)
    assert set(short["properties"]) == set(full["properties"])
    assert short.get("required") == full.get("required")
