"""One cited event with everything that rests on it: what a clause about it may say."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property

from agent.checks.quotes import words_of
from agent.checks.tokens import Token, tokens_of
from agent.checks.words import FUNCTION, HYPOTHESIS, NEGATION, RELATIONS, RELATIVE_DAYS
from agent.checks.words import words as words_in
from agent.evidence import Computed, Evidence, Finding
from agent.folding import fold
from agent.sentences import squeezed
from agent.wording import MAX_QUOTE, plain
from memory.vocabulary import Meaning, meaning_of
from tools.fact import WORD_UNITS, Passage

_SENSE = RELATIONS | FUNCTION | RELATIVE_DAYS | frozenset({"may"})
_TURNS = NEGATION | HYPOTHESIS | words_in("but although though however except")
#: Of a quotation that was cut for its length; what is shorter could have been told whole.
_LONG = MAX_QUOTE * 3 // 4
_SENTENCES = re.compile(r"(?<=[.!?;])\s+|\n+")


@dataclass(frozen=True)
class Carrier:
    """A passage in the light of the evidence."""

    passage: Passage
    evidence: Evidence

    @cached_property
    def computed(self) -> list[Computed]:
        """The facts that rest on the event."""
        return [each for each in self.evidence.computed if self.passage.message_id in each.evidence]

    @cached_property
    def findings(self) -> list[Finding]:
        """What rows of tools that rest on the event say."""
        return [each for each in self.evidence.findings if self.passage.message_id in each.evidence]

    @cached_property
    def names(self) -> list[str]:
        """What may be called by name: the customer, and what word facts that rest on the event name."""
        # A customer's own name is another's where several are told of.
        words = [
            str(each.fact.value)
            for each in self.computed
            if each.fact.unit == "item" or (each.fact.unit == "name" and each.fact.name != "name")
        ]
        found = {each for each in [*self.person, *self.passage.items, *words, *map(plain, words)] if each}
        return sorted(filter(_only_names, found))

    @cached_property
    def person(self) -> list[str]:
        """What the customer may be called; a part of a name that another customer has too calls nobody."""
        whose = self.passage.client_id
        name = self.evidence.names.get(whose)
        own = [whose, plain(whose), *([name, plain(name)] if name else [])]
        return [*own, *(part for part in parts_of(name or "") if fold(part) not in self.shared)]

    @cached_property
    def shared(self) -> frozenset[str]:
        """Parts of the customer's name that are another's too, folded."""
        whose, calls = self.passage.client_id, _calls(self.evidence)
        own = {fold(part) for part in parts_of(self.evidence.names.get(whose) or "")} - {fold(whose)}
        return frozenset(part for part in own if calls[part] > 1)

    @cached_property
    def lines(self) -> list[list[Token]]:
        """The sentences of the event and of what rests on it, as tokens."""
        said = self.passage.said or ""
        texts = [
            self.passage.title,
            self.passage.text,
            said,
            *self.passage.items,
            *(each.text for each in self.findings),
        ]
        lines = dict.fromkeys(line for text in texts for line in _SENTENCES.split(text.replace('"', " ")) if line)
        return [_read(line, self.evidence) for line in lines]

    @cached_property
    def stems(self) -> frozenset[str]:
        """Every word of them, and of what names the customer."""
        facts = {each.fact.name.replace("_", " ") for each in self.computed if each.fact.unit in WORD_UNITS}
        named = [token.stem for name in [*self.names, *facts] for token in _read(name, self.evidence)]
        return frozenset([token.stem for line in self.lines for token in line if token.kind == "word"] + named)

    @cached_property
    def read(self) -> list[Token]:
        """Its text with names kept whole."""
        return tokens_of(self.passage.text, [self.passage.title, *self.names])

    @cached_property
    def heard(self) -> list[Token]:
        """What somebody wrote in it."""
        return tokens_of(self.passage.said or "")

    @cached_property
    def beside(self) -> list[Token]:
        """All that it holds but what was written."""
        text = squeezed(self.passage.text).replace(squeezed(self.passage.said or "\n"), " ")
        return tokens_of(" . ".join([self.passage.title, text, *self.passage.items]))

    @cached_property
    def title(self) -> list[Token]:
        return [token for token in tokens_of(self.passage.title) if token.kind == "word"]

    @cached_property
    def whole(self) -> str:
        """Its text, folded, for quotations and codes."""
        return squeezed(f"{words_of(self.passage)} {' '.join(each.text for each in self.findings)}")

    @cached_property
    def folded(self) -> str:
        return fold(self.whole)

    @property
    def meaning(self) -> Meaning:
        return meaning_of(self.passage.title)

    @property
    def moment(self) -> datetime:
        """When it was, in the workspace's zone."""
        return self.passage.occurred_at.astimezone(self.evidence.settings.zone)

    @cached_property
    def days(self) -> set[date]:
        """The day of the event, here and in UTC."""
        return {self.moment.date(), self.passage.occurred_at.date()}

    def quotes(self, quoted: str) -> bool:
        return squeezed(quoted) in self.whole

    def quotes_whole(self, quoted: str) -> bool:
        """Whether what a quotation leaves out of its sentence does not turn it round: "not", "if", "but"."""
        wanted, start = squeezed(quoted), self.whole.find(squeezed(quoted))
        while start >= 0:
            rest = (
                f"{_SENTENCES.split(self.whole[:start])[-1]} {_SENTENCES.split(self.whole[start + len(wanted) :])[0]}"
            )
            # Code cuts what is long, and only at its end.
            if len(wanted) > _LONG or not any(token.text in _TURNS for token in tokens_of(rest)):
                return True
            start = self.whole.find(wanted, start + 1)
        return False


def parts_of(name: str) -> list[str]:
    """The words of a name by which somebody may be called."""
    return re.findall(r"[^\W\d_]{2,}", name)


def _read(text: str, evidence: Evidence) -> list[Token]:
    """The tokens of a text, kept with the evidence: many events share a title, an item or a property."""
    kept = evidence.notes.get((_read, text))
    if isinstance(kept, list):
        return kept
    found = tokens_of(text)
    evidence.notes[_read, text] = found
    return found


def _calls(evidence: Evidence) -> Counter[str]:
    """How many customers go by each id and each part of a name, folded."""
    kept = evidence.notes.get(_calls)
    if isinstance(kept, Counter):
        return kept
    found = Counter(
        called
        for key, name in evidence.names.items()
        for called in {fold(key), *(fold(part) for part in parts_of(name or ""))}
    )
    evidence.notes[_calls] = found
    return found


def _only_names(name: str) -> bool:
    """Whether a name is nothing else: "Will", "May" and "Ten" on their own are checked as what they may be."""
    tokens = tokens_of(name)
    return len(tokens) != 1 or (tokens[0].kind in ("word", "code", "number") and tokens[0].text not in _SENSE)


def carriers_of(passages: Sequence[Passage], evidence: Evidence) -> list[Carrier]:
    """One a passage, each once; kept with the evidence, for every sentence is checked against the same few events."""
    found: list[Carrier] = []
    for passage in {each.message_id: each for each in passages}.values():
        kept = evidence.notes.get(passage.message_id)
        carrier = kept if isinstance(kept, Carrier) else Carrier(passage, evidence)
        evidence.notes[passage.message_id] = carrier
        found.append(carrier)
    return found


def words(tokens: Iterable[Token]) -> list[Token]:
    return [token for token in tokens if token.kind == "word"]
