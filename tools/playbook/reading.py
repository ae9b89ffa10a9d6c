"""A playbook read from YAML, with every error on its line."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from tools.playbook.playbook import Action, Items, Playbook, When
from tools.playbook.problem import InvalidPlaybook, PlaybookError
from tools.playbook.trait_test import TraitTest
from tools.playbook.yaml_tree import Path, Tree, path_name, read_yaml

#: Where each part of a playbook stands, with * for a number.
_PARTS: dict[tuple[str, ...], type[BaseModel]] = {
    (): Playbook,
    ("items",): Items,
    ("opt_out", "*"): TraitTest,
    ("actions", "*"): Action,
    ("actions", "*", "when"): When,
    ("actions", "*", "when", "traits", "*"): TraitTest,
}
_REASONS = {
    "missing": "it is missing",
    "string_type": "it has to be a text; put it in quotes",
    "bool_type": "it has to be true or false",
    "int_type": "it has to be a whole number",
    "float_type": "it has to be a number",
    "decimal_type": "it has to be a number",
    "tuple_type": "it has to be a list",
    "model_type": "it has to be names and values",
    "dict_type": "it has to be names and values",
    "string_too_short": "it is empty",
}
_PATTERNS = {"id": "lower case letters, digits, - and _", "currency": "three capital letters, such as EUR"}


def read_playbook(data: bytes) -> Playbook:
    """The playbook that a YAML text holds; raises InvalidPlaybook with all that is wrong with it."""
    tree = read_yaml(data)
    found = [*tree.errors]
    found += [PlaybookError(tree.line_of(path), path_name(path), told) for path, told in _contradictions(tree.value)]
    known = {error.field for error in found}
    try:
        playbook = Playbook.model_validate(tree.value)
    except ValidationError as error:
        more = [_error(each, tree) for each in error.errors(include_url=False)]
        raise InvalidPlaybook([*found, *(each for each in more if each.field not in known)]) from None
    if found:
        raise InvalidPlaybook(found)
    return playbook


def _contradictions(value: Any) -> Iterator[tuple[Path, str]]:
    """What is wrong between fields that are right by themselves; told even where other fields are not right."""
    actions = value.get("actions") if isinstance(value, dict) else None
    first: dict[str, int] = {}
    for number, action in enumerate(actions if isinstance(actions, tuple) else ()):
        if not isinstance(action, dict):
            continue
        key, cost = action.get("id"), action.get("cost")
        if isinstance(key, str) and first.setdefault(key, number) != number:
            yield ("actions", number, "id"), f"{key[:60]!r} is the id of actions[{first[key]}] already"
        if isinstance(cost, int | float) and cost > 0 and "currency" not in value:
            yield ("actions", number, "cost"), "a cost needs the playbook's `currency`"


def _error(each: ErrorDetails, tree: Tree) -> PlaybookError:
    path = each["loc"]
    return PlaybookError(tree.line_of(path), path_name(path), _reason(each, path))


def _reason(each: ErrorDetails, path: Path) -> str:
    kind, told = each["type"], each["msg"]
    if each["input"] is None and kind != "missing":
        return "it is empty"
    if kind == "extra_forbidden":
        return _unknown(path)
    if kind == "string_pattern_mismatch":
        return f"it has to be {_PATTERNS[str(path[-1])]}"
    if kind == "value_error":
        return told.removeprefix("Value error, ")
    return _REASONS.get(kind) or told.replace("Input should", "it has to", 1).replace(
        "it has to be a valid", "it has to be a"
    )


def _unknown(path: Path) -> str:
    """What is said of a field that does not exist."""
    where = tuple("*" if isinstance(part, int) else part for part in path[:-1])
    part = _PARTS.get(where)
    known = [field.alias or name for name, field in part.model_fields.items()] if part else []
    close = get_close_matches(str(path[-1]), known, n=1)
    return (
        f"there is no such field; did you mean {close[0]}?"
        if close
        else f"there is no such field: there are {', '.join(known)}"
    )
