"""Public data sets are read as events that the product can take in."""

from __future__ import annotations

import gzip
import json
import sys
from pathlib import Path

import pytest

from evals.backtest.datasets import DATA_SETS, DataMissing, Event, find
from memory.event import parse_event
from memory.narration import item_names


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


def test_a_basket_holds_each_type_of_product_once_and_nothing_without_a_type(tmp_path: Path) -> None:
    pandas = pytest.importorskip("pandas")
    pytest.importorskip("pyarrow")
    lines = pandas.DataFrame(
        {
            "household_id": [900, 900, 900, 900, 7],
            "basket_id": [31, 31, 31, 31, 32],
            "product_id": [1, 2, 3, 4, 4],
            "transaction_timestamp": pandas.to_datetime(["2017-01-01 12:01", *["2017-01-01 12:00"] * 4]),
            "sales_value": [1.5, 2.25, 9.0, 4.0, 4.0],
            "quantity": [1, 3, 2, 1, 1],
        }
    )
    lines.to_parquet(tmp_path / "transactions.parquet")
    types = pandas.DataFrame({"product_id": [1, 2, 3, 4], "product_type": ["MILK", "MILK", "BREAD", None]})
    types.to_parquet(tmp_path / "products.parquet")
    (only,) = DATA_SETS["complete-journey-types"].events([tmp_path])
    assert (only["userId"], only["timestamp"]) == ("900", "2017-01-01T12:00:00+00:00")
    products = [{"name": "BREAD", "quantity": 2}, {"name": "MILK", "quantity": 4}]
    assert only["properties"] == {"revenue": 12.75, "currency": "USD", "products": products}


def movielens(folder: Path, *ratings: str) -> list[Event]:
    films = ["1\tToy Story\t1995\tAnimation", "2\tGoldenEye\t1995\tAction", "3\tToy Story\t1995\tAnimation"]
    head = "item_id:token\tmovie_title:token_seq\trelease_year:token\tclass:token_seq"
    (folder / "ml-100k.item").write_text("\n".join([head, *films]))
    (folder / "ml-100k.inter").write_text(
        "\n".join(["user_id:token\titem_id:token\trating:float\ttimestamp:float", *ratings])
    )
    return list(DATA_SETS["movielens-100k"].events([folder]))


def test_a_rating_names_its_film(tmp_path: Path) -> None:
    later, first = "7\t2\t3\t874724710", "7\t1\t5\t874724700"
    one, other = movielens(tmp_path, later, first)
    assert (one["event"], one["userId"], one["timestamp"]) == ("Movie Rated", "7", "1997-09-20T03:05:00+00:00")
    assert one["properties"] == {"product_id": "1", "name": "Toy Story (1995)", "rating": 5.0}
    assert item_names(parse_event(other).properties) == ("GoldenEye (1995)",)


def test_ratings_of_one_second_keep_the_order_of_the_file(tmp_path: Path) -> None:
    found = movielens(tmp_path, "7\t2\t3\t874724700", "7\t1\t5\t874724700", "8\t1\t5\t874724700")
    assert [event["timestamp"][17:] for event in found] == ["00+00:00", "00.001000+00:00", "00+00:00"]


def test_films_that_share_title_and_year_are_told_apart(tmp_path: Path) -> None:
    found = movielens(tmp_path, "7\t1\t3\t874724700", "7\t3\t5\t874724701")
    assert [event["properties"]["name"] for event in found] == ["Toy Story (1995)", "Toy Story (1995) no. 3"]


def test_without_pandas_it_is_said_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "transactions.parquet").touch()
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(DataMissing, match="pip install pandas pyarrow"):
        list(DATA_SETS["complete-journey"].events([tmp_path]))


def test_events_kept_a_line_each_are_read_as_they_are(tmp_path: Path) -> None:
    event = {"messageId": "oulad-0", "type": "track", "event": "Course Registered", "userId": "1-AAA-2013B"}
    (tmp_path / "oulad-dev.jsonl.gz").write_bytes(gzip.compress(json.dumps(event).encode() + b"\n\n"))
    assert list(DATA_SETS["oulad"].events([tmp_path])) == [event]
