"""Learns the shipped prior again, from made-up populations alone: `python -m evals.learn_prior [--out FILE]`."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from rich.console import Console

from evals.backtest.prior import learn, made_up
from tools.prediction import prior
from tools.prediction.prior import SplineModel

POPULATIONS, CUSTOMERS, SEED = 1000, 180, 7


def main() -> None:
    """Simulates, learns, writes the coefficients; a few minutes."""
    parser = argparse.ArgumentParser(prog="python -m evals.learn_prior", description=__doc__)
    parser.add_argument("--populations", type=int, default=POPULATIONS)
    parser.add_argument("--out", type=Path, default=Path(prior.__file__).with_name("prior.json"))
    args = parser.parse_args()
    console = Console()
    with console.status("Making up populations"):
        lessons = list(made_up(args.populations, CUSTOMERS, SEED))
    rows = sum(len(each.silent) for each in lessons)
    with console.status(f"Learning from {rows} customers at {len(lessons)} instants"):
        model = learn(lessons)
    args.out.write_text(written(model), encoding="utf-8")
    console.print(f"{args.out}: {len(model.splines)} terms, from {rows} rows")


def written(model: SplineModel) -> str:
    """The coefficients as JSON, a line a term; for any horizon."""
    data = model.to_json()
    terms = ",\n".join(f"  {json.dumps(each)}" for each in data["splines"])
    head = json.dumps({"kind": data["kind"], "intercept": data["intercept"]})
    return f'{head[:-1]}, "splines": [\n{terms}\n]}}\n'


if __name__ == "__main__":
    main()
