"""What a feature says of one customer: a sentence with its numbers, and the events that show it.

Everything is counted anew from the customer's records, so that whoever recounts the cited events finds the number.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import timedelta
from itertools import pairwise

from memory.masking import mask
from memory.record import Record
from tools.prediction.known import Doing, Known, Number, Reason, number_of_days, own_gap_days, plural
from tools.prediction.table import titles_in
from tools.troubles import still_open

#: A driver shows so many of its events, the newest; how many there are is told.
MAX_EVIDENCE = 100
#: Older troubles have either been settled or already show in the silence.
TROUBLE_DAYS = 90
TROUBLE_WORDS = {
    "payment": "a failed payment that is not settled",
    "support": "a support ticket that is not resolved",
    "downgrade": "a downgrade",
    "refund": "a refund",
    "feedback": "unhappy feedback",
}


def reason_of(feature: str, known: Known) -> Reason | None:
    """What this feature says of a customer; None where there is nothing to show it by."""
    for pattern, tell in REASONS:
        match = pattern.fullmatch(feature)
        if match:
            return tell(known, *match.groups())
    return None


def _silence(known: Known) -> Reason | None:
    if not known.active:
        return None
    last = known.active[-1]
    days = (known.as_of - last.occurred_at).days
    values: dict[str, Number] = {"days_silent": (days, "days")}
    gap = own_gap_days(known.active)
    text = f"{plural(days, 'day')} {known.doing.none}"
    if gap is None:
        return Reason(text, values, [last])
    usual = number_of_days(gap)
    shown = known.days
    values["usual_gap_days"] = (usual, "days")
    told = f"{text}; their median gap between {_days(known)} is {plural(usual, 'day')}"
    return Reason(told, values, [*shown[:-1], last], {"days_silent": [last]})


def _gaps(known: Known, which: str) -> Reason | None:
    days = known.days
    gaps = [(b.occurred_at.date() - a.occurred_at.date()).days for a, b in pairwise(days)]
    if not days:
        return None
    if not gaps:
        return Reason(f"{known.doing.on} 1 day only, which is no rhythm", {"active_days": (1, "days")}, days)
    count = len(days)
    told: dict[str, tuple[str, float]] = {
        "longest": ("at most {} apart", max(gaps)),
        "last": ("the last two {} apart", gaps[-1]),
    }
    words, value = told.get(which, ("{} apart on average", sum(gaps) / len(gaps)))
    shown = number_of_days(round(value, 1))
    sentence = f"{known.doing.on} {plural(count, 'day')}, {words.format(plural(shown, 'day'))}"
    return Reason(sentence, {"active_days": (count, "days"), f"gap_{which}_days": (shown, "days")}, days)


def _tenure(known: Known) -> Reason | None:
    if not known.active:
        return None
    days = (known.as_of - known.active[0].occurred_at).days
    values: dict[str, Number] = {"tenure_days": (days, "days")}
    return Reason(f"{plural(days, 'day')} since {known.doing.first}", values, known.active[:1])


def _share(known: Known) -> Reason | None:
    days, tenure = known.days, _tenure(known)
    if tenure is None:
        return None
    since = tenure.values["tenure_days"]
    came = "they came" if known.doing == Doing() else known.doing.first
    sentence = f"{known.doing.on} {plural(len(days), 'day')} in the {plural(since[0], 'day')} since {came}"
    return Reason(sentence, {"active_days": (len(days), "days"), "tenure_days": since}, days, {"tenure_days": days[:1]})


def _active_days(known: Known, window: str | None) -> Reason | None:
    days = int(window) if window else None
    found = known.within(known.days, days) if days else known.days
    return _counted(known, found, known.active, f"{known.doing.on} {{}}", "day", "active_days", days)


def _events(known: Known, window: str) -> Reason | None:
    found = known.within(known.active, int(window))
    return _counted(known, found, known.active, known.doing.did, known.doing.once, "events", int(window))


def _trend(known: Known, window: str) -> Reason | None:
    days = int(window)
    since = known.as_of - timedelta(days=days)
    now, before = known.within(known.days, days), known.within(known.days, days, since)
    if not known.active:
        return None
    values: dict[str, Number] = {
        "active_days": (len(now), "days"),
        "active_days_before": (len(before), "days"),
        "window_days": (days, "days"),
    }
    one = known.doing.day if len(now) == 1 else _days(known)
    sentence = f"{len(now):,} {one} in the last {days} days, {len(before):,} in the {days} days before"
    shown = [*before, *now] or known.active[-1:]
    return Reason(sentence, values, shown)


def _paid(known: Known, window: str | None) -> Reason | None:
    """Money in a window, or ever; in several currencies only the purchases are counted."""
    days = int(window) if window else None
    found = known.within(known.paid, days) if days else known.paid
    currencies = {record.currency for record in found}
    if len(currencies) > 1 or not found:
        return _counted(known, found, known.paid or known.records, "bought {}", "time", "purchases", days)
    unit = next(iter(currencies)) or "money"
    amount = sum((record.amount for record in found if record.amount is not None), start=0)
    total = round(float(amount), 2)
    times = "once" if len(found) == 1 else f"{len(found):,} times"
    sentence = f"paid {total:,.2f} {unit}{_last(days)}, {times}"
    return Reason(sentence, {"paid": (total, unit), "purchases": (len(found), "purchases"), **_window(days)}, found)


def _purchases(known: Known) -> Reason | None:
    return _counted(known, known.paid, known.paid or known.records, "bought {}", "time", "purchases", None)


def _other(known: Known, window: str) -> Reason | None:
    found = known.within(known.other, int(window))
    words = "{} that they did not start"
    return _counted(known, found, known.other or known.records, words, "event", "other_events", int(window))


def _title(known: Known, window: str | None, title: str) -> Reason | None:
    every = [record for record in known.records if record.title == title]
    days = int(window) if window else None
    found = known.within(every, days) if days else every
    return _counted(known, found, every or known.records, f"{_plain(title)}: {{}}", "time", "title_events", days)


def _plain(title: str) -> str:
    """A title that stands in a pattern as it is, whatever braces it has."""
    return title.replace("{", "{{").replace("}", "}}")


def _days_since(known: Known, first: str | None, title: str) -> Reason | None:
    every = [record for record in known.records if record.title == title]
    if not every:
        return _title(known, None, title)
    shown, words = (every[:1], f"their first {title}") if first else (every[-1:], title)
    days = (known.as_of - shown[0].occurred_at).days
    return Reason(f"{plural(days, 'day')} since {words}", {"days_since": (days, "days")}, shown)


def _open(known: Known, kind: str) -> Reason | None:
    since = known.as_of - timedelta(days=TROUBLE_DAYS)
    found = [r for r in still_open(known.records) if r.meaning.trouble == kind and r.occurred_at >= since]
    values: dict[str, Number] = {f"{kind}_events": (len(found), "events"), "lookback_days": (TROUBLE_DAYS, "days")}
    if not found:
        none = TROUBLE_WORDS[kind].removeprefix("a ").removeprefix("unhappy ")
        return Reason(f"no {none} in the last {TROUBLE_DAYS} days", values, known.records[-1:])
    times = "once" if len(found) == 1 else f"{len(found)} times"
    return Reason(f"{TROUBLE_WORDS[kind]}, {times} in the last {TROUBLE_DAYS} days", values, found)


def _said(known: Known, whole: str) -> Reason | None:
    for title in titles_in(whole):
        label = whole.removeprefix(f"{title}: ")
        told = [r for r in known.records if r.title == title and any(name == label for name, _ in r.details)]
        if told:
            value = next(value for name, value in told[-1].details if name == label)
            # A phone number may be a number, too.
            whole = f"their last {title} said {label}: {value}"
            sentence = mask(whole)
            shown: dict[str, Number] = {}
            if isinstance(value, int | float) and sentence == whole:
                shown["last_said"] = (value, "")
            return Reason(sentence, shown, told[-1:])
    return None


#: The first that fits tells; a new feature is one line.
REASONS: tuple[tuple[re.Pattern[str], Callable[..., Reason | None]], ...] = (
    (re.compile(r"recency_.+|silence.*|quiet_.*|missed_.*|overdue"), _silence),
    (re.compile(r"gap_(\w+?)_days"), _gaps),
    (re.compile(r"gap_.+|last_gap_.+|horizon_over_gap"), lambda known: _gaps(known, "mean")),
    (re.compile(r"tenure_days|lived_days|span_.+"), _tenure),
    (re.compile(r"active_share|rate_.+"), _share),
    (re.compile(r"active_weeks_(\d+)"), lambda known, weeks: _active_days(known, str(7 * int(weeks)))),
    (re.compile(r"active_days(?:_(\d+))?"), _active_days),
    (re.compile(r"events_(\d+)"), _events),
    (re.compile(r"trend_(\d+)"), _trend),
    (re.compile(r"trend"), lambda known: _trend(known, "30")),
    (re.compile(r"value_(\d+)"), _paid),
    (re.compile(r"value_(?:total|mean|last_over_mean)"), lambda known: _paid(known, None)),
    (re.compile(r"purchases"), _purchases),
    (re.compile(r"other_events_(\d+)"), _other),
    (re.compile(r"count(?:_(\d+))?: (.+)", re.DOTALL), _title),
    (re.compile(r"days_since(_first)?: (.+)", re.DOTALL), _days_since),
    (re.compile(r"open_(\w+)"), _open),
    (re.compile(r"(?:mean_)?said: (.+)", re.DOTALL), _said),
)


def _counted(
    known: Known,
    found: Sequence[Record],
    every: Sequence[Record],
    words: str,
    noun: str,
    name: str,
    days: int | None,
) -> Reason | None:
    """A count; where it is none, the last such event, or the customer's last at all, shows since when."""
    if not known.records:
        return None
    count = len(found)
    units = {"day": "days", "time": "events", "thing": "events"}.get(noun, f"{noun}s")
    values: dict[str, Number] = {name: (count, units), **_window(days)}
    return Reason(f"{words.format(plural(count, noun))}{_last(days)}", values, found or every[-1:])


def _days(known: Known) -> str:
    """Several days of activity."""
    return known.doing.day.replace("day", "days", 1)


def _last(days: int | None) -> str:
    return f" in the last {days} days" if days else ""


def _window(days: int | None) -> dict[str, Number]:
    return {"window_days": (days, "days")} if days else {}
