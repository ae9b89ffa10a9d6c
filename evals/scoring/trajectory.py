"""How the tools that were called compare with those expected: the four match modes of agentevals, over names."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

from evals.sample import ToolMatch


def matches(called: Sequence[str], expected: Sequence[str], mode: ToolMatch) -> bool:
    """Whether a trajectory of one call a step is as expected; a tool called twice has to be expected twice.

    strict: the same calls in the same order; unordered: the same in any order; subset: none but those expected;
    superset: those expected and perhaps others.
    """
    return _MODES[mode](called, expected)


_MODES: dict[ToolMatch, Callable[[Sequence[str], Sequence[str]], bool]] = {
    "strict": lambda called, expected: list(called) == list(expected),
    "unordered": lambda called, expected: Counter(called) == Counter(expected),
    "subset": lambda called, expected: Counter(called) <= Counter(expected),
    "superset": lambda called, expected: Counter(called) >= Counter(expected),
}
