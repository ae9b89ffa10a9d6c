"""What a question speaks of as if it existed: ids and names. Where no event here holds them, there is no answer."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterable

from agent.folding import fold, stem
from agent.lexicon import Lexicon
from agent.reserved import EMPTY_WORDS, RESERVED, is_quantity
from agent.synonyms import mates_of

#: Whether any event in scope holds a text.
Mentioned = Callable[[str], Awaitable[bool]]

_MAIL = re.compile(r"(?<![\w.+-])[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
#: "T-2124", "INV_17", "INV/2024/17", "uci-554280-17675", "AB123456".
_ID = re.compile(
    r"(?<![\w@./-])(?:[A-Za-z][A-Za-z0-9]*(?:[-_/][A-Za-z0-9]+)*[-_/]\d[\w/-]*+|[A-Za-z]{1,6}\d{4,})(?![\w@-])"
)
_NOUN = r"\b(?:orders?|invoices?|tickets?|events?|payments?|refunds?|shipments?|transactions?|cases?|messages?)"
#: What follows a number that is an amount: "payments 100 EUR or more".
_AMOUNT = r"(?!\s*(?:%|€|£|\$|(?:orders?|euros?|pounds?|dollars?|eur|gbp|usd|(?:or|and) (?:more|less|fewer|over))\b))"
#: Any number that is called one's id; without such a word it may also be a year: "orders 2011".
_CALLED = re.compile(
    rf"{_NOUN}(?:\s*(?:(?:number(?:ed)?|nr|no|id)\b[.:=#\s(]*|[:(]?\s*#\s*)|(?=[\s:=(])\s*(?:[:=(]\s*)?(?!(?:19|20)\d\d\b))"
    rf"(\d{{3,}})\b{_AMOUNT}",
    re.I,
)
#: Who asks is not what is asked about: "I'm Bob from Sales.", "Customer Success wants to know".
_ASKER = re.compile(
    r"\b(?:I['’]m|I am|my name is|this is|regards,?|(?i:dear))\s+[A-Z][\w'’-]*(?:\s+(?:or|from|in|of|[A-Z][\w'’-]*)\b)*"
    r"|\b[A-Z][\w'’-]*(?=\s+(?:wants?|asks?|would like) to know\b)"
)
_WORD = re.compile(r"[^\W\d_][\w’'-]*")
#: Behind these a sentence or a list entry begins with a capital, whatever it says; behind these, a quotation.
_ENDS, _OPENS = ".?!:;•–—-", "\"“”'‘(["
#: Capitals that name no thing.
_GENERAL = frozenset(
    "euro euros pound pounds dollar dollars english spanish german french christmas easter hi hello thanks ok okay"  # noqa: SIM905
    " mr mrs ms dr sir madam team q1 q2 q3 q4 utc".split()
)
#: Where most of a question's own words begin with a capital, capitals name nothing.
_TITLE_SHARE = 0.5
#: Stems of one family begin alike for so long, and differ by so few letters.
_MIN_AKIN, _MAX_ENDING = 5, 2
#: Names that are looked for: each costs a search.
_MOST = 8


#: Where the name of what is asked for ends.
_AUX = (
    r"(?:did|does|do|is|are|was|were|has|have|had|can|could|will|would|shall|should|may|might|must|of|in|on|at|to|by"
    r"|for|from|with|about|we|they|he|she|you|i|it|this|that|the|brought|made|led|caused)"
)
_PHRASE = rf"((?:(?!{_AUX}\b)[\w’'-]+\s+){{0,3}}?(?!{_AUX}\b)[\w’'-]+)(?=\s+{_AUX}\b|\s*(?:[?,.;!]|$))"
#: "Which courier ...", "what margin ...", "which of our newsletters ...".
_WHICH = re.compile(rf"\b(?:which|what|whose)\s+(?:of\s+(?:our|the|their|these|those)\s+)?{_PHRASE}", re.I)
#: "What is (Jonas Weber's) VAT number?", "who is our contact ...": only where it is somebody's, or "the".
_WHAT_IS = re.compile(
    rf"\b(?:what|who)(?:['’]s|\s+(?:is|was|are|were))\s+(?P<the>(?:the|our|my|his|her|their|its)\s+)?{_PHRASE}", re.I
)
#: "Licence plate of (Ida's) car?"
_FRAGMENT = re.compile(rf"^\W*(?:the\s+)?{_PHRASE}(?<=\w)\s+of\b", re.I)
_DOES = re.compile(r"\s+(?:did|does|do|is|are|was|were|has|have|had|can|could|will|would|should|may|might)\b", re.I)
_VERB = re.compile(
    r"\w{3,}ed|sent|took|takes|gave|gives|went|goes|came|comes|sold|sells|belongs|applies|needs|works|costs|flies", re.I
)
_OWNED = re.compile(r"(?<!\bwhat)(?<!\bwho)(?<!\bit)(?<!\bthat)(?<!\bthere)(?<!\bhere)['’]s?\s", re.I)
#: Nouns that ask for events, times and figures of any kind: nothing has to be called by them.
_ASKS = frozenset(
    "other others else same different main exact kind kinds sort sorts type types thing things stuff one ones way ways"  # noqa: SIM905
    " hour hours minute minutes weekday weekdays amount amounts figure figures percentage percent share proportion part"
    " reason reasons cause problem problems issue issues trouble troubles matter concern concerns question questions"
    " subject topic words step steps size signal signals sign signs score status state sequence period season half"
    " interaction interactions contact contacts action actions behaviour behavior change changes detail details"
    " information info data record records memory note notes entry entries past long big new old favourite favorite"
    " chance chances probability likelihood odds band driver drivers loyalty interest interests pattern habit habits"
    " background picture portrait rundown recap sketch brief briefing evidence origin median typical usual"
    " up going wrong deal case latest previous next earlier later".split()
)


def things_asked(topic: str, text: str) -> tuple[str, ...]:
    """The words by which a clause names what it asks for: "VAT number" of "what is Jonas Weber's VAT number?".

    `topic` is the clause without the names of customers and without times, `text` the whole of it.
    """
    which, what, fragment = _WHICH.search(topic), _WHAT_IS.search(topic), _FRAGMENT.match(topic)
    if fragment and not which and not what:
        return tuple(_WORD.findall(fragment[1])[-1:])
    if which:
        asked = _WORD.findall(which[1])
        # "Which courier delivered the order?": without an auxiliary the phrase runs on into the verb.
        if _DOES.match(topic[which.end() :]):
            return tuple(asked)
        verb = next((at for at, word in enumerate(asked) if at and _VERB.fullmatch(word)), len(asked))
        return tuple(asked[:verb]) if verb == 1 else ()
    if what and (what["the"] or _OWNED.search(text)):
        # Somebody is told by all that is said of them: "our contact in the accounting department".
        told = topic[what.start(2) :] if what[0].lower().startswith("who") else what[2]
        return tuple(word for word in _WORD.findall(told) if fold(word) not in EMPTY_WORDS)
    return ()


def unheard(words: Iterable[str], lexicon: Lexicon, known: Iterable[str] = ()) -> tuple[str, ...]:
    """Those of the words that no event, property or value of a workspace is called by, nor one of the `known` phrases.

    Words that questions are made of name nothing in particular.
    """
    said = list(words)
    asked = [word for word in said if not _is_general(word) and fold(word) not in _ASKS]
    if not asked:
        return ()
    heard = _names(lexicon) | {each for phrase in known for each in _stems(phrase)}
    # A value may say of which kind the thing is ("Baltic route"), but is not what it is called by.
    values = _values(lexicon) if asked != said[-1:] else set()
    return tuple(word for word in asked if not _is_among(word, heard if word is said[-1] else heard | values))


def is_spoken_of(word: str, text: str) -> bool:
    """Whether a text holds a word, in another form or as one that stands for the same."""
    return _is_among(word, _stems(text))


def _is_among(word: str, heard: set[str]) -> bool:
    # "Sign-in" is heard of where somebody "Signed In".
    parts = {stem(fold(part)) for part in re.split(r"[-'’]", re.sub(r"['’]s?$", "", word)) if len(part) > 1}
    return any(_akin(each, heard) for base in parts for each in {base, *mates_of(base)})


def _names(lexicon: Lexicon) -> set[str]:
    catalogue = lexicon.catalogue
    names = (*catalogue.titles, *catalogue.labels, *(each.name for each in catalogue.labels.values()), *lexicon.items)
    return {each for name in names for each in _stems(name)}


def _values(lexicon: Lexicon) -> set[str]:
    values = (str(value) for label in lexicon.catalogue.labels.values() for value in label.values)
    return {each for value in values for each in _stems(value)}


def _stems(text: str) -> set[str]:
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", text)
    return {stem(fold(word)) for word in re.findall(r"[^\W_]+", spaced)}


def _akin(word: str, heard: set[str]) -> bool:
    """Whether a stem is there, or one that begins with it: "complain" and "complaint"."""
    if word in heard:
        return True
    return len(word) >= _MIN_AKIN and any(
        each.startswith(word) and len(each) - len(word) <= _MAX_ENDING for each in heard
    )


async def find_absent(text: str, known: Iterable[str], mentioned: Mentioned) -> tuple[str, ...]:
    """The ids and names in a question that no event in scope holds; `known` is what was resolved already."""
    for phrase in sorted(filter(None, known), key=len, reverse=True):
        # The length stays, so that what begins a sentence still does.
        text = re.sub(rf"(?<!\w){re.escape(phrase)}(?!\w)", lambda match: "·" * len(match[0]), text, flags=re.I)
    return tuple([name for name in _spoken_of(text) if not await mentioned(name)])


def _spoken_of(text: str) -> list[str]:
    addresses = _MAIL.findall(text)
    text = _MAIL.sub(" ", text)
    ids = [found for found in _ID.findall(text) if not is_quantity(found)]
    ids += _CALLED.findall(text)
    return list(dict.fromkeys([*addresses, *ids, *_capitalised(_ASKER.sub(" ", _ID.sub(" ", text)))]))[:_MOST]


def _capitalised(text: str) -> list[str]:
    """Words inside a sentence that begin with a capital, and are no words of questions; acronyms aside, which stand
    for words that events may spell out."""
    inside = [match for match in _WORD.finditer(text) if not _begins(text, match.start())]
    general = [match[0] for match in inside if _is_general(match[0])]
    if sum(word[0].isupper() for word in general) > _TITLE_SHARE * len(general):
        return []
    words = [re.sub(r"['’]s?$", "", match[0]) for match in inside]
    return [word for word in words if word[0].isupper() and not word.isupper() and not _is_general(word)]


def _begins(text: str, start: int) -> bool:
    before = text[:start].rstrip()
    between = text[len(before) : start]
    return not before or "\n" in between or before[-1] in (_ENDS if between else _OPENS)


def _is_general(word: str) -> bool:
    folded = fold(word)
    return folded in RESERVED or folded in _GENERAL or stem(folded) in RESERVED
