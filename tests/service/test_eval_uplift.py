"""The e-mail experiment goes through the product's own intake, decision log and outcomes."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from random import Random

import pytest

from evals import uplift_task
from evals.uplift.hillstrom import read_hillstrom
from evals.uplift.replay import replay
from memory.given import NOTHING
from tests.unit.test_evals_uplift import HEAD
from tools.experiment.outcomes import trials_of
from tools.experiment.report import make_report

PEOPLE = 120


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A few customers; of those mailed every second one came, of the others none."""
    rng, rows = Random(2), [HEAD]
    for number in range(PEOPLE):
        arm = ("No E-Mail", "Mens E-Mail", "Womens E-Mail")[number % 3]
        came = int(number % 3 > 0 and number % 2 == 0)
        known = f"{rng.randint(1, 12)},1) $0 - $100,{rng.uniform(20, 99):.2f},1,0,Urban,{number % 2},Web"
        rows.append(f"{known},{arm},{came},{came},{9.5 if came else 0.0}")
    path = tmp_path_factory.mktemp("hillstrom") / "mailed.csv"
    path.write_text("\n".join(rows), encoding="utf-8")
    return path


async def test_every_customer_is_a_decision_with_what_was_known_and_what_came_of_it(file: Path) -> None:
    people, advanced = read_hillstrom(file), Counter[str]()
    found = await replay(people, lambda number: advanced.update(events=number))
    assert advanced["events"] == PEOPLE + 2 * 40
    trials = trials_of(found.given, found.everyone, found.as_of).known
    assert len(trials) == PEOPLE
    assert Counter((trial.arm, trial.success) for trial in trials) == {
        (NOTHING, 0.0): 40, ("mens_email", 0.0): 20, ("mens_email", 1.0): 20, ("womens_email", 0.0): 20,
        ("womens_email", 1.0): 20,
    }  # fmt: skip
    known = trials[0].decision.features
    assert (known["traits.mens"], known["traits.channel=Web"], known["purchases"]) == (1.0, 1.0, 0.0)
    report = make_report(found.given, [], found.everyone, found.as_of, None)
    assert report.causal
    assert {arm.arm: arm.observed for arm in report.arms} == {NOTHING: 0.0, "mens_email": 0.5, "womens_email": 0.5}


def test_what_cannot_be_judged_is_said(
    file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["uplift_task", str(file)])
    assert uplift_task.main() == 2
    assert "too few outcomes" in capsys.readouterr().out
