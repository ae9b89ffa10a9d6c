"""Numbers in a model's sentence: the value of a fact that rests on the cited event, whole with its unit and whose it
is; or a number that stands in the event beside the same words.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import isnan

from agent.checks.asked import is_money, nouns_of, unsaid
from agent.checks.carrier import Carrier
from agent.checks.times import read_time
from agent.checks.tokens import Token, tokens_of
from agent.checks.words import EVERYONE, FUNCTION, PRONOUNS, stems, words
from agent.evidence import Computed
from agent.folding import fold

_CURRENCIES = {
    "€": "EUR", "eur": "EUR", "euro": "EUR", "euros": "EUR", "$": "USD", "usd": "USD", "dollar": "USD",
    "dollars": "USD", "£": "GBP", "gbp": "GBP", "pound": "GBP", "pounds": "GBP", "¥": "JPY", "jpy": "JPY",
    "yen": "JPY", "chf": "CHF", "francs": "CHF", "₹": "INR", "inr": "INR", "rupees": "INR",
}  # fmt: skip
#: Words that turn a number into one of another kind, by the fact that they are said of.
AGGREGATES = {
    "average": words("average mean"),
    "median": words("median"),
    "largest": words("largest highest biggest maximum max greatest"),
    "smallest": words("smallest lowest cheapest minimum min"),
    "distinct": words("distinct different unique"),
    "searched": words("searched"),
    "support": words("similar"),
    "similar_customers": words("similar"),
    "difference": words("difference"),
    "percent": words("difference percent"),
}
TOTALS = words("total altogether overall sum combined all net together")
_RISES = words("increase increased rose rise grew up more higher")
_FALLS = words("decrease decreased fell fall dropped down less lower fewer")
_UNITS = stems("day week month year hour minute second event customer order purchase refund time percent percentile")


def candidates(tokens: Sequence[Token], index: int, carrier: Carrier) -> list[Computed]:
    """Facts with the value of a number, of those that rest on the event; "no" is 0."""
    value = 0.0 if tokens[index].kind == "word" else tokens[index].value
    if value is None or isnan(value):
        return []
    said = {token.text for token in tokens}
    found = []
    for each in carrier.computed:
        own = each.fact.value
        if isinstance(own, bool) or not isinstance(own, int | float):
            continue
        falling = own < 0 and each.fact.name in ("difference", "percent") and said & _FALLS
        if round(float(own), 2) == round(value, 2) or (falling and round(-float(own), 2) == round(value, 2)):
            found.append(each)
    return found


def misstated(
    tokens: Sequence[Token], index: int, each: Computed, carrier: Carrier, whole: Sequence[Token]
) -> str | None:
    """Why a fact of this value is not what the number is said to be, or None."""
    shown = tokens[index].raw
    said = {token.text for token in tokens if token.kind == "word"}
    around = {token.text for token in whole if token.kind == "word"}
    if not _unit_fits(tokens, index, each, carrier, whole):
        return f"{shown} is not said with its unit, {each.fact.unit or each.fact.name}"
    if not _name_fits(said, around, each):
        return f"{shown} is said to be something else than {each.fact.name.replace('_', ' ')}"
    if not _owner_fits(whole, each, carrier):
        return f"{shown} is of {each.owner or 'all customers'}: say so, and of nobody else"
    if is_money(each.fact.unit) and _is_passive(tokens):
        return f"{shown} is what the customer paid, not what they were paid"
    if lacking := unsaid(whole, each):
        return f"{shown} is only of {lacking}: say so"
    return None


def _is_passive(tokens: Sequence[Token]) -> bool:
    """ "Ada was paid": the money would go the other way."""
    pairs = zip(tokens, tokens[1:], tokens[2:], strict=False)
    return any(
        (one.kind == "name" or one.text in _ONE) and two.text in ("was", "were", "is", "been") and three.text == "paid"
        for one, two, three in pairs
    )


def stands_in_text(tokens: Sequence[Token], index: int, carrier: Carrier) -> bool:
    """Whether the event states the number beside what the clause says it is of."""
    value, currency = tokens[index].value, currency_at(tokens, index)
    if value is None or isnan(value):
        return False
    if currency and currency.lower() not in {
        _CURRENCIES.get(t.text, "").lower() for line in carrier.lines for t in line
    }:
        return False
    after = [t.stem for t in _after(tokens, index)]
    near = set(after) or {
        t.stem for t in tokens[max(0, index - 4) : index] if t.kind == "word" and t.text not in FUNCTION
    }
    for line in carrier.lines:
        for place, token in enumerate(line):
            if token.kind == "number" and token.value == value:
                around = {t.stem for t in line[max(0, place - 4) : place + 4] if t.stem}
                if around & _AMOUNTS and _one_event(tokens, carrier) if currency else near & around:
                    return True
    return False


def _one_event(tokens: Sequence[Token], carrier: Carrier) -> bool:
    """Whether a clause names the event that states an amount: else it reads as what the customer came to in all."""
    titled = {token.stem for line in carrier.lines for token in line if token.kind == "word"} - _AMOUNTS
    # Several orders are not the one that is cited.
    one = [
        token for token in tokens if token.kind == "word" and not (token.text.endswith("s") and token.stem in _UNITS)
    ]
    named = {token.stem for token in one if token.text not in FUNCTION}
    items = {fold(item) for item in carrier.passage.items}
    # A day is an event's own; a month may hold several.
    days = [time for token in tokens if token.kind == "time" and (time := read_time(token.text)) and time.day]
    told = bool(days) or any(token.kind == "quote" or token.text in items for token in tokens)
    return told or bool(named & titled)


_AMOUNTS = stems("revenue amount total value price paid mrr arr fare fee cost sum eur usd gbp € $ £ currency")


def currency_at(tokens: Sequence[Token], index: int) -> str | None:
    """The currency that is written beside a number."""
    beside = [*tokens[index + 1 : index + 2], *tokens[max(0, index - 1) : index]]
    return next((_CURRENCIES[t.text] for t in beside if t.kind == "word" and t.text in _CURRENCIES), None)


def unit_places(tokens: Sequence[Token], index: int) -> set[int]:
    """Where the unit of a bound number stands: behind it, or a currency before it."""
    behind = index + 1 < len(tokens) and _is_unit(tokens[index + 1])
    before = index > 0 and _is_currency(tokens[index - 1])
    return ({index + 1} if behind else set()) | ({index - 1} if before else set())


def _is_unit(token: Token) -> bool:
    return token.kind == "word" and (token.stem in _UNITS or _is_currency(token))


def _is_currency(token: Token) -> bool:
    return token.kind == "word" and (token.text in _CURRENCIES or is_money(token.raw))


def _unit_fits(tokens: Sequence[Token], index: int, each: Computed, carrier: Carrier, whole: Sequence[Token]) -> bool:
    unit, after = each.fact.unit, _after(tokens, index)
    beside = currency_at(tokens, index) or next((t.raw for t in after[:1] if is_money(t.raw)), None)
    if is_money(unit):
        return beside == unit and not _is_rate(tokens, index + 1)
    if beside or (unit != "percent" and any(t.text in ("percent", "percentage") for t in after)):
        return False
    stems = {t.stem for t in after}
    before = {t.stem for t in [*tokens[:index], *(whole if len(whole) > len(tokens) else ())] if t.kind == "word"}
    if unit is None:
        named = set(_stems(each.fact.name.replace("_", " "))) | set(_stems(str(each.args.get("of") or "")))
        return bool(named & (stems | before)) and not (stems & _UNITS) - named
    if _is_rate(tokens, index + len(after)):
        return False
    nouns = nouns_of(each, carrier)
    if (stems & _UNITS) - nouns:
        return False
    return bool(stems & nouns) or (not stems and bool(before & (nouns | set(_stems(each.fact.name.replace("_", " "))))))


def _is_rate(tokens: Sequence[Token], index: int) -> bool:
    """Whether a number is said to be one "a day", "an order", "each"."""
    near = [token.text for token in tokens[index + 1 : index + 3]]
    behind = tokens[index + 2].stem if len(near) == 2 else ""
    return near[:1] in (["each"], ["per"], ["every"]) or (near[:1] in (["a"], ["an"]) and behind in _UNITS)


def _name_fits(said: set[str], around: set[str], each: Computed) -> bool:
    """Whether an average is said to be one, and a sum no average; a head may say it for its list."""
    name, value = each.fact.name, each.fact.value
    own = AGGREGATES.get(name, frozenset())
    if name in ("difference", "percent") and isinstance(value, int | float):
        own = own | (_RISES if value > 0 else _FALLS)
        if said & (_FALLS if value > 0 else _RISES):
            return False
    others = frozenset[str]().union(*AGGREGATES.values()) - own
    return not said & others and (not own or bool(around & own))


def _owner_fits(whole: Sequence[Token], each: Computed, carrier: Carrier) -> bool:
    """Whose a number is has to be said; that of one customer is nobody else's, and not everybody's."""
    said = {t.text for i, t in enumerate(whole) if t.kind == "word" and not (i and whole[i - 1].kind == "number")}
    items = {fold(item) for item in carrier.passage.items}
    own = {fold(name) for name in carrier.names} - items
    named = any(token.kind == "name" and token.text in own for token in whole)
    if each.owner is None:
        return not named and (
            bool(each.subject) or each.fact.unit == "customers" or bool(said & (EVERYONE | TOTALS) and not said & _ONE)
        )
    if each.owner != carrier.passage.client_id:
        return False
    return named or (not said & EVERYONE and (bool(said & PRONOUNS) or _is_alone(carrier)))


def _is_alone(carrier: Carrier) -> bool:
    """Whether all that was looked up is of one customer, who then need not be named."""
    whose = {each.owner for each in carrier.evidence.computed}
    return len(whose | {passage.client_id for passage in carrier.evidence.passages.values()}) == 1


_ONE = PRONOUNS - words("it its")


def _after(tokens: Sequence[Token], index: int) -> list[Token]:
    """The words behind a number that say of what it is: up to three, before any that is grammar."""
    found: list[Token] = []
    # "6 of 10 similar customers"
    shared = [token.text for token in tokens[index + 1 : index + 2]] == ["of"] and index + 2 < len(tokens)
    index += 2 if shared and tokens[index + 2].kind == "number" else 0
    for token in tokens[index + 1 : index + 4]:
        if token.kind != "word" or token.text in FUNCTION:
            break
        found.append(token)
    return found


def _stems(text: str) -> Iterable[str]:
    return [token.stem for token in tokens_of(text) if token.stem]
