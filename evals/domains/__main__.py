"""Writes the events and the samples of the domains anew: `python -m evals.domains` (needs duckdb)."""

from __future__ import annotations

import json
from collections import Counter

from evals.domains.registry import DOMAINS, samples_of
from evals.domains.workspaces import lines_of
from evals.sample import DATA, write_samples


def main() -> None:
    for name in DOMAINS:
        lines = lines_of(name)
        (DATA / f"domain_{name}_events.jsonl").write_text(
            "".join(f"{json.dumps(line, ensure_ascii=False)}\n" for line in lines)
        )
        samples = list(samples_of(name))
        write_samples(DATA / f"domain_{name}.jsonl", samples)
        print(f"{name}: {len(lines)} events, {len(samples)} samples")
        for category, number in Counter(sample.category for sample in samples).items():
            print(f"  {category:14}{number:4}")


if __name__ == "__main__":
    main()
