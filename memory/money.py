"""Amounts of money as people and programs write them, with the currency where the text names one.

Our own reading rather than the `price-parser` package: that one finds a price somewhere in a page's text, knows no
negative amounts and reads "3.350" as 3350; a property holds the amount and nothing else, or it is no amount.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

#: Beyond this no currency has a meaning, and exponents would make sums explode.
_LIMIT = Decimal("1e15")
_MAX_CHARS = 100

# ISO 4217, without metals and funds; and the money of no country that shops take.
_CODES = frozenset(
    """
    AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF
    CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HTG
    HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA
    MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD
    RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX
    USD UYU UZS VED VES VND VUV WST XAF XCD XOF XPF YER ZAR ZMW ZWG BTC ETH USDC USDT
    """.split()  # noqa: SIM905 - one word a quote would fill a page
)
_THREE_DECIMALS = frozenset({"BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"})
#: Signs that mean one currency. A bare $, ¥, kr or Rs may be any of several: the amount is read, the currency is not.
_SIGNS: dict[str, str | None] = {
    "€": "EUR", "£": "GBP", "₹": "INR", "₽": "RUB", "₺": "TRY", "₩": "KRW", "₪": "ILS", "₫": "VND", "₴": "UAH",
    "₦": "NGN", "₱": "PHP", "₿": "BTC", "฿": "THB", "₸": "KZT", "₾": "GEL", "円": "JPY", "元": "CNY",
    "US$": "USD", "R$": "BRL", "A$": "AUD", "AU$": "AUD", "C$": "CAD", "CA$": "CAD", "NZ$": "NZD", "HK$": "HKD",
    "S$": "SGD", "NT$": "TWD", "MX$": "MXN", "ZŁ": "PLN", "KČ": "CZK", "FT": "HUF", "LEI": "RON", "ЛВ": "BGN",
    "$": None, "¥": None, "KR": None, "KR.": None, "RS": None, "RS.": None, "₨": None,
}  # fmt: skip

#: As programs print numbers; here a dot is a decimal point, always.
_PRINTED = re.compile(r"[+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d{1,3})?")
_SIGN = "|".join(re.escape(sign) for sign in sorted(_SIGNS, key=len, reverse=True))
_CURRENCY = rf"(?:{_SIGN}|[A-Z]{{3,4}})"
_WRITTEN = re.compile(
    rf"(?P<open>\()?\s*(?P<minus>[-+−–])?\s*(?P<before>{_CURRENCY})?\s*(?P<inner>[-+−])?\s*"
    rf"(?P<digits>\d(?:[\d.,'’_\s]*\d)?)(?:[.,][-–])?\s*(?P<after>{_CURRENCY})?\s*(?P<last>[-−])?\s*(?P<close>\))?",
    re.IGNORECASE,
)
_GROUPED = re.compile(r"\d{1,3}(?:([.,'’_\s])\d{2,3})*?(?:[.,'’_\s]\d{3})")


@dataclass(frozen=True, slots=True)
class Money:
    """An exact amount, and the ISO 4217 code of its currency where that was said."""

    amount: Decimal
    currency: str | None = None


def parse_money(value: object, currency: str | None = None) -> Money | None:
    """The amount a number or text states, or None for anything else; `currency` is what is known besides.

    The mark that comes last is the decimal mark, unless it stands several times. A lone dot or comma followed by
    exactly three digits groups thousands ("1,234", "1.234 €"), but is a decimal mark after a zero or more than three
    digits, with a currency of three decimals, and as programs print numbers: "1.234" alone is little more than one.
    """
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _money(str(value), None)
    if not isinstance(value, str) or len(value) > _MAX_CHARS:
        return None
    text = value.strip()
    return _money(text, None) if _PRINTED.fullmatch(text) else _written(text, currency)


def currency_code(text: str) -> str | None:
    """The ISO 4217 code that a code or sign stands for, or None where it is none or may be several."""
    found = text.strip().upper()
    return found if found in _CODES else _SIGNS.get(found)


def _written(text: str, known: str | None) -> Money | None:
    match = _WRITTEN.fullmatch(text)
    if not match or bool(match["open"]) != bool(match["close"]):
        return None
    named = [word.upper() for word in (match["before"], match["after"]) if word]
    if len(named) > 1 or any(word not in _CODES and word not in _SIGNS for word in named):
        return None
    signs = [sign for sign in (match["minus"], match["inner"], match["last"], match["open"]) if sign]
    if len(signs) > 1:
        return None
    currency = currency_code(named[0]) if named else None
    number = _plain(match["digits"], currency or known)
    return _money(number if signs in ([], ["+"]) else f"-{number}", currency) if number else None


def _plain(digits: str, currency: str | None) -> str | None:
    """The digits with a point for the decimal mark and no other; None where the marks make no sense."""
    mark = _decimal_mark(digits, currency)
    whole, _, part = digits.rpartition(mark) if mark else (digits, "", "")
    marks = {char for char in whole if not char.isdecimal()}
    if (part and not part.isdecimal()) or len(marks) > 1 or (marks and not _GROUPED.fullmatch(whole)):
        return None
    bare = "".join(char for char in whole if char.isdecimal())
    return f"{bare}.{part}" if part else bare


def _decimal_mark(digits: str, currency: str | None) -> str | None:
    last = max(digits.rfind("."), digits.rfind(","))
    if last < 0 or digits.count(digits[last]) > 1:
        return None
    before, after = digits[:last], digits[last + 1 :]
    groups = len(after) == 3 and before.isdecimal() and len(before) <= 3 and before[:1] != "0"
    return None if groups and currency not in _THREE_DECIMALS else digits[last]


def _money(number: str, currency: str | None) -> Money | None:
    try:
        amount = Decimal(number)
    except InvalidOperation:
        return None
    return Money(amount, currency) if amount.is_finite() and abs(amount) < _LIMIT else None
