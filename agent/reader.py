"""Reads a clause by what a workspace knew at an instant: whom it names, when, which events, what of them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from agent.directory import Directory
from agent.documents import find_documents
from agent.folding import fold
from agent.intent import Question
from agent.lexicon import Lexicon
from agent.people import People, find_people
from agent.periods import find_as_of, find_spans, find_steps
from agent.quantities import NUMBER_WORDS, PRICED
from agent.terms import Terms, read_terms
from memory.vocabulary import meaning_of
from memory.workspace import WorkspaceSettings
from tools.survey import Survey

_UNITS = r"(?!\s*(?:hours?|days?|weeks?|months?|quarters?|years?)\b)"
_WORDS = "|".join(NUMBER_WORDS)
_NUMBER = re.compile(
    rf"\b(?:top|first|best|last|worst|bottom)\s+(\d{{1,3}}|{_WORDS})\b{_UNITS}"
    rf"|\b(\d{{1,2}}|{_WORDS})\s+(?:[\w-]+\s+){{0,2}}(?:customers|clients|accounts|users|people|recommendations|items|ways|kinds)\b",
    re.I,
)
#: Words for money where no event here is known as a payment: a number of such a name is meant.
_MONEY = re.compile(
    r"\bhow much\b|\b(?:spen[dt]|spending|pa(?:y|ys|id)|cost|costs|revenue|turnover|price|worth|money|value"
    r"|c[oa]mes? to|add(?:s|ed)? up|total|sum|average|mean|avg|median|largest|biggest|highest|smallest|lowest"
    r"|expensive|cheap|cheapest|dearest|pric(?:y|iest)|(?:best|biggest|largest|top)(?: \d+)? (?:customers?"
    r"|clients?|accounts?|spenders?|buyers?))\b",
    re.I,
)


#: "The longest stream" is the one with the most minutes.
_SORTS = (
    (
        re.compile(r"\b(?:longest|shortest|how long|duration|lengthiest)\b", re.I),
        re.compile(
            r"\b(?:durations?|lengths?|seconds?|minutes?|mins?|hours?|days?|nights?|weeks?|months?|years?)\b", re.I
        ),
    ),
    (re.compile(r"\b(?:heaviest|lightest|how heavy|weighs?|weighed)\b", re.I), re.compile(r"\bweights?\b", re.I)),
    (
        re.compile(r"\b(?:farthest|furthest|how far)\b", re.I),
        re.compile(r"\b(?:distance|km|kilomet\w+|miles?)\b", re.I),
    ),
)


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads clauses by what a workspace knew at an instant."""

    survey: Survey
    lexicon: Lexicon
    settings: WorkspaceSettings
    bound_to: str | None
    directory: Directory

    def read(self, clause: str, clients: Sequence[str], people: People) -> Question:
        """Everything in a clause that code can resolve."""
        survey, timeless = self.survey, self._without_as_of(clause)
        spans = tuple(find_spans(timeless, survey.as_of, self.settings))
        named = [*people.words, *people.found, *self._called(people)]
        documents = find_documents(clause, self.directory)
        terms = self.terms(clause, [*named, *(each.text for each in documents)], [span.text for span in spans])
        number = _NUMBER.search(clause)
        labels = self._labels(clause, terms)
        return Question(
            text=clause,
            client_id=None,
            clients=tuple(clients),
            names=self.directory.names,
            span=spans[0] if spans else None,
            spans=spans,
            step=find_steps(clause),
            kind=terms.kind,
            titles=terms.titles,
            labels=labels,
            numbers=tuple(label for label in labels if "number" in self.lexicon.catalogue.labels[label].kinds),
            where=(*terms.where, *(each.condition for each in documents)),
            bounds=terms.bounds,
            phrases=(
                *terms.phrases,
                *(word for each in documents for word in (each.text, *each.condition.label.split())),
                *([number[0]] if number else []),
            ),
            number=_count(number[1] or number[2]) if number else None,
            as_of=survey.as_of,
            settings=self.settings,
            topic=_topic(clause, people, [span.text for span in spans]),
            item=terms.item,
            currencies=survey.currencies,
            certain=terms.certain,
            lexicon=self.lexicon,
        )

    def people(self, text: str) -> People:
        """Whom a text names; what the vocabulary holds as a value ("for Helsinki-Tallinn") names nobody unknown."""
        people = find_people(text, self.directory)
        if not people.unknown:
            return people
        held = {word for phrase in self.terms(text, (), ()).phrases for word in re.findall(r"\w+", fold(phrase))}
        unknown = [name for name in people.unknown if not set(re.findall(r"\w+", fold(name))) <= held]
        return replace(people, unknown=tuple(unknown))

    def owners(self, clause: str) -> tuple[str, ...]:
        """Whose the documents are that a clause names: it is about them, where they are one customer's."""
        found = {owner for each in find_documents(clause, self.directory) for owner in each.owners}
        return tuple(found) if len(found) == 1 and self.bound_to is None else ()

    def terms(self, clause: str, people: Sequence[str], known: Sequence[str]) -> Terms:
        return read_terms(clause, self.lexicon, people, known)

    def _labels(self, clause: str, terms: Terms) -> tuple[str, ...]:
        """The properties asked for; where money is asked for and no event is a payment, those of such a name."""
        known = self.lexicon.catalogue.labels
        for asked, named in _SORTS:
            if asked.search(clause) and not any("number" in known[label].kinds for label in terms.labels):
                return tuple(dict.fromkeys([*terms.labels, *self._numeric(named, terms)[:1]]))
        numeric = any("number" in known[label].kinds for label in terms.labels)
        paid = terms.kind in ("money", "purchase", "refund") or (self._takes_money() and not terms.titles)
        if not _MONEY.search(clause) or numeric or paid or any(meaning_of(title).money for title in terms.titles):
            return terms.labels
        return tuple(dict.fromkeys([*terms.labels, *self._numeric(PRICED, terms)[:1]]))

    def _numeric(self, named: re.Pattern[str], terms: Terms) -> list[str]:
        """The numeric properties of such a name that the events asked about carry, the commonest first."""
        known = self.lexicon.catalogue.labels
        found = [
            name
            for name, label in known.items()
            if "number" in label.kinds and named.search(name) and (not terms.titles or label.titles & set(terms.titles))
        ]
        return sorted(found, key=lambda name: (-known[name].count, name))

    def _takes_money(self) -> bool:
        """Whether any event here is known as a payment."""
        return any(meaning_of(title).money for title in self.lexicon.catalogue.titles)

    def _called(self, people: People) -> list[str]:
        """Everything that the customers who are named are called by."""
        found = [self.survey.customers[key].profile for key in people.found if key in self.survey.customers]
        return [word for each in found for word in (each.name, each.email, each.company) if word]

    def _without_as_of(self, clause: str) -> str:
        found = find_as_of(clause, self.survey.as_of, self.settings)
        return clause.replace(found[1], " ") if found else clause


def _count(text: str) -> int:
    return NUMBER_WORDS.get(text.lower()) or int(text)


def _topic(clause: str, people: People, spans: Sequence[str]) -> str:
    """The clause without names and times: they are in every memory of the customer, or in none."""
    words = set(people.words) | {fold(word) for client in people.found for word in re.findall(r"\w+", client)}
    if people.found:
        words |= {"customer", "client", "user", "account"}
    for span in spans:
        clause = clause.replace(span, " ")
    kept = [word for word in clause.split() if fold(re.sub(r"['’]s$|\W", "", word)) not in words]
    return " ".join(kept)
