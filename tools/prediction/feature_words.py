"""What a feature is, in words for the readers of a model's card."""

from __future__ import annotations

import re
from collections.abc import Callable

_TITLE, _DAYS = r"(?P<title>.+)", r"(?P<days>\d+)"

#: Name of a feature -> its words; the first that fits.
_WORDS: tuple[tuple[str, str], ...] = (
    (r"recency_days", "Days since their last activity"),
    (r"tenure_days", "Days since their first activity"),
    (r"lived_days", "Days from their first to their last activity"),
    (r"gap_trend", "Their last three gaps over their mean gap"),
    (r"active_days", "Days on which they were active, ever"),
    (rf"active_days_{_DAYS}", "Days on which they were active in the last {days} days"),
    (rf"active_weeks_{_DAYS}", "Weeks with activity among the last {days}"),
    (rf"events_{_DAYS}", "Events that they started in the last {days} days"),
    (r"active_share", "Share of days on which they were active since they came"),
    (r"gap_mean_days", "Mean number of days between active days"),
    (rf"gap_mean_{_DAYS}_days", "Mean number of days between their last {days} active days"),
    (r"gap_spread_days", "Spread of the days between active days"),
    (r"gap_longest_days", "Longest number of days between active days"),
    (r"gap_last_days", "Days between their last two active days"),
    (r"recency_over_gap", "Silence over their own mean gap"),
    (r"recency_over_recent_gap", "Silence over their own recent gap"),
    (r"recency_over_longest", "Silence over their own longest gap"),
    (r"recency_over_tenure", "Silence over the time since they came"),
    (r"recency_over_horizon", "Silence over the horizon"),
    (r"recency_over_horizon_once", "Silence over the horizon, of those active on one day"),
    (r"gap_spread_over_gap", "Spread of their gaps over their mean gap"),
    (r"last_gap_over_gap", "Their last gap over their mean gap"),
    (r"horizon_over_gap", "The horizon over their own mean gap"),
    (r"rate_times_horizon", "Active days to be expected within the horizon at their usual rate"),
    (r"span_over_horizon", "Time from their first to their last activity, over the horizon"),
    (r"overdue", "Silence beyond what is usual for their own gaps"),
    (r"trend", "Their pace lately over their pace before"),
    (r"missed_days", "Active days to be expected in the time of their silence"),
    (rf"quiet_share_{_DAYS}", "Share of their past with a silence of {days} days or more"),
    (rf"trend_{_DAYS}", "Active days of the last {days} days over those of the {days} days before"),
    (rf"value_{_DAYS}", "Amount paid in the last {days} days"),
    (r"value_total", "Amount paid, ever"),
    (r"value_mean", "Mean amount of a purchase"),
    (r"value_last_over_mean", "Last purchase over their mean purchase"),
    (r"purchases", "Number of purchases"),
    (rf"other_events_{_DAYS}", "Events that they did not start, in the last {days} days"),
    (r"open_payment", "Failed payments that are not settled"),
    (r"open_support", "Support tickets that are not resolved"),
    (r"open_downgrade", "Recent downgrades"),
    (r"open_refund", "Recent refunds"),
    (r"open_feedback", "Recent unhappy feedback"),
    (rf"count: {_TITLE}", "How often: {title}"),
    (rf"count_{_DAYS}: {_TITLE}", "How often in the last {days} days: {title}"),
    (rf"days_since: {_TITLE}", "Days since the last: {title}"),
    (rf"days_since_first: {_TITLE}", "Days since the first: {title}"),
    (rf"mean_said: {_TITLE}", "Mean of: {title}"),
    (rf"said: {_TITLE}", "What was said last: {title}"),
)
_PATTERNS: tuple[tuple[re.Pattern[str], Callable[..., str]], ...] = tuple(
    (re.compile(pattern, re.DOTALL), words.format) for pattern, words in _WORDS
)


def words_of(feature: str) -> str:
    """The feature in words; its name with spaces for one that has none."""
    for pattern, words in _PATTERNS:
        match = pattern.fullmatch(feature)
        if match:
            return words(**match.groupdict())
    return feature.replace("_", " ")
