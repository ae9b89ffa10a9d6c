"""A sample: what is asked, of whose data, and what a right answer holds. Kept as JSON lines, named by their hash."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

#: How the tools that were called compare with those expected; the modes and their names are agentevals'.
ToolMatch = Literal["strict", "unordered", "subset", "superset"]

DATA = Path(__file__).parent / "data"


class BadSamples(ValueError):
    """A file of samples that cannot be read: which line, which field and why."""


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Gold(_Model):
    """What an answer must state, in the form of its kind (see `evals.scoring.values`), and the events that show it."""

    kind: str
    value: Any = None
    evidence: tuple[str, ...] = ()


class Forbid(_Model):
    """What must not be in an answer: text outside quotations, tools called, events cited."""

    text: tuple[str, ...] = ()
    tools: tuple[str, ...] = ()
    cite: tuple[str, ...] = ()


class Sample(_Model):
    """One question with its gold.

    `customer_ids` are the customers that it is about: only their events may be cited (anybody's where it is empty).
    `bound_to` is set where the request itself is held to a customer. `before` was asked first, in the same thread.
    `data` is whatever else a suite needs to ask its question (a cut-off, a horizon).
    """

    id: str = Field(min_length=1)
    category: str = Field(min_length=1)
    workspace: str = "default"
    customer_ids: tuple[str, ...] = ()
    question: str = ""
    as_of: str | None = None
    bound_to: str | None = None
    before: tuple[str, ...] = ()
    gold: Gold
    expect_tools: tuple[str, ...] = ()
    tool_match: ToolMatch = "superset"
    forbid: Forbid = Forbid()
    data: dict[str, Any] = Field(default_factory=dict)

    @property
    def cluster(self) -> str:
        """What hangs together in a bootstrap: the samples about one customer."""
        return f"{self.workspace}/{self.customer_ids[0] if len(self.customer_ids) == 1 else self.id}"


def read_samples(file: Path) -> list[Sample]:
    """The samples of a JSONL file, in its order; raises BadSamples, with the line and the field, and for none."""
    samples: list[Sample] = []
    # Not by splitlines: a line of JSON may hold other characters that end lines.
    for number, line in enumerate(file.read_text(encoding="utf-8").split("\n"), start=1):
        if not line.strip():
            continue
        try:
            samples.append(Sample.model_validate_json(line))
        except ValidationError as error:
            first = error.errors()[0]
            field = ".".join(str(part) for part in first["loc"]) or "the line"
            raise BadSamples(f"{file.name}, line {number}, {field}: {first['msg']}") from None
    if not samples:
        raise BadSamples(f"{file.name} holds no sample")
    _refuse_doubles(samples, file.name)
    return samples


def write_samples(file: Path, samples: Iterable[Sample]) -> None:
    """One line a sample, without what has its default."""
    file.write_text("".join(f"{as_line(sample)}\n" for sample in samples))


def as_line(sample: Sample) -> str:
    return json.dumps(sample.model_dump(mode="json", exclude_defaults=True), ensure_ascii=False)


def samples_hash(samples: Sequence[Sample]) -> str:
    """Names a set of samples: the same for the same samples in any order."""
    lines = sorted(as_line(sample) for sample in samples)
    return sha256("\n".join(lines).encode()).hexdigest()[:16]


def _refuse_doubles(samples: Sequence[Sample], name: str) -> None:
    seen: set[str] = set()
    for sample in samples:
        if sample.id in seen:
            raise BadSamples(f"{name}: the id {sample.id!r} stands there twice")
        seen.add(sample.id)
