"""What a text states: numbers, amounts, dates, customers and phrases, read apart from how it is laid out."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

from evals.scoring.dates import dates, days_in, without_dates
from evals.scoring.folding import fold
from evals.scoring.hedges import Token, firm
from evals.scoring.known import Known
from evals.scoring.number_words import in_digits

MARKER = re.compile(r"\[(\d+)\]")
_GAP = re.compile(r"(?<=[.!?;])\s+(?=[A-Z“\"])")
QUOTED = re.compile(r'"[^"]*"|“[^”]*”|«[^»]*»')
_CURRENCY = r"(?:EUR|GBP|USD|CHF|SEK|NOK|DKK|PLN|CZK|JPY|CAD|AUD)"
#: "4. [1]" is an answer, not an item of a list.
_LIST_NUMBER = re.compile(r"^\s*\d+[.)][ \t]+(?=[^\s\[])", re.M)
#: 1,234.50 or 1234,50 or 1.234,50; a narrow or fixed space between thousands is taken out before.
_DIGITS = r"(?:\d{1,3}(?:\.\d{3})*,\d{1,2}(?![\d,]|\.\d)|\d+,\d{2}(?![\d,]|\.\d)|\d[\d,]*(?:\.\d+)?)"
_SCALE = r"(?:k\b| ?(?:thousand|million)\b)?"
_SCALES = {"k": 1e3, "thousand": 1e3, "million": 1e6}
_DECIMAL_COMMA = re.compile(r",\d{1,2}$")
#: Not the end of a name such as T-2124, and no rank; the 30 of "30-day" counts.
_NUMBER = re.compile(rf"(?<![\w.])(?<![^\W\d]-)[-−]?{_DIGITS}{_SCALE}(?!\w*\d|(?:st|nd|rd|th)\b)", re.I)
_THIN = re.compile(r"(?<=\d)[\u00a0\u2009\u202f](?=\d{3})")
_ONE = re.compile(r"^\W*one\b(?! of)|\b(?:once|a single|(?:just|only|exactly) one)\b", re.I)
#: What follows a number that counts nothing: a share, an amount; and a span of time, which counts only if asked for.
_NO_COUNT = re.compile(rf"^\s?(?:%|percent\b|[€£$]|{_CURRENCY}\b|euros?\b|pounds?\b|dollars?\b)", re.I)
_SPAN = re.compile(r"^[ -](?:day|week|month|year|hour|minute)s?\b", re.I)
_SYMBOLS = {"€": "EUR", "£": "GBP", "$": "USD", "euro": "EUR", "pound": "GBP", "dollar": "USD"}
_AMOUNT = re.compile(
    rf"(?:(?P<minus>[-−]|\bminus )?(?P<before>[€£$]|\b{_CURRENCY}) ?|(?<![\w.])(?P<less>minus )?)"
    rf"(?P<number>[-−]?{_DIGITS}{_SCALE})(?: ?(?P<after>{_CURRENCY}|(?:US )?(?:euro|pound|dollar)|[€£$])s?(?!\w))?",
    re.I,
)
#: Says that there is none.
_NONE = re.compile(
    r"\b(?:no(?!,| (?:idea|doubt|wonder|longer)\b)|none|never|zero|nothing|nobody)\b"
    r"|\b(?:did|has|have|had|was|were)(?: not|n't)\b(?! (?:know|found|sure|clear|record))"
    r"|(?:\bnot|n't) (?:\w+ ){0,3}?any",
    re.I,
)
#: Whom a text leaves out; "nobody but her" means her.
_EXCEPT = re.compile(
    r"(?P<only>\b(?:nobody|no one|none|no (?:customer|client)s?) )?"
    r"\b(?:not|but|except(?: for)?|other than|apart from|without|excluding) (?:customers? |clients? |#|\*\*)*$",
    re.I,
)


def bare(text: str, known: Known) -> str:
    """A text without markers, quotations, dates, times, list numbers, ids, and names that hold a quantity.

    Numbers in words become digits.
    """
    folded = fold(without_dates(_plain(_LIST_NUMBER.sub("", text))))
    return in_digits(known.naming.sub(" ", known.counting.sub(" ", folded)))


def numbers(text: str, known: Known) -> list[float]:
    """The numbers that a text states, in words too ("one" is seldom a count)."""
    return [token.value for token in _tokens(bare(text, known))]


def first_number(text: str, known: Known, counting: bool = True) -> float | None:
    """The first number that a text states firmly; where it is to count something, neither a share nor an amount.

    A span of time ("in the last 30 days") counts only where nothing else does, "one" also where it is stressed.
    """
    plain = bare(text, known)
    found = _tokens(plain)
    one = _ONE.search(plain)
    if one and (not found or one.start() < found[0].start):
        return 1.0
    firmly = [token for token in firm(found, plain) if not (counting and _is_amount(token, plain))]
    counts = [token for token in firmly if not _SPAN.search(plain[token.end :])] or firmly
    if counts:
        return counts[0].value
    return 1.0 if not found and re.search(r"\bone\b", plain) else None


def says_none(text: str, known: Known) -> bool:
    """Whether a text says that there is none, before it states any number."""
    plain = bare(text, known)
    none, found = _NONE.search(plain), _tokens(plain)
    return none is not None and (not found or none.start() < found[0].start)


def amounts(text: str) -> dict[str, float]:
    """The first amount in each currency that a text states firmly."""
    plain = in_digits(without_dates(_plain(text)))
    found: dict[str, float] = {}
    for _, _, (unit, amount) in firm(list(_amounts(plain)), plain):
        found.setdefault(unit, amount)
    return found


def currencies(text: str) -> set[str]:
    """The currencies of all amounts in a text."""
    return {token.value[0] for token in _amounts(in_digits(without_dates(_plain(text))))}


def stated_dates(text: str) -> list[str]:
    """The days that a text states outside quotations, as YYYY-MM-DD, in order."""
    return dates(QUOTED.sub(" ", text))


def first_date(text: str) -> str | None:
    """The first day that a text states firmly outside quotations."""
    plain = QUOTED.sub(" ", MARKER.sub(" ", text))
    return next((token.value for token in firm(days_in(plain), plain)), None)


def named(text: str, known: Known) -> list[str]:
    """The customers whose id or full name stands in a text, in the order of their first mention."""
    return list(dict.fromkeys(token.value for token in names_in(text, known)[1]))


def names_in(text: str, known: Known) -> tuple[str, list[Token[str]]]:
    """A folded text without markers and quotations, and every customer that it names, with where."""
    folded = fold(QUOTED.sub(" ", MARKER.sub(" ", text)))
    found = [Token(m.start(), m.end(), known.persons[m[0]]) for m in known.naming.finditer(folded)]
    return folded, found


def affirmed(text: str, known: Known) -> list[str]:
    """The customers named, without whom the text leaves out ("everybody but maria-lopez")."""
    folded, found = names_in(text, known)
    return list(dict.fromkeys(token.value for token in found if not _left_out(folded[: token.start])))


def about(who: Collection[str], text: str, known: Known) -> str:
    """A text without the sentences that name others and none of these customers; whole where these are none."""
    for sentence in sentences(text) if who else ():
        if (found := named(sentence, known)) and set(found).isdisjoint(who):
            text = text.replace(sentence, "")
    return text


def says(text: str, phrase: str) -> bool:
    """Whether one of the forms of a phrase ("this|or this") stands in a text, quotations and all."""
    folded = fold(MARKER.sub(" ", text)).replace("\n", " ")
    # A phrase that cannot be seen is looked for as it is.
    return any(_stands(folded, seen) if (seen := fold(form)) else form in text for form in phrase.split("|"))


def sentences(text: str) -> list[str]:
    """The lines of a text, and the sentences of each, without empty ones; a quotation is in one."""
    parts = (part for line in text.splitlines() for part in _sentences(line))
    return [part for part in parts if part.strip(" []0123456789.")]


def _sentences(line: str) -> Iterator[str]:
    hidden = QUOTED.sub(lambda quoted: quoted[0][0] + "_" * (len(quoted[0]) - 2) + quoted[0][-1], line)
    start = 0
    for gap in _GAP.finditer(hidden):
        yield line[start : gap.start()]
        start = gap.end()
    yield line[start:]


def _stands(folded: str, phrase: str) -> bool:
    longer = r"(?![\w.,]*\d)" if phrase[-1:].isdigit() else ""
    return re.search(rf"(?<!\w)(?<!\d[.,]){re.escape(phrase)}{longer}", folded) is not None


def _plain(text: str) -> str:
    """A text without markers and quotations, with plain spaces."""
    spaced = _THIN.sub("", text).replace("\u00a0", " ").replace("\u202f", " ").replace("**", "")
    return QUOTED.sub(" ", MARKER.sub(" ", spaced))


def _tokens(plain: str) -> list[Token[float]]:
    return [Token(found.start(), found.end(), _number(found[0])) for found in _NUMBER.finditer(plain)]


def _amounts(plain: str) -> Iterator[Token[tuple[str, float]]]:
    for match in _AMOUNT.finditer(plain):
        unit = (match["after"] or match["before"] or "").strip().lower().removeprefix("us ")
        if unit:
            sign = -1 if match["minus"] or match["less"] else 1
            amount = (_SYMBOLS.get(unit, unit.upper()), sign * _number(match["number"]))
            yield Token(match.start(), match.end(), amount)


def _is_amount(token: Token[float], plain: str) -> bool:
    before, after = plain[: token.start], plain[token.end :]
    return _NO_COUNT.search(after) is not None or re.search(rf"(?:[€£$] ?|\b{_CURRENCY} )$", before, re.I) is not None


def _left_out(before: str) -> bool:
    found = _EXCEPT.search(before)
    return found is not None and not found["only"]


def _number(found: str) -> float:
    digits = re.sub(r"[^\d.,]", "", found).rstrip(",.")
    scale = next((by for word, by in _SCALES.items() if found.lower().endswith(word)), 1.0)
    plain = digits.replace(".", "").replace(",", ".") if _DECIMAL_COMMA.search(digits) else digits.replace(",", "")
    return (-1 if found[0] in "-−" else 1) * float(plain) * scale
