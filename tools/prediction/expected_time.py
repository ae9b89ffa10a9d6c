"""When a customer is likely to leave, told from the probability that they do within the horizon."""

from __future__ import annotations

import math


def days_to_churn(probability: float, horizon_days: int, span_days: float) -> float | None:
    """The mean number of days until churn, H / -ln(1 - p), assuming a constant hazard: that every day of the horizon,
    and after it, is as dangerous as any other.

    None where p is not inside (0, 1), and where the time is longer than the `span_days` that the data cover: nobody
    has been watched for so long.
    """
    if not 0 < probability < 1:
        return None
    days = horizon_days / -math.log1p(-probability)
    return days if days <= span_days else None
