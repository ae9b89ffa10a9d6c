"""Writes the generated samples of the answers anew: `python -m evals.generate` (needs duckdb)."""

from __future__ import annotations

from collections import Counter

from evals.generated.registry import generate
from evals.sample import DATA, write_samples
from evals.truth.tables import open_workspaces

GENERATED = DATA / "generated.jsonl"


def main() -> None:
    samples = list(generate(open_workspaces()))
    write_samples(GENERATED, samples)
    for category, number in Counter(sample.category for sample in samples).items():
        print(f"{category:14}{number:4}")
    print(f"{'all':14}{len(samples):4}")


if __name__ == "__main__":
    main()
