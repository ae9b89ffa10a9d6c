"""The words that questions are made of: nobody who sends events can take them for a name."""

from __future__ import annotations

import re

from agent.folding import fold, stem

#: Words that carry no condition, whatever is asked.
EMPTY_WORDS = frozenset(
    (  # noqa: SIM905 - a list of strings would be harder to read
        "a an the of in on at to by for from with about as and or is are was were be been being do does did done has"
        " have had can could would will shall should may might must there here it its they them their he she his her"
        " we us our you your i me my this that these those who whom whose which what when where how why many much"
        " often tell show give list count number total sum amount overall altogether all any each every everyone"
        " everybody ever so far now yet please only just currently customer customers client clients user users"
        " account accounts people person company place placed make made get got receive received in-total know say"
        " find name names am pm been does't s during over within between until since before after up first"
    ).split()
)
#: Words that only carry a sentence about events which were understood: no condition is lost with them.
LIGHT_WORDS = frozenset(
    (  # noqa: SIM905
        "want wants wanted call calls called take takes took taken see sees saw seen stand stands stood send sends sent"
        " go goes went gone out come comes came bill bills billed settle settles settled hold holds held keep"
        " keeps kept"
        " leave leaves run runs ran appear appears appeared occur occurs occurred happen happens submit submits"
        " submitted record records recorded log logs logged register registers registered report reports reported file"
        " files filed across against besides usually typically actually really roughly right still already overall"
        " ones thing things way ways kind kinds sort part day date time times moment look looks looking going let lets"
        " own per each both up down back off again so far also too just only single one ever yet exactly roughly about"
        " like need needs needed do doing show shows put puts bring brings brought think thinks long-term"
        " entire whole along session sessions gets side question among case cases collect collects collected"
        " bringing brought recently recent lately record side"
        " various several few some certain given based according going through work works worked handle handled"
        " process processed reach reaches reached return end ends ended begin began start starts started finish"
        " finished what's who's how's where's that's it's dr mr mrs ms prof"
    ).split()
)
#: Words that start with a capital without naming a person.
NOT_NAMES = frozenset(
    (  # noqa: SIM905 - a list of forty strings would be harder to read
        "i who what when where why how which tell show give list is are was were did does do has have had can could"
        " should will would may might count sum find compare and or the a an in on of for from to by with about since"
        " before after please we us you our my your their they he she it this that these those customer client user"
        " account as at not all any january february march april june july august september october november december"
        " jan feb mar apr jun jul aug sep sept oct nov dec monday tuesday wednesday thursday friday saturday sunday api"
        " pdf nps gbp eur usd top best recommend describe summarise summarize explain there"
    ).split()
)


#: What questions here are about.
_SUBJECTS = frozenset(
    (  # noqa: SIM905
        "order orders ordered purchase purchases bought buy refund refunds return returns payment payments"
        " paid pay revenue sales money value worth total net spend spent spending average largest smallest"
        " highest lowest most least churn churned churning risk leave left leaving cancel cancelled stage"
        " trial trials lead leads visitor visitors engaged active activity quiet silent inactive ticket"
        " tickets support complain complained event events day days week weeks month months quarter year years"
        " today yesterday this last next attention needs need help story history profile timeline happened"
        " recommend offer campaign plan feature product products item items new loyal regular regulars repeat open"
        " still trend trends growth biggest smaller bigger largest spender spenders buyer buyers paying ordering"
        " recent recently latest newest lately rank ranking bottom worst mean maximum minimum busiest dormant gone"
        " lost overview summary journey returning revenues values spends buys pays averages totals counts"
    ).split()
)
#: What questions here are made of: no visitor can take these words for a name.
RESERVED = NOT_NAMES | EMPTY_WORDS | _SUBJECTS
_STEMS = frozenset(stem(word) for word in RESERVED)
_MONTHS = "january|february|march|april|may|june|july|august|september|october|november|december"
#: "top-5", "Q1-2011", "last-30-days", "2011-05-01": ranks and times, however they are written.
_QUANTITY = re.compile(
    rf"(?:(?:top|best|worst|first|last|next|past|q[1-4]|h[12]|days?|weeks?|months?|years?|{_MONTHS}|jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec|\d+)"
    r"(?:[-_/.,]|$))+",
    re.I,
)


def names_nothing(name: str, also: frozenset[str] = frozenset()) -> bool:
    """Whether a name of an event, an item or somebody says nothing but a question's own words and numbers.

    `also` are stems that name something else already.
    """
    words = re.findall(r"[^\W_]+", fold(name))
    return all(word.isdigit() or stem(word) in _STEMS or stem(word) in also for word in words)


def is_quantity(token: str) -> bool:
    """Whether something written like an id says how many, or when."""
    return not token.isdigit() and _QUANTITY.fullmatch(token) is not None
