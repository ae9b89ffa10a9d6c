"""Cut a fair sample of whole customers out of a gzipped JSONL file of Segment-shaped events."""

import argparse
import gzip
import hashlib
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

Event = dict[str, Any]


def read_events(source: Path) -> Iterator[Event]:
    """Yield the events of a gzipped JSONL file in the order they are stored."""
    with gzip.open(source, "rt", encoding="utf-8") as lines:
        for line in lines:
            if line.strip():
                yield json.loads(line)


def customer_rank(customer_id: str) -> str:
    """Return a key that puts customers in a fixed order unrelated to their ids."""
    return hashlib.sha256(customer_id.encode("utf-8")).hexdigest()


def pick_customers(events: Iterable[Event], count: int) -> set[str]:
    """Return the first `count` customer ids by hash; events without a customer are ignored."""
    customer_ids = {event["userId"] for event in events if event.get("userId")}
    return set(sorted(customer_ids, key=customer_rank)[:count])


def write_events(target: Path, events: Iterable[Event]) -> int:
    """Write compact JSON lines, byte for byte the same on every run, and return their number."""
    written = 0
    with (
        target.open("wb") as raw,
        gzip.GzipFile(filename="", mode="wb", fileobj=raw, compresslevel=9, mtime=0) as packed,
    ):
        for event in events:
            line = json.dumps(event, ensure_ascii=False, separators=(",", ":"))
            packed.write(line.encode("utf-8") + b"\n")
            written += 1
    return written


def cut(source: Path, target: Path, count: int) -> tuple[int, int]:
    """Write the events of `count` whole customers; return the numbers of events and customers."""
    chosen = pick_customers(read_events(source), count)
    kept = (event for event in read_events(source) if event.get("userId") in chosen)
    return write_events(target, kept), len(chosen)


def parse_arguments() -> argparse.Namespace:
    """Return the command line arguments."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("source", metavar="SOURCE", type=Path, help="JSONL.gz of events to read")
    parser.add_argument("target", metavar="TARGET", type=Path, help="JSONL.gz to write")
    parser.add_argument("--customers", type=int, default=300, help="whole customers to keep")
    return parser.parse_args()


def main() -> None:
    """Cut SOURCE down to TARGET and print what was kept."""
    arguments = parse_arguments()
    events, customers = cut(arguments.source, arguments.target, arguments.customers)
    print(f"{events} events of {customers} customers in {arguments.target}")


if __name__ == "__main__":
    main()
