"""Everyday words for one another, where a workspace uses one and a question the other."""

from __future__ import annotations

from agent.folding import stem

#: Words that people use for the same thing in most trades; what only one trade says is left to its own vocabulary.
_GROUPS = (
    "book reserve reservation booking",
    "buy bought purchase order ordered",
    "car vehicle automobile",
    "price cost fare fee charge amount tariff",
    "pay paid payment spend spent",
    "score rating rate stars grade mark points",
    "guest passenger people person visitor attendee participant",
    "complain complaint grievance",
    "cancel cancellation annul",
    "signup register registration enroll enrolled enrolment join joined",
    "trip journey voyage crossing ride travel travelled",
    "mail email newsletter mailing",
    "reason cause motive",
    "topic subject theme",
    "tier level grade rank",
    "type kind class category sort",
    "answer respond response reply",
    "deliver delivery ship shipment shipped dispatch",
    "repair fix fixed mend service",
    "start begin began",
    "end finish quit stop",
    "job role position title occupation",
    "town city municipality",
    "staff employee headcount employees",
    "stay night nights",
    "attend attendance visit visited",
    "missed no-show noshow skipped",
    "borrow loan lend borrowed",
    "size big large",
    "length long duration last",
    "upgrade upgraded",
    "fine penalty",
    "device machine appliance",
    "member membership",
    "lesson class course",
    "appointment visit consultation",
    "comment remark feedback note",
    "use used usage utilisation utilization",
    "nps csat survey questionnaire",
)


def _mates() -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for group in _GROUPS:
        stems = {stem(word) for word in group.split()}
        for each in stems:
            found.setdefault(each, set()).update(stems - {each})
    return {each: frozenset(mates) for each, mates in found.items()}


_MATES = _mates()


def mates_of(word: str) -> frozenset[str]:
    """The stems that stand for the same thing as this stem."""
    return _MATES.get(word, frozenset())
