"""Makes the samples of the suite `trust`; `never` are values that no answer may state, in the form of a gold."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from evals.sample import Forbid, Gold, Sample

#: Any answer will do that breaks no rule.
ANY = Gold(kind="any")
#: Nothing on record answers it: to say so is right.
NOTHING = Gold(kind="unanswerable")
#: An answer cites a few events; more forbidden ones than this are no stricter.
MAX_FORBIDDEN = 200


def sample(
    key: str,
    category: str,
    workspace: str,
    question: str,
    *,
    about: Sequence[str] = (),
    gold: Gold = ANY,
    text: Iterable[str] = (),
    cite: Sequence[str] = (),
    never: Sequence[Gold] = (),
    bound_to: str | None = None,
    as_of: str | None = None,
    **data: Any,
) -> Sample:
    """One sample; its id is the category and the key."""
    values = {"never": [{"kind": each.kind, "value": each.value} for each in never]} if never else {}
    return Sample(
        id=f"{category}-{key}", category=category, workspace=workspace, customer_ids=tuple(about), question=question,
        as_of=as_of, bound_to=bound_to, gold=gold, forbid=Forbid(text=tuple(text), cite=tuple(cite[:MAX_FORBIDDEN])),
        data={**values, **data},
    )  # fmt: skip
