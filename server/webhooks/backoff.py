"""When a delivery that failed is tried again."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

#: Seconds after the first failure, the second, and so on: a restart, a deployment, an outage, a night.
BACKOFF_S = (5, 30, 120, 600, 3600, 6 * 3600)
#: A receiver may ask for a pause, but not for one that outlasts the deliveries.
_LONGEST_S = 6 * 3600
#: A delivery that has failed dies when it has waited for this long.
GIVE_UP_AFTER = timedelta(hours=24)
#: Each pause is this much longer at most, so that what failed together does not come back together.
_JITTER = 0.2


def pause_s(attempts: int, asked_s: float | None, luck: float) -> float | None:
    """Seconds until the next attempt, `attempts` having failed; None when there is none.

    `asked_s` is what the receiver asked for, `luck` lies in [0, 1).
    """
    if attempts > len(BACKOFF_S):
        return None
    pause = BACKOFF_S[attempts - 1] * (1 + _JITTER * luck)
    return min(max(pause, asked_s or 0), _LONGEST_S * (1 + _JITTER))


def retry_after_s(header: str | None, now: datetime) -> float | None:
    """Seconds that a Retry-After header asks for, as a number or a date (RFC 9110, 10.2.3); None for neither."""
    if not header:
        return None
    try:
        asked = float(header) if header.strip().isdecimal() else _until(header, now)
    except (ValueError, TypeError, OverflowError):
        return None
    return max(asked, 0.0) if math.isfinite(asked) else None


def _until(header: str, now: datetime) -> float:
    moment = parsedate_to_datetime(header)
    return ((moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - now).total_seconds()
