"""What is wrong with a playbook: the line, the field and the reason of each error."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

#: A file of quite another kind would otherwise fill a screen with what is wrong with it.
MOST_ERRORS = 50


@dataclass(frozen=True, slots=True)
class PlaybookError:
    """One error. `line` counts from 1; None where it is about the file as a whole. `field` is "" there."""

    line: int | None
    field: str
    reason: str

    def __str__(self) -> str:
        where = [f"line {self.line}"] if self.line else []
        return ": ".join([*where, *filter(None, [self.field]), self.reason])


@dataclass(frozen=True, slots=True)
class PlaybookProblem:
    """Why a file is not in force: its name and its errors, by line."""

    file: str
    errors: tuple[PlaybookError, ...]

    def __str__(self) -> str:
        return "; ".join(f"{self.file}: {error}" for error in self.errors)


class InvalidPlaybook(ValueError):
    """A text that is no playbook, with every error that was found in it."""

    def __init__(self, errors: Iterable[PlaybookError]) -> None:
        ordered = sorted(set(errors), key=lambda error: (error.line or 0, error.field, error.reason))
        self.errors = tuple(ordered[:MOST_ERRORS])
        super().__init__("; ".join(map(str, self.errors)))
