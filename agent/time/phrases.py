"""What stands before an anchor and bends it: "since the start of", "the first week of", "in the 30 days before"."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from re import Match

from agent.time.anchors import Anchor
from agent.time.days import Clock, Days, part, step, third
from agent.time.readings import BOUND, SURE, Reading
from agent.time.words import COUNT, ORDINAL, ORDINALS, UNIT, compiled, count_of

#: So much text before an anchor is looked at: the longest phrase is well below it.
_WINDOW = 100


#: [since, before); None is open.
Bounds = tuple[datetime | None, datetime | None]


@dataclass(frozen=True, slots=True)
class Phrase:
    """An anchor with what leads to it; `start` is where the whole begins, `link` how it hangs on the one before."""

    start: int
    end: int
    anchor: Anchor
    reading: Reading
    link: str = ""
    relation: str = ""
    edge: str = ""
    parts: tuple[Match[str], ...] = ()
    onward: bool = False
    touches: bool = False

    def plain(self) -> Phrase:
        """The stretch itself, without what bounds it."""
        return replace(self, relation="", edge="", onward=False)

    @property
    def licensed(self) -> bool:
        """Whether the words before it make a doubtful anchor a time."""
        sure = self.reading.sure
        if sure == BOUND:
            return bool(self.edge or self.parts)
        return sure == SURE or bool(self.edge or self.parts) or self._led

    @property
    def _led(self) -> bool:
        leads = self.reading.leads
        return self.relation in leads if leads else bool(self.relation)


def read_phrase(text: str, anchor: Anchor, after: int) -> Phrase | None:
    """The phrase around an anchor, in the text behind `after`; None where no calendar has the anchor."""
    if anchor.reading is None:
        return None
    parts: list[Match[str]] = []
    start = anchor.start
    low = max(after, start - _WINDOW)
    while len(parts) < 3 and (found := _PART.search(text, low, start)):
        parts.append(found)
        start = found.start()
    edge = _EDGE.search(text, low, start)
    start = edge.start() if edge else start
    lead = _LEAD.search(text, low, start)
    if lead is None:
        return None
    link, relation = _canonical(lead["link"]), _canonical(lead["relation"])
    start = lead.start("relation") if relation else lead.start("rest")
    if not relation and link in ("until", "than"):
        start = lead.start() if link == "until" else start
        relation = link
    onward = _ONWARD.match(text, anchor.end)
    return Phrase(
        start=start,
        end=onward.end() if onward else anchor.end,
        anchor=anchor,
        reading=anchor.reading,
        link=link,
        relation=relation,
        edge=edge["edge"].lower() if edge else "",
        parts=tuple(parts),
        onward=onward is not None,
        touches=not text[after : lead.start()].strip(),
    )


def resolve(phrase: Phrase, clock: Clock) -> Bounds | None:
    """The instants [since, before) of a phrase, None where it stands for a moment only. May raise ValueError."""
    since, before = _whole(phrase, clock)
    at_end, at_start = phrase.edge == "end", phrase.edge in ("start", "beginning")
    relation = phrase.relation
    if relation == "as of" or (relation in ("at", "") and phrase.edge):
        return None
    if relation == "since" or phrase.onward or (relation == "from" and phrase.edge):
        return (before if at_end else since), None
    if relation == "after":
        return (since if at_start else before), None
    if relation == "before":
        return None, (before if at_end else since)
    if relation in ("until", "by"):
        return None, (since if at_start else before)
    return since, before


def _whole(phrase: Phrase, clock: Clock) -> Bounds:
    reading = phrase.reading
    if reading.back is not None and not phrase.parts:
        return clock.now - reading.back, None
    days = days_of(phrase, clock)
    return clock.start(days.first), None if reading.open_end else clock.start(days.after)


def days_of(phrase: Phrase, clock: Clock) -> Days:
    """The days of the anchor, cut or moved by its parts ("first week of"). Raises ValueError where there are none."""
    reading = phrase.reading
    days = reading.days
    if days is None and reading.in_year:
        days = reading.in_year(clock.latest_year(reading.month, _first_day(reading)))
    if days is None:
        raise ValueError("counted back from now")
    for match in phrase.parts:
        days = _cut(days, match, clock)
    return days


def _first_day(reading: Reading) -> int:
    # A leap year has every day of a month.
    return reading.in_year(2000).first.day if reading.in_year else 1


def _cut(days: Days, match: Match[str], clock: Clock) -> Days:
    if match["third"]:
        return third(days, ("early", "mid", "late").index(match["third"].lower()))
    if match["week_of"]:
        starting = match["week_of"].lower() in ("starting", "beginning")
        return Days(days.first, step(days.first, "week", 1)) if starting else clock.unit("week", 0, days.first)
    if match["side"]:
        count, unit = count_of(match["count"] or "1"), (match["side_units"] or match["side_unit"]).lower()
        if match["side"].lower() in ("before", "preceding", "up to"):
            return Days(step(days.first, unit, -count), days.first)
        return Days(days.after, step(days.after, unit, count))
    if match["calendar"]:
        return clock.unit(match["calendar"].lower(), 0, days.first)
    which = ORDINALS.get(match["which"].lower(), -1)
    unit = match["unit"].lower().removesuffix("s").replace("halve", "half")
    return part(days, which, unit, count_of(match["many"] or "1"))


def _canonical(word: str | None) -> str:
    said = " ".join((word or "").lower().split())
    return _SAME.get(said, said)


def with_days(phrase: Phrase, days: Days) -> Phrase:
    """The phrase with its year settled."""
    return replace(phrase, reading=replace(phrase.reading, days=days, in_year=None))


_SAME = {
    "till": "until", "til": "until", "up to": "until", "up until": "until", "through": "until", "thru": "until",
    "prior to": "before", "following": "after", "later than": "after", "starting": "since", "beginning": "since",
    "ever since": "since", "starting in": "since", "starting on": "since", "starting from": "since", "inside": "in",
    "as at": "as of", "as on": "as of", "no later than": "until", "earlier than": "before", "not before": "since",
    "vs": "than", "vs.": "than", "versus": "than", "against": "than", "compared to": "than", "compared with": "than",
    "relative to": "than", "-": "to", "–": "to", "—": "to", "over to": "to", "&": "and", "plus": "and",
    "as well as": "and",
}  # fmt: skip
_LINK = (
    r"and|or|but|plus|as well as|vs\.?|versus|than|against|compared (?:to|with)|relative to|to|over to|until|till?"
    r"|up to|up until|through|thru|[-–—,&/]"
)
_RELATION = (
    r"in|inside|during|within|throughout|for|of|over|on|at|dated|between|from|ever since|since|after|following|before"
    r"|prior to|by|no later than|not before|until|till?|up to|up until|through|thru|as of|as at|as on|later than"
    r"|earlier than|starting(?: in| on| from)?|beginning|vs\.?|versus|than|against|compared (?:to|with)"
)
#: Behind the text that leads to an anchor; matches the empty string too.
_LEAD = compiled(
    rf"(?:(?:\b|(?<=\s)|(?=[-–—,&/]))(?P<link>{_LINK})\s*(?:both\s+)?)?"
    rf"(?<!\w)(?:(?P<relation>{_RELATION})\s+)?(?P<rest>(?:all\s+of\s+|the\s+whole\s+(?:of\s+)?)?(?:the\s+)?)$"
)
_EDGE = compiled(r"(?:\bthe\s+)?\b(?:very\s+)?(?P<edge>start|beginning|end)\s+of\s+(?:the\s+)?$")
_PART = compiled(
    r"(?:\bthe\s+)?\b(?:"
    rf"(?P<which>{ORDINAL}|last|final)\s+(?:(?P<many>{COUNT})\s+)?(?P<unit>half|halves|(?:day|week|month|quarter)s?)\s+of"
    r"|(?P<third>early|mid|late)(?:-|\s+in)?"
    r"|week\s+(?P<week_of>of|containing|starting|beginning)(?:\s+on)?"
    rf"|(?:(?:first\s+|last\s+)?(?P<count>{COUNT})\s+(?P<side_units>{UNIT})s?|(?P<side_unit>{UNIT}))"
    r"\s+(?:leading\s+)?(?P<side>before|preceding|up\s+to|after|following)"
    r"|(?P<calendar>month|year|quarter)\s+of"
    r")\s*(?:the\s+)?$"
)
_ONWARD = compiled(
    r"\s+(?:(?:on|onwards?|forwards?|and\s+(?:later|after)|or\s+later)(?=\s*(?:$|[?!.,;)]))|onwards?\b"
    r"|(?:up\s+)?(?:to|until|till)\s+(?:now|date|today|the\s+present|this\s+day)\b)"
)
