"""What words mean in one workspace: the names of its events, their properties, and the values those hold."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from agent.folding import fold, stem
from agent.reserved import EMPTY_WORDS, RESERVED
from agent.synonyms import mates_of
from tools.catalogue import Catalogue, Label
from tools.survey import Survey

_NOTE = "lexicon"
_TOKEN = re.compile(r"[^\W_]+")
_RUN = re.compile(r"\w+")
#: What much software tells of anything: by these words alone no event is meant.
_COMMON_DEEDS = frozenset(
    map(
        stem,
        (
            "opened",
            "viewed",
            "started",
            "created",
            "updated",
            "sent",
            "received",
            "completed",
            "placed",
            "made",
            "added",
            "clicked",
            "changed",
        ),
    )
)
#: An event that undoes or fails is meant only where the question says so: "reservations" are not the cancelled ones.
_UNDOES = frozenset(
    map(
        stem,
        (
            "cancelled",
            "canceled",
            "failed",
            "refunded",
            "declined",
            "removed",
            "deleted",
            "expired",
            "abandoned",
            "reversed",
            "rejected",
            "returned",
        ),
    )
)
#: Calls without an event name are no events that people speak of.
_UNNAMED = frozenset({"Profile Updated", "group", "Group", "alias", "Alias"})
#: Words of labels that say nothing of what is labelled.
_GENERAL = frozenset(map(stem, "name type kind value number id code status date time total of the in is".split()))  # noqa: SIM905
_NUMBERED = frozenset({"id", "code", "number", "refer", "sku", "url"})
#: Words of questions; of those that stand for things, these are seldom anything else.
_ASKING = RESERVED - {"nps", "api", "pdf"}
#: So much of a name's weight has to stand in the question.
_MIN_SHARE = 0.3
#: Stems that begin alike are of one family where so much is common, and so little differs.
_MIN_AKIN, _MAX_ENDING = 5, 2
#: Longer values are texts: they are found by recall.
_MAX_VALUE_WORDS = 6


@dataclass(frozen=True, slots=True)
class Token:
    """A word of a clause with the place where it stands."""

    text: str
    stem: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Named:
    """Something of the workspace's vocabulary that a clause names: `share` of its words stand there, at `spots`."""

    name: str
    share: float
    spots: frozenset[int]


@dataclass(frozen=True, slots=True)
class Value:
    """A value of a property that a clause names."""

    label: str
    value: str
    spots: frozenset[int]


def tokens_of(text: str) -> list[Token]:
    """The words of a text, folded and stemmed."""
    folded = "".join(fold(char)[:1] or char for char in text)
    found = [Token(m[0], stem(m[0]), m.start(), m.end()) for m in _TOKEN.finditer(folded)]
    return [
        # "The users of a feature" are whoever used it.
        replace(token, stem=stem("use")) if token.text == "users" and after.text == "of" else token
        for token, after in zip(found, [*found[1:], Token("", "", 0, 0)], strict=False)
    ]


@dataclass(slots=True)
class Lexicon:
    """The vocabulary of a workspace as of an instant, ready to be met in questions."""

    catalogue: Catalogue
    items: frozenset[str] = frozenset()
    _titles: dict[str, frozenset[str]] = field(init=False)
    _labels: dict[str, frozenset[str]] = field(init=False)
    _values: dict[str, list[tuple[tuple[str, ...], str, str]]] = field(init=False)
    #: Items by the first word of their names, in small letters.
    _starts: dict[str, list[str]] = field(init=False)

    def __post_init__(self) -> None:
        self._starts = {}
        for item in self.items:
            first = _RUN.search(item.lower())
            self._starts.setdefault(first[0] if first else "", []).append(item)
        self._titles = {title: stems(title) for title in self.catalogue.titles}
        self._labels = {label: stems(label) for label in self.catalogue.labels}
        self._values = _values_by_stem(self.catalogue.labels)

    def events(self, tokens: Sequence[Token], taken: Collection[int] = (), *, free: bool = False) -> list[Named]:
        """The events whose names a clause holds in whole or in part, the fullest first.

        With `free`, also those that only a question's own nouns name: nothing else here is what they mean.
        """
        return [
            named
            for named in _matches(self._titles, tokens, taken)
            if named.name not in _UNNAMED
            and ((named.share == 1 and len(named.spots) > 1) or self._tells(named.name, tokens, named.spots, free=free))
        ]

    def items_begun_in(self, text: str) -> list[str]:
        """The items the first word of whose names stands in a text; no other can stand there whole."""
        return [item for word in {"", *_RUN.findall(text.lower())} for item in self._starts.get(word, ())]

    def labels(self, tokens: Sequence[Token], taken: Collection[int] = ()) -> list[Named]:
        """The properties that a clause names, the fullest first."""
        found = _matches(self._labels, tokens, taken)
        return [
            named
            for named in found
            # A number of a document is asked for as one: "orders" are no order ids.
            if named.share == 1 or not self._labels[named.name] & _NUMBERED
            if named.share == 1 or any(tokens[spot].stem not in _GENERAL for spot in named.spots)
        ]

    def is_general(self, label: str) -> bool:
        """Whether a property's name says little by itself: "total", "date"."""
        return self._labels[label] <= _GENERAL

    def values(self, tokens: Sequence[Token], taken: Collection[int] = ()) -> list[Value]:
        """The values that stand in a clause, longer ones before the shorter that they hold; each word once."""
        found = [
            Value(label, value, frozenset(range(start, start + len(words))))
            for start, token in enumerate(tokens)
            for words, label, value in self._values.get(token.stem, [])
            if tuple(each.stem for each in tokens[start : start + len(words)]) == words
        ]
        longest = sorted(found, key=lambda v: (-len(v.spots), min(v.spots), v.label))
        kept: list[Value] = []
        used = set(taken)
        for value in longest:
            rivals = [other for other in kept if other.spots == value.spots]
            if rivals or not value.spots & used:
                kept.append(value)
                used |= value.spots
        return kept

    def _tells(self, title: str, tokens: Sequence[Token], spots: Iterable[int], *, free: bool) -> bool:
        said = {tokens[spot].stem for spot in spots} - _COMMON_DEEDS
        asked = {token.stem for token in tokens}
        undone = self._titles[title] & _UNDOES
        plain = EMPTY_WORDS if free else _ASKING
        return bool(said) and undone <= asked and any(tokens[spot].text not in plain for spot in spots)


def undoes(title: str) -> bool:
    """Whether an event of this name undoes another or failed."""
    return bool(stems(title) & _UNDOES)


def lexicon_of(survey: Survey, catalogue: Catalogue) -> Lexicon:
    """The lexicon of a survey's catalogue, kept with the survey."""
    kept = survey.notes.get(_NOTE)
    if isinstance(kept, Lexicon) and kept.catalogue is catalogue:
        return kept
    survey.notes[_NOTE] = made = Lexicon(catalogue, survey.items)
    return made


def stems(name: str) -> frozenset[str]:
    """The stems of a name's words, those aside that join words."""
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name)
    return frozenset(stem(word) for word in _TOKEN.findall(fold(spaced)) if word not in EMPTY_WORDS or len(word) > 4)


def _matches(names: Mapping[str, frozenset[str]], tokens: Sequence[Token], taken: Collection[int]) -> list[Named]:
    """The names with enough of their weight in a clause: what stands in many names weighs little in each."""
    often = Counter(word for words in names.values() for word in words)
    places: defaultdict[str, set[int]] = defaultdict(set)
    for spot, token in enumerate(tokens):
        if spot not in taken:
            for word in _meant(token.stem, often):
                places[word].add(spot)
    found: list[Named] = []
    for name, words in names.items():
        met = [word for word in words if word in places]
        share = sum(1 / often[word] for word in met) / sum(1 / often[word] for word in words) if words else 0.0
        if share >= _MIN_SHARE:
            found.append(Named(name, round(share, 6), frozenset().union(*(places[word] for word in met))))
    return sorted(found, key=lambda named: (-named.share, -len(named.spots), named.name))


def _values_by_stem(labels: Mapping[str, Label]) -> dict[str, list[tuple[tuple[str, ...], str, str]]]:
    """Each text value under its first stem."""
    found: defaultdict[str, list[tuple[tuple[str, ...], str, str]]] = defaultdict(list)
    for name, label in labels.items():
        for value in label.values:
            words = tuple(stem(word) for word in _TOKEN.findall(fold(str(value))))
            if 0 < len(words) <= _MAX_VALUE_WORDS and any(len(word) > 2 and not word.isdigit() for word in words):
                found[words[0]].append((words, name, str(value)))
    return dict(found)


def _meant(word: str, vocabulary: Collection[str]) -> list[str]:
    """The stems of a vocabulary that a word stands for: itself, else its family, else its synonyms."""
    if word in vocabulary:
        return [word]
    akin = [each for each in vocabulary if _akin(each, word)]
    return akin or sorted(mates_of(word) & set(vocabulary))


def _akin(one: str, other: str) -> bool:
    """Whether two stems are of one family that the stemmer keeps apart: "complain" and "complaint"."""
    short, long = sorted((one, other), key=len)
    return len(short) >= _MIN_AKIN and len(long) - len(short) <= _MAX_ENDING and long.startswith(short)
