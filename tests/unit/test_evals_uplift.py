"""The e-mail experiment as it is read and judged."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from evals.uplift.hillstrom import BOUGHT, VISITED, HillstromMissing, read_hillstrom
from evals.uplift.judging import NothingLearnt, judge
from memory.given import NOTHING
from tests.decisions import experiment

HEAD = "recency,history_segment,history,mens,womens,zip_code,newbie,channel,segment,visit,conversion,spend"
ROWS = [
    "10,2) $100 - $200,142.44,1,0,Urban,0,Phone,No E-Mail,0,0,0.0",
    "1,1) $0 - $100,29.99,0,1,Rural,1,Web,Womens E-Mail,1,1,42.5",
]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "mailed.csv.gz"
    path.write_bytes(gzip.compress("\n".join([HEAD, *ROWS]).encode()))
    return path


def test_a_row_is_what_was_known_what_was_sent_and_what_came_of_it(file: Path) -> None:
    silent, buyer = read_hillstrom(file)
    assert (silent.arm, silent.visited, silent.spent, list(silent.after)) == (NOTHING, False, None, [])
    assert (buyer.arm, buyer.before["traits"]["channel"], buyer.before["traits"]["history"]) == (
        "womens_email", "Web", 29.99
    )  # fmt: skip
    assert [event["event"] for event in buyer.after] == [VISITED, BOUGHT]
    assert [event["properties"] for event in buyer.after if "properties" in event] == [
        {"revenue": 42.5, "currency": "USD"}
    ]


def test_what_is_not_that_experiment_is_refused(tmp_path: Path) -> None:
    with pytest.raises(HillstromMissing, match="there is no file"):
        read_hillstrom(tmp_path / "none.csv")
    (tmp_path / "other.csv").write_text("recency,segment\n1,No E-Mail\n", encoding="utf-8")
    with pytest.raises(HillstromMissing, match="no column channel, conversion, history"):
        read_hillstrom(tmp_path / "other.csv")


def test_those_for_whom_it_helps_are_found_and_those_at_risk_are_not_they() -> None:
    # A discount adds .2 to all; a call adds .4 where x is 1, else it takes .1: nothing tells of risk.
    found = judge(experiment(8_000, seed=3), seed=0, best=True)
    assert found["uplift"].value == pytest.approx(0.4, abs=3 * found["uplift"].se)
    assert found["random"].value == pytest.approx(0.3, abs=3 * found["random"].se)
    assert found["uplift"].value > found["random"].value > 0
    either = judge(experiment(8_000, seed=3), seed=0, best=False)
    assert either["uplift"].value == pytest.approx(0.3, abs=3 * either["uplift"].se)
    assert either["random"].value == pytest.approx(0.175, abs=3 * either["random"].se)


def test_too_few_outcomes_are_told() -> None:
    with pytest.raises(NothingLearnt, match="seed 4"):
        judge(experiment(300), seed=4, best=True)
