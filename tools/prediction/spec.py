"""Which features there are, as a model keeps it: what counts as activity, event types and properties of their own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Facet:
    """A property worth a feature: its label (with its event's title), and its texts where it is no number."""

    label: str
    texts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Spec:
    """Which features there are: what is activity, event types with counts of their own, properties."""

    activity: tuple[str, ...] | None = None
    calendar: tuple[str, ...] = ()
    titles: tuple[str, ...] = ()
    facets: tuple[Facet, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """What `read_spec` makes the same specification of."""
        return {
            "activity": None if self.activity is None else list(self.activity),
            "calendar": list(self.calendar),
            "titles": list(self.titles),
            "facets": [{"label": facet.label, "texts": list(facet.texts)} for facet in self.facets],
        }


def read_spec(data: Mapping[str, Any]) -> Spec:
    """The specification that `to_json` wrote; raises KeyError or TypeError for what is none."""
    activity = data["activity"]
    return Spec(
        activity=None if activity is None else tuple(map(str, activity)),
        calendar=tuple(map(str, data["calendar"])),
        titles=tuple(map(str, data["titles"])),
        facets=tuple(Facet(str(each["label"]), tuple(map(str, each["texts"]))) for each in data["facets"]),
    )
