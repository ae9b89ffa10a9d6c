"""What a clause speaks of: which events, which of their properties, and under which conditions."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from agent.conditions import read_conditions
from agent.folding import fold
from agent.lexicon import Lexicon, Named, Token, stems, tokens_of
from agent.nouns import find_events, find_item, is_noun
from agent.quantities import Bound, find_bounds
from agent.values import is_value
from memory.record import MONEY_FIELDS
from memory.vocabulary import meaning_of, spelled
from tools.selection import Condition, Kind


@dataclass(frozen=True, slots=True)
class Terms:
    """`labels` are properties that are asked for, the likeliest first; `phrases` are the words that were understood.

    `certain` says that the events were named in full, or by a noun everybody uses.
    """

    kind: Kind = "any"
    titles: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    where: tuple[Condition, ...] = ()
    item: str | None = None
    bounds: tuple[Bound, ...] = ()
    phrases: tuple[str, ...] = ()
    certain: bool = False

    @property
    def names_events(self) -> bool:
        return bool(self.titles or self.item or self.where) or self.kind != "any"


def read_terms(clause: str, lexicon: Lexicon, people: Sequence[str] = (), known: Sequence[str] = ()) -> Terms:
    """The terms of a clause; `people` and `known` (times) are words of it that were understood already."""
    tokens = tokens_of(clause)
    item = find_item(clause, lexicon.items_begun_in(clause))
    taken = _spots(tokens, clause, [*people, *known, *([item] if item else [])])
    bounds = [bound for bound in find_bounds(clause) if not _inside(bound, clause, known)]
    kind, titles, free = _nouns(clause, lexicon, people)
    values = [v for v in lexicon.values(tokens, taken) if is_value(v, tokens, clause, lexicon, titles)]
    held = taken | {spot for value in values for spot in value.spots}
    events = [] if titles or kind != "any" else _best(lexicon.events(tokens, held, free=free))
    named = lexicon.labels(tokens, held)
    events = [event for event in events if not _is_a_property(event, named, tokens, lexicon)]
    titles = titles or tuple(sorted(event.name for event in events))
    said = [label for label in named if not _is_the_deed(label, events, tokens)]
    labels = _ranked(said, titles, lexicon)
    if kind in ("money", "purchase", "refund"):
        # Net of refunds, by currency: more than the property alone would tell.
        labels = [label for label in labels if label.name not in MONEY_FIELDS]
    if kind != "any" or titles:
        # Whoever calls a property "orders" does not change what orders are.
        labels = [label for label in labels if not is_noun(label.name)]
    # "Total" is a property of the events asked about, or just a word.
    labels = [
        n for n in labels if not lexicon.is_general(n.name) or lexicon.catalogue.labels[n.name].titles & set(titles)
    ]
    # "Fees of 2025" are of a year.
    timeless = _blanked(clause, known)
    conditions, used = read_conditions(values, labels, bounds, tokens, timeless, titles, lexicon)
    spots = held | {s for each in [*events, *labels] for s in each.spots}
    return Terms(
        kind=kind,
        titles=titles,
        labels=tuple(label.name for label in labels if label.name not in {c.label for c in conditions}),
        where=tuple(conditions),
        item=item,
        bounds=tuple(bound for bound in bounds if bound not in used),
        phrases=(*(tokens[s].text for s in sorted(spots)), *(clause[b.start : b.end] for b in bounds)),
        certain=bool(titles and not events) or kind != "any" or any(event.share == 1 for event in events),
    )


def _nouns(clause: str, lexicon: Lexicon, people: Sequence[str]) -> tuple[Kind, tuple[str, ...], bool]:
    """The events by their whole names, or by the nouns everybody uses; True where no such events exist here."""
    catalogue = lexicon.catalogue
    kind, titles = find_events(clause, catalogue.titles, people)
    known = {spelled(title) for title in catalogue.titles}
    if titles and not any(spelled(title) in known for title in titles):
        others = lexicon.events(tokens_of(clause), free=True)
        return "any", () if others else titles, bool(others)
    money = {meaning_of(title).money for title in catalogue.titles}
    exists = {"purchase": 1 in money, "refund": -1 in money, "money": bool(money - {0})}.get(kind, True)
    # "Refunds" mean nothing else, where nothing here is called alike: there are none.
    alone = kind == "refund" and not lexicon.events(tokens_of(clause), free=True)
    return (kind, titles, False) if exists or alone else ("any", (), True)


def _is_a_property(event: Named, labels: Sequence[Named], tokens: Sequence[Token], lexicon: Lexicon) -> bool:
    """Whether all that stands for an event is the whole name of a property that it does not carry: "home port"."""
    return event.share < 1 and any(
        label.share == 1
        and event.spots <= label.spots
        and event.name not in lexicon.catalogue.labels[label.name].titles
        and {tokens[spot].stem for spot in label.spots} >= stems(label.name)
        for label in labels
    )


def _is_the_deed(label: Named, events: Sequence[Named], tokens: Sequence[Token]) -> bool:
    """Whether the words that stand for a property name the events already: "charged" is no amount beside "fines"."""
    literal = {tokens[spot].stem for spot in label.spots} & stems(label.name)
    return not literal and any(label.spots <= event.spots for event in events)


def _best(events: Sequence[Named]) -> list[Named]:
    """The fullest match, with those that are as full and stand on the same words."""
    return [event for event in events if event.share == events[0].share and event.spots == events[0].spots][:3]


def _ranked(labels: Sequence[Named], titles: Collection[str], lexicon: Lexicon) -> list[Named]:
    """Properties of the events that are asked about first; of rivals for the same words the fullest."""

    def rank(named: Named) -> tuple[bool, bool, float, int, int, str]:
        label = lexicon.catalogue.labels[named.name]
        own = label.titles & set(titles)
        return (named.share < 1, not own, -named.share, -len(named.spots), -label.count, named.name)

    kept: list[Named] = []
    for named in sorted(labels, key=rank):
        if not any(named.spots <= other.spots and other.share == 1 for other in kept):
            kept.append(named)
    return kept


def _spots(tokens: Sequence[Token], clause: str, phrases: Iterable[str]) -> frozenset[int]:
    """The tokens that lie in one of these phrases of the clause."""
    folded = "".join(fold(char)[:1] or char for char in clause)
    places: list[tuple[int, int]] = []
    for phrase in filter(None, phrases):
        wanted = "".join(fold(char)[:1] or char for char in phrase)
        places += [m.span() for m in re.finditer(rf"(?<!\w){re.escape(wanted)}(?!\w)", folded)]
    return frozenset(
        spot for spot, token in enumerate(tokens) for start, end in places if start <= token.start and token.end <= end
    )


def _blanked(clause: str, phrases: Iterable[str]) -> str:
    """The clause with these phrases as dots, so that every place stays where it is."""
    for phrase in filter(None, phrases):
        clause = clause.replace(phrase, "·" * len(phrase))
    return clause


def _inside(bound: Bound, clause: str, phrases: Iterable[str]) -> bool:
    places = [(clause.find(phrase), len(phrase)) for phrase in phrases if phrase]
    return any(at >= 0 and at < bound.end and bound.start < at + length for at, length in places)
