"""Values sent as an id that name nobody: whoever they join would become one customer with strangers.

The core is what PostHog refuses as a distinct id; the rest are empty values and placeholders of other languages.
"""

from __future__ import annotations

import re
from functools import lru_cache

_UNUSABLE = frozenset(
    """
    null none nil undefined nan n/a empty void (null) <null> (none) [none] {} [] ?
    true false -1 not_set (not_set) not_provided not_available not_applicable unassigned
    anonymous anon guest unknown unidentified not_authenticated unauthenticated not_logged_in nobody
    id uid uuid userid user_id anonymousid anonymous_id distinctid distinct_id customerid customer_id email
    """.split()  # noqa: SIM905 - one word a quote would hide the words
)
#: An object printed by a browser, or a template that nobody filled in: {{user.id}}, ${id}, <%= id %>, %%ID%%.
_PRINTED = re.compile(r"\[object \w+\]|\{\{.*\}\}|\$\{.*\}|<%.*%>|%%.*%%", re.DOTALL)


@lru_cache(maxsize=16_384)
def is_unusable_id(text: str) -> bool:
    """Whether an id names nobody: case, quotes around it, and space or `-` for `_` do not matter.

    Zeros alone are none either, "0" as much as the UUID of zeros: both are what an unset number prints.
    """
    bare = text.strip().strip("\"'`").strip().casefold()
    if not bare.strip("0-") or bare in _UNUSABLE:
        return True
    return re.sub(r"[ -]", "_", bare) in _UNUSABLE or bool(_PRINTED.fullmatch(bare))
