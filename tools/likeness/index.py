"""What customers are compared by: made once for a survey, and kept with it."""

from __future__ import annotations

from dataclasses import dataclass

from tools.likeness.behaviour import Behaviour, make_behaviour
from tools.likeness.profile import Profiles, make_profiles
from tools.survey import Survey

_NOTE = "likeness"


@dataclass(frozen=True, slots=True)
class Index:
    """Everyone by what they did, and by what they are; in both in the order of ids."""

    behaviour: Behaviour
    profiles: Profiles


async def index_of(survey: Survey) -> Index:
    """The index of a survey's customers."""
    kept = survey.notes.get(_NOTE)
    if not isinstance(kept, Index):
        customers = [survey.customers[client_id] for client_id in sorted(survey.customers)]
        behaviour = await make_behaviour({each.client_id: each.records for each in customers})
        kept = Index(behaviour, await make_profiles(customers))
        survey.notes[_NOTE] = kept
    return kept
