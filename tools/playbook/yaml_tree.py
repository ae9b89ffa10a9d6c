"""A YAML text as plain values, and the line on which each of them stands; nothing is guessed."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml

from tools.playbook.problem import InvalidPlaybook, PlaybookError

#: A hundred actions with all their texts.
MAX_BYTES = 128 * 1024
#: A playbook is five deep, and a hundred actions are some 5,000 values.
_MAX_DEPTH = 20
_MAX_NODES = 20_000
#: Longer numbers are ids, and float holds no more digits.
_MAX_DIGITS = 15
#: Of a field's name as it is told.
_MAX_NAME = 60
_WHOLE = re.compile(r"[-+]?(?:0|[1-9][0-9]*)")
_FRACTION = re.compile(r"[-+]?(?:[0-9]+\.[0-9]*|\.[0-9]+)(?:[eE][-+][0-9]+)?")
#: Numbers by YAML 1.2 that are texts by 1.1.
_NEWER_NUMBER = re.compile(r"[-+]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)[eE][-+]?[0-9]+|0o[0-7]+")
_NULL, _BOOL, _INT, _FLOAT, _TEXT = (f"tag:yaml.org,2002:{name}" for name in ("null", "bool", "int", "float", "str"))

Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Tree:
    """`value`: dicts with text keys, tuples, texts, numbers, flags and None. `lines`: from 1, by path.

    Where one of the `errors` stands, the value is None.
    """

    value: Any
    lines: dict[Path, int]
    errors: tuple[PlaybookError, ...]

    def line_of(self, path: Path) -> int | None:
        """The line of a path, or of the nearest one above it that was written."""
        return next((self.lines[path[:end]] for end in range(len(path), -1, -1) if path[:end] in self.lines), None)


def read_yaml(data: bytes) -> Tree:
    """The values of one YAML document; raises InvalidPlaybook where it cannot be taken apart.

    Numbers are decimal and flags are true or false. What YAML 1.1 and 1.2 read differently (`yes`, `010`, `1e3`) is
    refused rather than read in one of the two ways; so are aliases, tags and doubled keys.
    """
    if len(data) > MAX_BYTES:
        raise _whole(f"the file has more than {MAX_BYTES:,} bytes, the most that are read")
    node = _compose(_decode(data))
    if node is None:
        raise _whole("the file is empty")
    walk = _Walk()
    value = walk.value(node, ())
    return Tree(value, walk.lines, tuple(walk.errors))


def _decode(data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise InvalidPlaybook([PlaybookError(line, "", "this is no UTF-8 text")]) from None


class _Composer(yaml.SafeLoader):
    """Composes nodes; what could make a small text large, or a deep one overflow, is refused as it comes."""

    depth = 0
    nodes = 0

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        event = self.peek_event()  # type: ignore[no-untyped-call] # the stubs leave it out
        if getattr(event, "anchor", None) is not None:
            raise _Unread("anchors and aliases (& and *) are not read: write it out", event.start_mark)
        if getattr(event, "tag", None) is not None:
            raise _Unread("tags (!) are not read: leave it out, or put the text in quotes", event.start_mark)
        if self.depth == _MAX_DEPTH:
            raise _Unread("this is nested too deep", event.start_mark)
        if self.nodes == _MAX_NODES:
            raise _Unread(f"more than {_MAX_NODES:,} values are not read", event.start_mark)
        self.nodes += 1
        self.depth += 1
        try:
            return super().compose_node(parent, index)
        finally:
            self.depth -= 1


class _Unread(yaml.MarkedYAMLError):
    def __init__(self, problem: str, mark: yaml.Mark) -> None:
        super().__init__(problem=problem, problem_mark=mark)


def _compose(text: str) -> yaml.Node | None:
    """The root node; None for a text without any."""
    try:
        composer = _Composer(text)
    except yaml.reader.ReaderError as error:
        line = text[: error.position].count("\n") + 1
        raise InvalidPlaybook([PlaybookError(line, "", "a control character stands here")]) from None
    try:
        return composer.get_single_node()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        told = PlaybookError(mark.line + 1 if mark else None, "", _told(error))
        raise InvalidPlaybook([told]) from None
    except (ValueError, OverflowError):
        # An escape such as "\U00110000" that is no character: the scanner lets it through to `chr`.
        told = PlaybookError(composer.line + 1, "", "an escape stands for no character")
        raise InvalidPlaybook([told]) from None


def _told(error: yaml.MarkedYAMLError) -> str:
    if "'\\t'" in (error.problem or ""):
        return "a tab stands where only spaces may"
    if error.context and error.context_mark:
        return f"{error.context} that begins on line {error.context_mark.line + 1}, {error.problem}"
    return error.problem or "this is no YAML"


@dataclass
class _Walk:
    """Goes through the nodes once, and gathers lines and errors."""

    lines: dict[Path, int] = field(default_factory=dict)
    errors: list[PlaybookError] = field(default_factory=list)

    def value(self, node: yaml.Node, path: Path) -> Any:
        self.lines.setdefault(path, _line(node))
        if isinstance(node, yaml.MappingNode):
            return {key: self.value(child, (*path, key)) for key, child in self._entries(node, path)}
        if isinstance(node, yaml.SequenceNode):
            return tuple(self.value(child, (*path, number)) for number, child in enumerate(node.value))
        return self._scalar(node, path)

    def _entries(self, node: yaml.MappingNode, path: Path) -> Iterator[tuple[str, yaml.Node]]:
        first: dict[str, int] = {}
        for key, child in node.value:
            if not isinstance(key, yaml.ScalarNode) or not _printable(key.value):
                self._wrong(key, path, "a name has to be plain text")
            elif key.value in first:
                self._wrong(key, (*path, key.value), f"it stands on line {first[key.value]} already")
            else:
                first[key.value] = self.lines[(*path, key.value)] = _line(key)
                yield key.value, child

    def _scalar(self, node: yaml.Node, path: Path) -> Any:
        text = str(node.value)
        if not _printable(text.replace("\n", "")):
            self._wrong(node, path, "a control character stands here")
            return None
        if isinstance(node, yaml.ScalarNode) and node.style is not None:
            return text
        try:
            return plain_value(node.tag, text)
        except ValueError as error:
            self._wrong(node, path, str(error))
            return None

    def _wrong(self, node: yaml.Node, path: Path, reason: str) -> None:
        self.errors.append(PlaybookError(_line(node), path_name(path), reason))


def plain_value(tag: str, text: str) -> str | int | float | bool | None:
    """What a text without quotes is, given what YAML 1.1 takes it for; raises ValueError where 1.2 disagrees."""
    if tag == _NULL:
        return None
    if tag == _BOOL and text.lower() in ("true", "false"):
        return text.lower() == "true"
    if tag in (_INT, _FLOAT) and len(text) > _MAX_DIGITS:
        raise ValueError(f"{text[:20]!r} is too long a number; put it in quotes if it is a text")
    if tag == _INT and _WHOLE.fullmatch(text):
        return int(text)
    if tag == _FLOAT and _FRACTION.fullmatch(text) and math.isfinite(float(text)):
        return float(text)
    if tag in (_BOOL, _INT, _FLOAT) or (tag == _TEXT and _NEWER_NUMBER.fullmatch(text)):
        meant = "true or false" if tag == _BOOL else "a plain decimal number"
        raise ValueError(f"{text!r} can be read in two ways: write {meant}, or put it in quotes")
    return text


def path_name(path: Path) -> str:
    """A path as it is told: `actions[2].when.stages[0]`."""
    told = "".join(f"[{part}]" if isinstance(part, int) else f".{part[:_MAX_NAME]}" for part in path)
    return told.removeprefix(".")


def _printable(text: str) -> bool:
    """Without control characters, and without halves of surrogate pairs, which are no characters."""
    return not any(unicodedata.category(char) in ("Cc", "Cs") for char in text)


def _line(node: yaml.Node) -> int:
    return int(node.start_mark.line) + 1


def _whole(reason: str) -> InvalidPlaybook:
    return InvalidPlaybook([PlaybookError(None, "", reason)])
