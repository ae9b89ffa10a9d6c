"""Which version of the code is judged."""

from __future__ import annotations

import subprocess
from pathlib import Path

_ROOT = Path(__file__).parents[1]


def commit(root: Path = _ROOT) -> tuple[str, bool]:
    """The commit in short, and whether files differ from it; ("", False) outside a clone."""
    # An installed package may lie inside somebody else's clone, whose commit says nothing of it.
    top = _git(root, "rev-parse", "--show-toplevel")
    if not top or Path(top) != root.resolve():
        return "", False
    head = _git(root, "rev-parse", "--short=10", "HEAD")
    # What a run writes itself does not change what is judged.
    changed = _git(root, "status", "--porcelain", "--untracked-files=no", "--", ".", ":!README.md", ":!evals/baselines")
    return head, bool(changed)


def _git(root: Path, *words: str) -> str:
    try:
        done = subprocess.run(["git", *words], cwd=root, capture_output=True, text=True, timeout=20)  # noqa: S603, S607
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
