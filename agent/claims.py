"""Typed claims: references that a model writes, put into words and values by code."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from agent.compose import MAX_MARKERS
from agent.evidence import Computed, Evidence
from agent.periods import describe, local_date
from agent.prompts import Labels
from agent.sentences import markers_in, split_sentences
from agent.wording import amount, plain, quote, who
from tools.fact import WORD_UNITS, Passage

_FACT = re.compile(r"\{F(\d{1,6})\}")
#: Of a heading or a rule nothing is written out.
_BULLET = re.compile(r"^\s*(?:\d+[.)]|[-*])\s+")
_REFERENCE = re.compile(r"\[\d{1,6}\]|\{F\d{1,6}\}")
_ONLY_REFERENCES = re.compile(rf"\s*(?:(?:{_REFERENCE.pattern})[\s,;.]*)+")
_COUNTED = frozenset({"events", "customers", "days", "purchases", "refunds"})
_NAMES = {"support": "support by similar customers"}


def written_out(line: str, labels: Labels, evidence: Evidence) -> str:
    """The line with values in the place of {F3}, and written out where it is nothing but references.

    A reference to nothing is left as it stands: grounding takes its sentence out and says why.
    """
    start = _BULLET.match(line)
    bullet, rest = (start[0], line[start.end() :]) if start else ("", line)
    if _ONLY_REFERENCES.fullmatch(rest):
        return bullet + " ".join(_claims(rest, labels, evidence))
    if not _FACT.search(rest):
        return line
    return bullet + " ".join(_filled(each, labels) for each in split_sentences(rest, evidence.words))


def _claims(references: str, labels: Labels, evidence: Evidence) -> list[str]:
    """A sentence for each reference; events that a fact beside them rests on are its own."""
    facts = [found for number in _FACT.findall(references) if (found := fact_of(int(number), labels))]
    behind = {key for each in facts for key in each.evidence}
    written: list[str] = []
    for reference in dict.fromkeys(_REFERENCE.findall(references)):
        number = int(re.sub(r"\D", "", reference))
        if reference.startswith("{"):
            fact = fact_of(number, labels)
            written.append(_fact_sentence(fact, labels, evidence) if fact else f"{reference}.")
        elif not (0 < number <= len(labels.cited) and labels.cited[number - 1] in behind):
            passage = evidence.passages.get(labels.cited[number - 1]) if 0 < number <= len(labels.cited) else None
            written.append(_event_sentence(passage, number, evidence) if passage else f"{reference}.")
    return written


def fact_of(number: int, labels: Labels) -> Computed | None:
    """The fact {F<number>}, None where there is none."""
    return labels.computed[number - 1] if 0 < number <= len(labels.computed) else None


def _event_sentence(passage: Passage, number: int, evidence: Evidence) -> str:
    named = who(passage.client_id, evidence.names.get(passage.client_id))
    start = f"On {local_date(passage.occurred_at, evidence.settings)}, {named}: {quote(passage.title)}"
    rest = passage.said or passage.text.removeprefix(passage.title).lstrip(". ")
    told = quote(rest) if rest else ""
    return f"{start}: {told}. [{number}]" if told and told != '""' else f"{start}. [{number}]"


def _fact_sentence(computed: Computed, labels: Labels, evidence: Evidence) -> str:
    """ "Sum of purchase events for Ada Byron (ada) from 2026-01-01 to 2026-01-31: 55.50 EUR. [1][2]" """
    name = _NAMES.get(computed.fact.name, computed.fact.name.replace("_", " "))
    told = f"{name[:1].upper()}{name[1:]}"
    if computed.fact.unit not in WORD_UNITS and not isinstance(computed.fact.value, str):
        whose = who(computed.owner, evidence.names.get(computed.owner)) if computed.owner else "all customers"
        when = f" {describe(computed.period, evidence.settings)}" if computed.period else ""
        told += f"{_of_what(computed)} for {whose}{when}"
        told += f", {plain(computed.subject)}" if computed.subject else ""
    return f"{told}: {_value(computed)}. {_markers(computed, labels)}".rstrip()


def _of_what(computed: Computed) -> str:
    """Which events or customers a figure is of, in the words of the arguments of its tool."""
    if not computed.filters:
        return ""
    args = computed.args
    parts = [_filter(args)]
    for deed in args.get("deeds") or []:
        parts.append(_filter(deed).replace(" of ", " without " if deed.get("times_max") == 0 else " with ", 1))
        parts += (
            [f" at least {deed['times_min']} times"]
            if deed.get("times_min", 1) > 1 and computed.fact.unit == "customers"
            else []
        )
    for name, word in (("stages", "at stage"), ("bands", "in band")):
        parts += [f" {word} {' or '.join(args[name]).replace('_', ' ')}"] if args.get(name) else []
    return "".join(parts)


def _filter(given: Mapping[str, Any]) -> str:
    parts = [f" of {plain(str(given['of']))}"] if given.get("of") else []
    parts += [f" of {given['kind']} events"] if given.get("kind", "any") != "any" else []
    parts += (
        [f" of {' or '.join(plain(str(title)) for title in given['titles'])} events"] if given.get("titles") else []
    )
    parts += [", open"] if given.get("unsettled") else []
    parts += [f" at stage {given['stage']}"] if given.get("stage") else []
    parts += [f" with {plain(str(given['item']))}"] if given.get("item") else []
    conditions = [*(given.get("where") or []), *(given.get("traits") or [])]
    return "".join([*parts, *(f" with {plain(str(c.get('label')))} {plain(str(c.get('value')))}" for c in conditions)])


def _filled(sentence: str, labels: Labels) -> str:
    """A sentence with its values, and the markers of the facts that none of its own stands for."""
    used = [found for number in _FACT.findall(sentence) if (found := fact_of(int(number), labels))]
    own = {labels.cited[n - 1] for n in markers_in(sentence) if 0 < n <= len(labels.cited)}
    lacking = [each for each in used if not own & set(each.evidence)]
    text = _FACT.sub(lambda m: _in_place(m, sentence, labels), sentence)
    return " ".join([text, *dict.fromkeys(_markers(each, labels) for each in lacking)]).rstrip()


def _in_place(match: re.Match[str], sentence: str, labels: Labels) -> str:
    computed = fact_of(int(match[1]), labels)
    if computed is None:
        return match[0]
    value, unit = _value(computed), computed.fact.unit
    after = sentence[match.end() :].lstrip()
    return value.removesuffix(f" {unit}") if unit and re.match(rf"{re.escape(unit)}\b", after, re.I) else value


def _value(computed: Computed) -> str:
    value, unit = computed.fact.value, computed.fact.unit
    if isinstance(value, str):
        return plain(value)
    # One of what is counted is no plural.
    one = value == 1 and unit in _COUNTED
    return amount(value, unit.removesuffix("s") if unit and one else unit)


def _markers(computed: Computed, labels: Labels) -> str:
    keys: Sequence[str] = computed.evidence[-3:][:MAX_MARKERS]
    return "".join(f"[{labels.number(key)}]" for key in keys)
