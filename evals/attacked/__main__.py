"""Writes the samples about attacked workspaces into `evals/data`: `python -m evals.attacked`."""

from __future__ import annotations

from evals.attacked import crossing, earlier, forgotten, missing, obeying, ordinary, tempting
from evals.sample import DATA, Sample, write_samples


def samples_by_file() -> dict[str, list[Sample]]:
    """The file in `evals/data` -> its samples, in order; the same whenever they are made."""
    trust = (crossing, obeying, earlier, missing, tempting, forgotten)
    return {
        "attacked.jsonl": ordinary.samples(),
        "trust.jsonl": [each for module in trust for each in module.samples()],
    }


if __name__ == "__main__":
    for name, samples in samples_by_file().items():
        write_samples(DATA / name, samples)
