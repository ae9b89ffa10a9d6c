"""Every attacked workspace, one line each."""

from __future__ import annotations

from evals.attacked.erased import WITH_ERASED
from evals.attacked.injected import INJECTED
from evals.attacked.poisoned import POISONED
from evals.attacked.script import Made
from evals.attacked.twins import TWINS

ATTACKED: dict[str, Made] = {**TWINS, **INJECTED, **POISONED, **WITH_ERASED}
