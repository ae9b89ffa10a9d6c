"""Who or what comes first: customers, items, events, times or values by how often or by how much."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from agent.answer import Claim
from agent.figures import args_of, figures, thing, what
from agent.folding import stem
from agent.intent import Call, Intent, Question, Run, matcher, nothing, result_of
from agent.intents import top
from agent.intents.measure import READS
from agent.lexicon import tokens_of, undoes
from agent.quantities import NUMBER_WORDS
from agent.superlatives import is_of_one
from agent.wording import opening, plain, who
from memory.vocabulary import meaning_of
from tools.measure import FigureRow, FiguresResult

_FIRST = (
    r"\b(?<!at )(?:top|most(?! recent)|best|biggest|largest|highest|heaviest|leading|rank\w*|favou?rite"
    r"|popular|common(?:est)?"
    r"|frequent(?:ly)?|main|number one|bestselling|best-selling|sort\w*|oftenest|busiest|strongest)\b"
)
_LEAST = r"\b(?<!at )(?:least|lowest|fewest|smallest|rarest|worst|bottom|unpopular|quietest|weakest)\b"
_PEOPLE = (
    r"\b(?:who|whom|whose|customers?|clients?|accounts?|users?|people|buyers?|spenders?"
    r"|members?|compan(?:y|ies))\b"
)
#: "What do people order most" ranks what they order.
_DOERS = re.compile(r"\b(?:do|did|does|have|has|by|with|for|to|among|of)\s+(?:all\s+|our\s+|the\s+|most\s+)*$", re.I)
_MONEY = (
    r"\b(?:spen[dt]|spend\w*|revenue|money|net|value|valuable|paid|pays?|paying|worth|turnover|amounts?"
    r"|bring\w*|brought"
    r"|sales)\b"
)
_OFTEN = (
    r"\b(?:how many|most often|often|frequent\w*|number of|most orders|orders|times|popular|common\w*|busiest|active"
    r"|favou?rite|usual\w*)\b"
)
_ITEMS = r"\b(?:items?|products?|articles?|goods|features?)\b"
_EVENTS = r"\b(?:events?|actions?)\b"
_UNITS = (
    r"\b(?:which|what|best|worst|busiest|strongest|weakest|quietest|top \d+)\s+(?:\w+\s+)?(weekday"
    r"|day|week|month|quarter|year)s?\b"
)
#: What is said of a level is averaged: adding scores up ranks by how often they were given.
_LEVEL = r"\b(?:score|rating|stars|grade|mark|satisfaction|percent\w*|rate|age|temperature)\b"
_COUNTS = "|".join(word for word in NUMBER_WORDS if word != "one")
#: "The two ships", "our 3 best routes"; a number of months is a time.
_NUMBERED = re.compile(
    rf"(?:^\W*|\b(?:the|our|their|which|what|top|best|worst|bottom|me)\s+)(\d{{1,2}}|{_COUNTS})\s+"
    r"(?!(?:hours?|days?|weeks?|months?|quarters?|years?)\b)(?=[a-z])",
    re.I,
)
_SHOWN = 5
#: Asked for beyond what is shown, to see who is level with the last of them.
_BEYOND = 5
_MOST = 50


def plan(question: Question) -> list[Call]:
    if _is_of_state(question):
        return top.plan(question)
    question = _grounded(question)
    by, measure = _by(question), _measure(question)
    more = {"measure": measure, "by": by, "descending": not question.has(_LEAST), "order": "value"}
    more["limit"] = min(_limit(question) + _BEYOND, _MOST)
    args = args_of(question, **more)
    args["of"] = next((n for n in question.numbers if n != by), None) if measure not in ("count", "customers") else None
    return [Call("measure", args)]


def compose(question: Question, runs: Sequence[Run]) -> list[Claim]:
    if _is_of_state(question):
        return top.compose(question, runs)
    found, question = result_of(runs, FiguresResult), _grounded(question)
    if not found:
        return []
    if not found.rows:
        return nothing(f"No {what(question, found)} on record{question.when}", runs)
    claims: list[Claim] = []
    for unit in dict.fromkeys(row.values[0].unit for row in found.rows):
        rows = _shown([row for row in found.rows if row.values[0].unit == unit], _limit(question))
        claims.append(Claim(text=_head(question, found), evidence=rows[0].evidence[::-1][:1]))
        claims += [Claim(text=text, evidence=row.evidence[::-1]) for text, row in _numbered(question, rows)]
    return claims


def _head(question: Question, found: FiguresResult) -> str:
    measure, by = _measure(question), _by(question)
    how = "lowest" if question.has(_LEAST) else "highest"
    counted = {"count": f"number of {what(question, found)}", "customers": "number of customers"}
    of = {"customer": "Customers", "item": "Items", "event": "Events"}.get(by, opening(plain(by)))
    whose = f" of {question.who}" if question.client_id else ""
    return f"{of} by {counted.get(measure) or thing(question, measure)}{whose}{question.when}, {how} first:"


def _shown(rows: Sequence[FigureRow], limit: int) -> list[FigureRow]:
    """The first rows, with those that are level with the last of them."""
    last = rows[min(limit, len(rows)) - 1].values[0].value
    return [row for n, row in enumerate(rows) if n < limit or row.values[0].value == last]


def _numbered(question: Question, rows: Sequence[FigureRow]) -> Iterator[tuple[str, FigureRow]]:
    """Each row as a line; what is level with the row above it says so."""
    for n, row in enumerate(rows, start=1):
        level = n > 1 and row.values[0].value == rows[n - 2].values[0].value
        whose = row.client_id if _by(question) == "customer" else None
        name = opening(who(whose, question.names.get(whose))) if whose else plain(row.key)
        yield f"{n}. **{name}**: {figures(row)}{', equal to the one before' if level else ''}.", row


def _limit(question: Question) -> int:
    """As many as asked for; one where one is asked for ("who", "which customer")."""
    if number := _number(question):
        return min(number, _MOST)
    one = question.has(r"^\W*(?:and\s+)?who\b(?! are\b)|\b(?:which|what) (?:customer|client|account|user|company)\b")
    return 1 if one and _by(question) == "customer" else _SHOWN


def _number(question: Question) -> int | None:
    """How many are asked for, wherever the number leads to them: "the two ways", "our 3 best routes"."""
    found = question.number is None and _NUMBERED.search(question.text)
    return (NUMBER_WORDS.get(found[1].lower()) or int(found[1])) if found else question.number


def _by(question: Question) -> str:
    """What is ranked: what the clause names first; where it names nothing, items of a "what", else customers."""
    places = [*_people_at(question), *_labels_at(question), *_things_at(question)]
    if places:
        return min(places)[2]
    return "item" if question.named or question.has(r"^\W*what\b|\bbest[- ]?sell\w*\b") else "customer"


def _people_at(question: Question) -> Iterator[tuple[int, int, str]]:
    if question.client_id:
        return
    for match in re.finditer(_PEOPLE, question.text, re.I):
        if not _DOERS.search(question.text[: match.start()]):
            yield match.start(), 1, "customer"


def _things_at(question: Question) -> Iterator[tuple[int, int, str]]:
    for pattern, by in ((_ITEMS, "item"), (_EVENTS, "event")):
        if match := re.search(pattern, question.text, re.I):
            yield match.start(), 1, by
    if match := re.search(_UNITS, question.text, re.I):
        yield match.start(), 2, "weekday" if question.has(r"\bday of the week\b") else match[1].lower()


def _labels_at(question: Question) -> Iterator[tuple[int, int, str]]:
    """The properties that the clause names, where it does; one that holds numbers only where its values are ranked."""
    for token in tokens_of(question.text):
        # "After dogs, which species": what is left out leaves the others to be ranked.
        for label in (*question.labels, *(each.label for each in question.where if each.op == "is_not")):
            if token.stem not in {stem(word) for word in re.findall(r"[^\W_]+", label.lower())}:
                continue
            asked = rf"\b(?:which|what|popular|common\w*|favou?rite|rank(?: the)?)\s+{re.escape(token.text)}"
            if label not in question.numbers or question.has(asked):
                yield token.start, 0, label


def _measure(question: Question) -> str:
    by = _by(question)
    numbers = [label for label in question.numbers if label != by and _is_said(label, question)]
    if numbers and question.has(r"\b(?:average|mean|avg)\b"):
        return "average"
    if numbers and question.has(r"\bsingle\b"):
        return "smallest" if question.has(_LEAST) else "largest"
    if numbers and not question.has(r"\bmost often\b|\bnumber of (?:orders|purchases)\b"):
        return "average" if re.search(_LEVEL, numbers[0], re.I) and not question.has(r"\btotal\b") else "sum"
    if question.has(_MONEY) and not question.titles and not question.has(r"\bhow many\b|\bnumber of\b"):
        return "sum"
    if by == "customer" and question.kind in ("any", "money") and not (question.titles or question.has(_OFTEN)):
        return "count" if question.where and not question.currency else "sum"
    return "customers" if _is_stated(by, question) else "count"


def _is_said(label: str, question: Question) -> bool:
    """Whether a number is what is ranked by: people who do something are no number of guests."""
    own = {stem(word) for word in re.findall(r"[^\W_]+", label.lower())}
    said = {token.stem for token in tokens_of(question.text)}
    return bool(own & said) or not question.has(r"\b(?:people|guests|persons|visitors)\b")


def _is_stated(by: str, question: Question) -> bool:
    """Whether what is ranked is said of customers rather than of what they do."""
    label = question.lexicon.catalogue.label(by) if question.lexicon else None
    return bool(label and label.titles <= _STATED) and not question.titles


_STATED = frozenset({"Profile Updated", "Group", "group"})


def _grounded(question: Question) -> Question:
    """Where values are ranked and no event is named: of the events that carry them those that customers do most.

    What comes of an event (it was cancelled, reviewed, sent again) repeats its properties: all added up count twice.
    """
    label = question.lexicon.catalogue.label(_by(question)) if question.lexicon else None
    if label is None or question.titles or question.item or question.kind not in ("any", "activity"):
        return question
    titles = question.lexicon.catalogue.titles if question.lexicon else {}
    carry = [title for title in label.titles if title in titles and title not in _STATED and not undoes(title)]
    carry.sort(key=lambda title: (meaning_of(title).money <= 0, not meaning_of(title).active, -titles[title], title))
    return replace(question, titles=tuple(carry[:1]))


def _is_of_state(question: Question) -> bool:
    """Whether customers are ranked by what they are rather than by what they did: recency, active days."""
    if (
        question.named
        or question.span
        or question.titles
        or question.labels
        or question.kind not in ("any", "activity")
    ):
        return False
    return question.has(
        r"\b(?:active|activity|engaged|busiest (?:customer|client|account|user)\w*|recent(?:ly)?|newest"
        r"|latest|longest (?:silent|inactive))\b"
    )


def _is_of_the_unknown(question: Question) -> bool:
    """Whether so many of something are asked for that nothing here is called: "the two ways of doing it"."""
    found = _NUMBERED.search(question.text)
    if not found or re.search(r"\b(?:top|best|worst|bottom)\b", found[0], re.I):
        return False
    named = any(True for read in (_people_at, _labels_at, _things_at) for _ in read(question))
    return not named and not re.match(rf"{_FIRST}|{_LEAST}", question.text[found.end() :], re.I)


def _is_ranking(question: Question) -> bool:
    if is_of_one(question) or _is_of_the_unknown(question):
        return False
    if question.client_id:
        return _by(question) != "customer" and question.has(
            r"\b(?:most(?! recent)|favou?rite|(?<!on )top|main|often|usual\w*|common\w*|busiest|rank)\b"
        )
    return question.has(_PEOPLE) or not question.has(r"\bwhen\b")


INTENT = Intent(
    name="ranking",
    about="any",
    fits=_is_ranking,
    reads=matcher(
        READS.pattern, rf"\b(?:{'|'.join(NUMBER_WORDS)})\b", _FIRST, _LEAST, _PEOPLE, _MONEY, _OFTEN, _ITEMS, _EVENTS,
        r"\bafter (?:any |all |the )?(?:refunds?|returns?)\b|\b(?:in|best|worst|highest|lowest) (?:order"
        r"|first)\b|\bday of the week\b",
        r"\b(?:kinds?|sorts?|going by|after)\b",
        r"\b(?:first|by|in order|order|used|in|us|made|rank|selling|sold|sell|bookings?|ever|usually"
        r"|what|reasons?|\d{1,3}|months?|weeks?|days?|weekdays?|quarters?|years?)\b",
    ),
    pattern=matcher(
        rf"{_FIRST}.*{_PEOPLE}",
        rf"{_PEOPLE}.*{_FIRST}",
        rf"\b(?:which|what)\b.*{_FIRST}",
        r"\b(?<!at )(?:top|most|favou?rite|popular|common(?:est)?|rank\w*|best.selling|main|busiest)\b",
        rf"{_LEAST}.*{_PEOPLE}|{_PEOPLE}.*{_LEAST}|\b(?:which|what)\b.*{_LEAST}",
    ),
    plan=plan,
    compose=compose,
    examples=("Who are our best customers?", "Top 5 customers by spend", "Which item sells best?"),
)  # fmt: skip
