"""What a good model does: it looks up what the question needs, and says what the tools showed, cited."""

from __future__ import annotations

import re
from collections.abc import Sequence
from zlib import crc32

from evals.scripted.messages import Seen
from evals.target import Json

#: Of an answer that a product without a model gave: its own step, no tool of a model.
_OWN_STEP = "understand"
#: Tools that a model may call in one turn, and turns of calls that leave room to write and to mend.
_A_TURN, _TURNS = 8, 4
QUOTED = re.compile(r'("[^"]*"|“[^”]*”|«[^»]*»)')
MARKERS = re.compile(r"\s*((?:\[\d+\])+)")
DATE = re.compile(r"\b\d{4}-\d{2}-\d{2}\b")
NUMBER = re.compile(r"(?<![\w.{-])\d[\d,]*(?:\.\d+)?(?![\w}]|-\d|\.\d)")
_FACT = re.compile(r"\{F\d+\}")
_IGNORANT = "I do not know."
#: How an answer without a model begins a line that says what is not on record.
_UNKNOWN = re.compile(r"^(?:- )?(?:No|None|Nothing|Nobody|I)\b")


def plan(reply: Json) -> list[list[Json]]:
    """The calls of an answer without a model, turn by turn: for half of the answers one a turn where they are few."""
    wanted = [tool for tool in reply["tools"] if tool["ok"] and tool["name"] != _OWN_STEP]
    if len(wanted) <= _TURNS and _is_even(reply):
        return [[each] for each in wanted]
    most = [wanted[begin : begin + _A_TURN] for begin in range(0, len(wanted), _A_TURN)]
    return most[:_TURNS]


def write(reply: Json, seen: Seen) -> str:
    """What an answer without a model says, in terms of what was seen: its events' refs, and some facts by their id."""
    cited = {citation["n"]: citation for citation in reply["citations"]}
    pen = _Pen(cited, seen, by_id=_is_even(reply))
    known = [line for line in reply["answer"].splitlines() if not (reply["abstained"] and _UNKNOWN.match(line))]
    lines = [pen.line(line) for line in known]
    stated = [line for line in lines if line]
    return "\n".join(stated) or _IGNORANT


def mend(text: str, fallen: Sequence[Json], seen: Seen) -> str:
    """The answer again: in the place of each sentence that fell its facts or events alone, for code to write out."""
    told = [each["sentence"] for each in fallen]
    lines = [_bare(line, seen) if _is_one_of(line, told) else line for line in text.splitlines()]
    return "\n".join(line for line in lines if line.strip()) or _IGNORANT


class _Pen:
    """Writes the lines of one answer; every second number that may be is written as the id of its fact."""

    def __init__(self, cited: dict[int, Json], seen: Seen, *, by_id: bool) -> None:
        self._cited = cited
        self._seen = seen
        self._by_id = by_id

    def line(self, line: str) -> str:
        """A line with its markers; nothing of one that has none, for a good model says only what it can cite."""
        parts = QUOTED.split(line)
        if not any(MARKERS.search(part) for part in parts[::2]):
            return ""
        # Every other part is quoted, and stays as it is.
        return "".join(part if place % 2 else self._unquoted(part) for place, part in enumerate(parts))

    def _unquoted(self, part: str) -> str:
        pieces: list[str] = []
        begin = 0
        for run in MARKERS.finditer(part):
            said = part[begin : run.start()]
            pieces += [self._numbered(said), self._marked(run[1], said)]
            begin = run.end()
        return "".join([*pieces, part[begin:]])

    def _marked(self, markers: str, said: str) -> str:
        """The same events by the numbers that the tools gave them; else those that a fact of the sentence rests on."""
        citations = [self._cited[int(n)] for n in re.findall(r"\d+", markers) if int(n) in self._cited]
        refs = [ref for citation in citations for ref in self._seen.refs_of(citation)] or self._behind(said)
        return " " + "".join(f"[{ref}]" for ref in dict.fromkeys(refs)) if refs else ""

    def _behind(self, said: str) -> list[int]:
        values = [float(found.replace(",", "")) for found in NUMBER.findall(DATE.sub(" ", said))]
        facts = [fact for value in values for fact in self._seen.facts_with(value)]
        return [ref for fact in facts[:1] for ref in fact["refs"]]

    def _numbered(self, said: str) -> str:
        return NUMBER.sub(lambda found: self._number(found, said), said)

    def _number(self, found: re.Match[str], said: str) -> str:
        facts = self._seen.facts_with(float(found[0].replace(",", "")))
        fitting = [fact for fact in facts if _has_unit(fact, said[found.end() :])]
        named = [fact for fact in fitting if _is_about(fact, said)] or fitting
        # Where several facts have the value a careful model writes the number as it is.
        if len(named) != 1:
            return found[0]
        self._by_id = not self._by_id
        return f"{{{named[0]['id']}}}" if self._by_id else found[0]


def _has_unit(fact: Json, after: str) -> bool:
    """Whether the words after a number are the unit that comes with its fact."""
    return not fact["unit"] or re.match(rf"\s*{re.escape(fact['unit'])}\b", after, re.I) is not None


def _is_about(fact: Json, said: str) -> bool:
    names = [str(fact[key]) for key in ("client", "of") if fact.get(key)]
    return bool(names) and all(name.casefold() in said.casefold() for name in names)


def _is_one_of(line: str, told: Sequence[str]) -> bool:
    """Whether a line is among sentences that were sent back, where the values of facts stand in place of their ids."""
    pattern = re.compile(".+?".join(map(re.escape, _FACT.split(line.strip()))) + r"(?:\s*(?:\[\d+\])+)?")
    return any(pattern.fullmatch(each.strip()) for each in told)


def _bare(line: str, seen: Seen) -> str:
    """The references of a line alone: its facts where it has any, else its events."""
    outside = "".join(QUOTED.split(line)[::2])
    refs = re.findall(r"\[(\d+)\]", outside)
    behind = {int(ref) for ref in refs}
    found = [seen.facts_with(value) for value in _values(outside)]
    # Of several facts with the value the one that rests on the same events is meant.
    facts = [[fact for fact in each if behind & set(fact["refs"])] or each[: len(each) == 1] for each in found]
    named = [*_FACT.findall(outside), *(f"{{{each[0]['id']}}}" for each in facts if each)]
    return " ".join(dict.fromkeys(named)) or " ".join(f"[{ref}]" for ref in refs)


def _values(text: str) -> list[float]:
    plain = MARKERS.sub(" ", DATE.sub(" ", text))
    return [float(found.replace(",", "")) for found in NUMBER.findall(plain)]


def _is_even(reply: Json) -> bool:
    return crc32(reply["answer"].encode()) % 2 == 0
