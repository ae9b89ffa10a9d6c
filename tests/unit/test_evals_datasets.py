"""Public data sets are read as events that the product can take in."""

from __future__ import annotations

import gzip
import json
import sys
from pathlib import Path

import pytest

from evals.backtest.datasets import DATA_SETS, DataMissing, find
from memory.event import parse_event


def test_a_file_is_found_anywhere_below_the_folders(tmp_path: Path) -> None:
    inside = tmp_path / "lifetimes" / "datasets" / "CDNOW_master.txt"
    inside.parent.mkdir(parents=True)
    inside.touch()
    assert find([tmp_path / "nowhere", tmp_path], "CDNOW_master.txt") == inside


@pytest.mark.parametrize("name", DATA_SETS)
def test_a_data_set_that_is_not_there_says_where_it_is_published(name: str, tmp_path: Path) -> None:
    with pytest.raises(DataMissing, match=f"{DATA_SETS[name].file} was not found below .*It is"):
        list(DATA_SETS[name].events([tmp_path]))


def test_each_line_of_cdnow_is_a_purchase(tmp_path: Path) -> None:
    text = " customer_id  date number_of_cds  dollar_value\n 00001 19970101  1   11.77\n 00001 19970112  2   24.00\n"
    (tmp_path / "CDNOW_master.txt").write_text(text)
    first, second = DATA_SETS["cdnow"].events([tmp_path])
    assert (first["userId"], first["timestamp"], first["properties"]["revenue"]) == (
        "00001", "1997-01-01T00:00:00+00:00", 11.77,
    )  # fmt: skip
    assert second["messageId"] != first["messageId"]
    assert parse_event(first).customer_id == "00001"


def test_the_lines_of_one_basket_are_one_order(tmp_path: Path) -> None:
    pandas = pytest.importorskip("pandas")
    pytest.importorskip("pyarrow")
    lines = pandas.DataFrame(
        {
            "household_id": [900, 900, 7],
            "basket_id": [31, 31, 32],
            "transaction_timestamp": pandas.to_datetime(["2017-01-01 12:01", "2017-01-01 12:00", "2017-01-02 09:30"]),
            "sales_value": [1.5, 2.25, 9.0],
            "quantity": [1, 3, 2],
        }
    )
    lines.to_parquet(tmp_path / "transactions.parquet")
    first, second = DATA_SETS["complete-journey"].events([tmp_path])
    assert (first["userId"], first["timestamp"]) == ("900", "2017-01-01T12:00:00+00:00")
    assert first["properties"] == {"revenue": 3.75, "currency": "USD", "quantity": 4}
    assert second["userId"] == "7"
    assert parse_event(second).customer_id == "7"


def test_without_pandas_it_is_said_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "transactions.parquet").touch()
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(DataMissing, match="pip install pandas pyarrow"):
        list(DATA_SETS["complete-journey"].events([tmp_path]))


def test_events_kept_a_line_each_are_read_as_they_are(tmp_path: Path) -> None:
    event = {"messageId": "oulad-0", "type": "track", "event": "Course Registered", "userId": "1-AAA-2013B"}
    (tmp_path / "oulad-dev.jsonl.gz").write_bytes(gzip.compress(json.dumps(event).encode() + b"\n\n"))
    assert list(DATA_SETS["oulad"].events([tmp_path])) == [event]
