"""Compaction: deleted bytes leave the disk, everything else stays as it is, and nobody has to wait for it."""

from __future__ import annotations

import asyncio
import errno
import random
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from memory.bm25 import query_words
from memory.compaction import PAGE
from memory.data_dir import open_data_dir, open_shard
from memory.edge_store import EdgeStore
from memory.generations import Generations
from memory.store import Control, Hit, StoreError, StoreUnavailable, Verdict, Where
from tests.service.test_store_contract import ACME, DIMENSIONS, GLOBEX, axis, dumped, event, filled, insert

#: Of each workspace; enough for a dozen pages of a copy.
MANY = 6 * PAGE
NAMES = [f"e{number:03}" for number in range(MANY)]
PROJECT = Path(__file__).parents[2]
#: Where a compaction is killed, in this order, and what lies there then.
STEPS = ["named", "made", "copying", "copied", "written", "drafted", "switched", "removing"]


class Watched(Generations):
    """A data directory that counts the pages of a copy, and whose disk can fail."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self.pages = 0
        self.full_after: int | None = None
        self.fails = False
        self._turned = asyncio.Event()

    def free_bytes(self) -> int:
        self.pages += 1
        self._turned.set()
        return 0 if self.full_after is not None and self.pages > self.full_after else super().free_bytes()

    def sync_tree(self, path: Path) -> None:
        if self.fails:
            raise OSError(errno.EIO, "Input/output error")
        super().sync_tree(path)

    async def next_page(self, compaction: asyncio.Task[bool]) -> None:
        """Return when one more page was copied, or the compaction has ended."""
        self._turned.clear()
        page = asyncio.create_task(self._turned.wait())
        await asyncio.wait({page, compaction}, return_when=asyncio.FIRST_COMPLETED)
        page.cancel()


async def crowd(store: EdgeStore) -> None:
    """Events in every state, of two workspaces with the same ids."""
    for scope in (ACME, GLOBEX):
        await filled(store, scope)
        await insert(store, *[event(name, f"Item {name} Bought") for name in NAMES], scope=scope)
        half = {name: [axis(number % DIMENSIONS), axis(1, 2)] for number, name in enumerate(NAMES[: MANY // 2])}
        await store.set_vectors(scope, half)
        await store.set_aside(scope, NAMES[-1], "embedding failed")


def watched(path: Path) -> tuple[EdgeStore, Watched]:
    path.mkdir(parents=True, exist_ok=True)
    at = Watched(path)
    return EdgeStore(open_shard(at, DIMENSIONS), at, (path / "lock").open("a")), at


async def crowded(path: Path) -> tuple[EdgeStore, Watched]:
    store, at = watched(path)
    await crowd(store)
    return store, at


def files_with(path: Path, text: str) -> list[str]:
    return [found.name for found in path.rglob("*") if found.is_file() and text.encode() in found.read_bytes()]


def shards(path: Path) -> list[str]:
    """The shards that lie in a data directory; an empty folder is none."""
    return sorted(found.name for found in path.glob("shard*") if any(found.iterdir()))


async def delete_event(store: EdgeStore, message_id: str) -> None:
    rows = [row["id"] for row in await dumped(store) if row.get("message_id") == message_id]
    await store.delete(ACME, rows)


def scored(hits: list[Hit]) -> list[tuple[str, float]]:
    return sorted((hit.record.message_id, hit.score) for hit in hits)


async def everything(store: EdgeStore) -> list[Any]:
    """What a store answers to every kind of question."""
    told: list[Any] = []
    for scope in (ACME, GLOBEX):
        told += [await dumped(store, scope), await store.tally(scope), await store.controls(scope, "quarantine")]
        told += [scored(await store.search_words(scope, query_words("item e007 mug"), Where(), 1_000))]
        told += [scored(await store.search_meaning(scope, axis(3), Where(), 1_000))]
        told += [sorted(record.message_id for record in await store.pending(scope, 1_000))]
    return told


# ---- what goes and what stays


async def test_deleted_bytes_are_on_the_disk_before_and_gone_after(tmp_path: Path) -> None:
    store, _ = await crowded(tmp_path)
    await insert(store, event("secret", "Door Opened", userId="zenobia", properties={"note": "xylophone"}))
    await store.put(ACME, [Control("quarantine", "q9", {"item": "zenobia"})])
    await delete_event(store, "secret")
    await store.delete_controls(ACME, "quarantine", ["q9"])
    await store.flush()
    assert files_with(tmp_path, "zenobia")
    assert files_with(tmp_path, "xylophone")
    assert await store.compact()
    assert files_with(tmp_path, "zenobia") == files_with(tmp_path, "xylophone") == []
    assert files_with(tmp_path, "Blue Mug"), "what is live is found by the same search"
    await store.close()
    assert files_with(tmp_path, "zenobia") == []


async def test_what_is_live_answers_the_same_after_each_compaction_and_after_opening_again(tmp_path: Path) -> None:
    store, _ = await crowded(tmp_path)
    before = await everything(store)
    for _ in range(2):
        assert await store.compact()
        assert await everything(store) == before
    await store.close()
    store = open_data_dir(tmp_path, DIMENSIONS)
    assert await everything(store) == before
    await store.close()


async def test_an_empty_store_can_be_compacted(tmp_path: Path) -> None:
    store = open_data_dir(tmp_path, DIMENSIONS)
    assert await store.compact()
    assert await insert(store, event("m1")) == [Verdict.ACCEPTED]
    await store.close()


async def test_of_the_shards_only_the_new_one_stays_on_the_disk(tmp_path: Path) -> None:
    store, _ = await crowded(tmp_path)
    assert shards(tmp_path) == ["shard"]
    for expected in ("shard-1", "shard-2"):
        await store.compact()
        assert shards(tmp_path) == [expected]
    await store.close()


async def test_what_is_written_after_a_compaction_is_there_after_opening_again(tmp_path: Path) -> None:
    store, _ = await crowded(tmp_path)
    await store.compact()
    await insert(store, event("late"))
    await delete_event(store, "m2")
    before = await everything(store)
    await store.close()
    store = open_data_dir(tmp_path, DIMENSIONS)
    assert await everything(store) == before
    await store.close()


# ---- while others read and write


def _write(draw: random.Random, number: int) -> Callable[[EdgeStore], Any]:
    """A write of any kind, of something old or something new."""
    name, old = f"w{number}", draw.choice(NAMES)
    return draw.choice([
        lambda store: insert(store, event(name), event(old, f"Item {old} Bought")),
        lambda store: insert(store, event(old, f"Other {name}")),
        lambda store: store.set_vectors(ACME, {old: [axis(number % DIMENSIONS)]}),
        lambda store: store.set_aside(ACME, old, f"reason {number}"),
        lambda store: store.put(ACME, [Control("quarantine", f"q{number % 5}", {"item": name})]),
        lambda store: store.delete_controls(ACME, "quarantine", [f"q{number % 5}"]),
        lambda store: delete_event(store, old),
        lambda store: delete_event(store, f"w{draw.randrange(number + 1)}"),
    ])  # fmt: skip


@pytest.mark.parametrize("seed", range(4))
async def test_writes_of_every_kind_between_any_two_pages_are_neither_lost_nor_undone(
    tmp_path: Path, seed: int
) -> None:
    compacted, at = await crowded(tmp_path / "compacted")
    reference, _ = await crowded(tmp_path / "reference")
    draws = random.Random(seed), random.Random(seed)
    compaction = asyncio.create_task(compacted.compact())
    number = 0
    while not compaction.done():
        await at.next_page(compaction)
        for store, draw in zip((compacted, reference), draws, strict=True):
            for offset in range(8):
                await _write(draw, number + offset)(store)
        number += 8
    assert await compaction
    assert number >= 8 * MANY // PAGE
    expected = await everything(reference)
    assert await everything(compacted) == expected
    await reference.close()
    await compacted.close()
    again = open_data_dir(tmp_path / "compacted", DIMENSIONS)
    assert await everything(again) == expected
    await again.close()


async def test_others_have_their_turn_at_least_once_a_page(tmp_path: Path) -> None:
    store, at = await crowded(tmp_path)
    before = await everything(store)
    compaction, turns = asyncio.create_task(store.compact()), 0
    while not compaction.done():
        await at.next_page(compaction)
        turns += 1
        assert len(await store.get(ACME, ["m1", "e007"])) == 2
    assert turns >= 2 * MANY // PAGE
    assert await everything(store) == before
    await store.close()


async def test_a_dump_that_began_before_the_switch_goes_on_after_it(tmp_path: Path) -> None:
    store = open_data_dir(tmp_path, DIMENSIONS)
    await insert(store, *[event(f"m{number}") for number in range(1_100)])
    dump = store.dump(ACME)
    seen = await anext(dump)
    await store.compact()
    seen += [row async for page in dump for row in page]
    assert seen == await dumped(store)
    await store.close()


async def test_what_is_deleted_in_the_middle_is_gone_at_once_and_its_bytes_with_the_next_compaction(
    tmp_path: Path,
) -> None:
    store, at = await crowded(tmp_path)
    await insert(store, *[event(f"secret-{number}", "Door Opened", userId="zenobia") for number in range(MANY)])
    compaction = asyncio.create_task(store.compact())
    for _ in range(8):
        await at.next_page(compaction)
    assert not compaction.done()
    gone = [row["id"] for row in await dumped(store) if row.get("customer_id") == "zenobia"]
    assert await store.delete(ACME, gone) == MANY
    assert await compaction
    assert not [row for row in await dumped(store) if row.get("customer_id") == "zenobia"]
    assert await store.compact()
    assert files_with(tmp_path, "zenobia") == []
    await store.close()


async def test_a_second_compaction_waits_and_does_its_own(tmp_path: Path) -> None:
    store, _ = await crowded(tmp_path)
    assert await asyncio.gather(store.compact(), store.compact()) == [True, True]
    assert shards(tmp_path) == ["shard-2"]
    await store.close()


async def test_a_second_process_cannot_open_the_directory_meanwhile_and_does_no_harm(tmp_path: Path) -> None:
    store = open_data_dir(tmp_path, DIMENSIONS)
    await crowd(store)
    before = await everything(store)
    compaction = asyncio.create_task(store.compact())
    await asyncio.sleep(0.1)
    assert not compaction.done()
    with pytest.raises(StoreUnavailable, match="in use by another process"):
        open_data_dir(tmp_path, DIMENSIONS)
    assert await compaction
    assert await everything(store) == before
    await store.close()


# ---- when it cannot be done


async def test_closing_in_the_middle_ends_the_compaction_and_keeps_everything(tmp_path: Path) -> None:
    store, at = await crowded(tmp_path)
    before = await everything(store)
    compaction = asyncio.create_task(store.compact())
    for _ in range(5):
        await at.next_page(compaction)
    waiting = asyncio.create_task(store.compact())
    await store.close()
    for task in (compaction, waiting):
        with pytest.raises(StoreUnavailable, match="closed"):
            await task
    assert shards(tmp_path) == ["shard"]
    store = open_data_dir(tmp_path, DIMENSIONS)
    assert await everything(store) == before
    await store.close()


@pytest.mark.parametrize("pages", [3, 9])
async def test_a_cancelled_compaction_leaves_no_trace_and_the_next_one_succeeds(tmp_path: Path, pages: int) -> None:
    store, at = await crowded(tmp_path)
    before = await everything(store)
    compaction = asyncio.create_task(store.compact())
    for _ in range(pages):
        await at.next_page(compaction)
    compaction.cancel()
    with pytest.raises(asyncio.CancelledError):
        await compaction
    assert shards(tmp_path) == ["shard"]
    assert await store.compact()
    assert await everything(store) == before
    await store.close()


async def test_a_disk_without_room_is_told_before_anything_is_made(tmp_path: Path) -> None:
    store, at = await crowded(tmp_path)
    at.full_after = 0
    with pytest.raises(StoreError, match=r"no room to compact .*: a copy .* needs about \d+ MiB, and 0 MiB are free"):
        await store.compact()
    assert shards(tmp_path) == ["shard"]
    assert await insert(store, event("late")) == [Verdict.ACCEPTED]
    await store.close()


async def test_a_disk_that_fills_up_in_the_middle_leaves_the_old_shard_in_force(tmp_path: Path) -> None:
    store, at = await crowded(tmp_path)
    before = await everything(store)
    at.full_after = 6
    with pytest.raises(StoreError, match="no room to compact"):
        await store.compact()
    assert shards(tmp_path) == ["shard"]
    at.full_after = None
    assert await store.compact()
    assert await everything(store) == before
    await store.close()


async def test_a_write_goes_through_when_the_copy_has_no_room_for_it(tmp_path: Path) -> None:
    store, at = await crowded(tmp_path)
    compaction = asyncio.create_task(store.compact())
    for _ in range(9):
        await at.next_page(compaction)
    at.full_after = 0
    assert set(await insert(store, *[event(f"late-{number}") for number in range(20)])) == {Verdict.ACCEPTED}
    with pytest.raises(StoreUnavailable, match="the copy failed: no room"):
        await compaction
    assert len(await store.get(ACME, [f"late-{number}" for number in range(20)])) == 20
    await store.close()


async def test_a_disk_that_fails_leaves_the_old_shard_in_force(tmp_path: Path) -> None:
    store, at = await crowded(tmp_path)
    before = await everything(store)
    at.fails = True
    with pytest.raises(StoreUnavailable, match=r"the compaction failed: .*Input/output error"):
        await store.compact()
    assert shards(tmp_path) == ["shard"]
    assert await everything(store) == before
    await store.close()


# ---- when the process is killed

_KILL = """
import asyncio, os, signal, sys
from pathlib import Path
from memory.data_dir import open_shard
from memory.edge_store import EdgeStore
from memory.generations import Generations

class Killed(Generations):
    def __init__(self, root, step):
        super().__init__(root)
        self.step, self.pages, self.tidied, self.synced = step, 0, 0, 0

    def at(self, step):
        if step == self.step:
            os.kill(os.getpid(), signal.SIGKILL)

    def fresh(self):
        found = super().fresh()
        self.at("named")
        return found

    def free_bytes(self):
        self.pages += 1
        self.at({2: "made", 7: "copying"}.get(self.pages, ""))
        return super().free_bytes()

    def sync_tree(self, path):
        self.synced += 1
        self.at("copied" if self.synced == 1 else "written")
        super().sync_tree(path)

    def switch(self, path):
        (self.root / "schema.new").write_text('{"version": 2, "dim')
        self.at("drafted")
        super().switch(path)
        self.at("switched")

    def tidy(self):
        self.tidied += 1
        if self.tidied == 3:
            next((self.root / "shard" / "segments").rglob("*.mmap")).unlink()
            self.at("removing")
        super().tidy()

def run(path, step):
    at = Killed(path, step)
    store = EdgeStore(open_shard(at, %d), at, (path / "lock").open("a"))
    asyncio.run(store.compact())

for step in sys.argv[2:]:
    child = os.fork()
    if not child:
        run(Path(sys.argv[1]) / step, step)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    print(step, os.WTERMSIG(status))
"""


@pytest.fixture(scope="module")
async def killed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Any]]:
    """A directory for each step, as a process that was killed there left it; what each has to answer."""
    root = tmp_path_factory.mktemp("killed")
    store, _ = await crowded(root / "origin")
    await insert(store, event("secret", userId="zenobia"))
    await delete_event(store, "secret")
    expected = await everything(store)
    await store.close()
    for step in STEPS:
        shutil.copytree(root / "origin", root / step)
    command = [sys.executable, "-c", _KILL % DIMENSIONS, str(root), *STEPS]
    said = await asyncio.to_thread(subprocess.run, command, cwd=PROJECT, capture_output=True, text=True, timeout=120)
    assert said.stdout.split("\n")[:-1] == [f"{step} 9" for step in STEPS], said.stderr
    return root, expected


@pytest.mark.parametrize("step", STEPS)
async def test_a_compaction_killed_at_any_step_leaves_a_whole_store_and_no_leftovers(
    killed: tuple[Path, list[Any]], step: str
) -> None:
    root, expected = killed
    path = root / step
    store = open_data_dir(path, DIMENSIONS)
    assert await everything(store) == expected
    after = STEPS.index(step) >= STEPS.index("switched")
    assert shards(path) == (["shard-1"] if after else ["shard"])
    assert bool(files_with(path, "zenobia")) is not after
    assert await store.compact()
    assert (await everything(store), files_with(path, "zenobia")) == (expected, [])
    await store.close()


_WRITE = """
import asyncio, os, sys
from pathlib import Path
from memory.data_dir import open_data_dir
from tests.service.test_store_contract import DIMENSIONS, event, insert

async def write(store, begun):
    for number in range(100_000):
        names = [f"{begun}-{number}-{part}" for part in range(10)]
        await insert(store, *[event(name) for name in names])
        os.write(1, (" ".join(names) + "\\n").encode())
        await asyncio.sleep(0.001)

async def main(path, begun):
    store = open_data_dir(path, DIMENSIONS)
    writing = asyncio.create_task(write(store, begun))
    while True:
        await store.compact()

asyncio.run(main(Path(sys.argv[1]), sys.argv[2]))
"""


def _killed_while_writing(path: Path, begun: int, after_s: float) -> list[str]:
    """Event ids that a process said were kept before it was killed, this long after the first."""
    command = [sys.executable, "-c", _WRITE, str(path), str(begun)]
    with subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        first = process.stdout.readline()
        time.sleep(after_s)
        process.kill()
        return [name for line in [first, *process.stdout] if line.endswith("\n") for name in line.split()]


async def test_a_process_killed_while_it_compacts_and_writes_has_kept_what_it_acknowledged(tmp_path: Path) -> None:
    kept: list[str] = []
    for begun, after_s in enumerate((0.3, 0.9, 1.4)):
        kept += await asyncio.to_thread(_killed_while_writing, tmp_path, begun, after_s)
    store = open_data_dir(tmp_path, DIMENSIONS)
    assert len(kept) > 100
    assert {record.message_id for record in await store.get(ACME, kept)} == set(kept)
    assert len(shards(tmp_path)) == 1
    await store.close()
