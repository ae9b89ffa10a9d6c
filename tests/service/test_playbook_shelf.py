"""The playbook in force: read again when its file changes, and never lost to a file that is broken or gone."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
import structlog
from structlog.testing import capture_logs

from memory.data_dir import open_data_dir
from memory.edge_store import EdgeStore
from memory.playbooks import KeptPlaybook, keep_playbook, kept_playbook
from memory.scope import Scope
from tests.builders import RECEIVED
from tools.playbook.shelf import InForce, Playbooks

LAMPS, SHOES = Scope("lamps"), Scope("shoes")
GOOD = "name: {}\noutcome: [Order Completed]\nactions:\n- {{id: call, title: Call}}\n"
BROKEN = "name: x\nactions:\n- {id: call, titel: Call}\n"


@pytest.fixture(autouse=True)
def _every_log() -> None:
    """Whoever ran before may have asked for errors only."""
    structlog.reset_defaults()


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[EdgeStore]:
    opened = open_data_dir(tmp_path / "data", 4)
    yield opened
    await opened.close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "playbooks"
    made.mkdir()
    return made


def write(file: Path, name: str) -> None:
    file.write_text(GOOD.format(name))


async def held(playbooks: Playbooks, scope: Scope = LAMPS) -> InForce:
    return await playbooks.in_force(scope, "shop")


def brief(found: InForce) -> tuple[str, str, list[str]]:
    """Its name, where it is from, and what is wrong with the file."""
    return found.playbook.name, found.source, [str(error) for error in found.problem.errors] if found.problem else []


async def test_without_a_file_the_starter_that_fits_is_in_force_and_nothing_is_wrong(
    folder: Path, store: EdgeStore
) -> None:
    for at in (folder, folder / "not there", None):
        playbooks = Playbooks(at, store)
        assert brief(await held(playbooks)) == ("Starter for shops", "starter", [])
        assert (await playbooks.in_force(LAMPS, "software")).playbook.name == "Starter for software"
    assert await kept_playbook(store, LAMPS) is None


async def test_a_workspace_has_its_own_file_or_else_the_default(folder: Path, store: EdgeStore) -> None:
    write(folder / "default.yaml", "For all")
    write(folder / "lamps.yaml", "For lamps")
    playbooks = Playbooks(folder, store)
    assert (await held(playbooks)).playbook.name == "For lamps"
    found = await held(playbooks, SHOES)
    assert (found.playbook.name, found.file) == ("For all", "default.yaml")


async def test_a_file_that_ends_in_yml_is_not_overlooked(folder: Path, store: EdgeStore) -> None:
    write(folder / "lamps.yml", "Short")
    assert (await held(Playbooks(folder, store))).file == "lamps.yml"


async def test_a_name_that_leads_out_of_the_folder_leads_nowhere(folder: Path, store: EdgeStore) -> None:
    write(folder.parent / "secret.yaml", "Secret")
    assert (await held(Playbooks(folder, store), Scope("../secret"))).source == "starter"


async def test_a_changed_file_is_read_while_it_runs(folder: Path, store: EdgeStore) -> None:
    write(folder / "lamps.yaml", "First")
    playbooks = Playbooks(folder, store)
    first = await held(playbooks)
    write(folder / "lamps.yaml", "Other")
    second = await held(playbooks)
    assert (first.playbook.name, second.playbook.name) == ("First", "Other")
    assert first.digest != second.digest


async def test_a_change_that_keeps_size_and_time_is_seen(folder: Path, store: EdgeStore) -> None:
    file = folder / "lamps.yaml"
    write(file, "First")
    os.utime(file, (1, 1))
    playbooks = Playbooks(folder, store)
    await held(playbooks)
    write(folder / "fresh", "Other")
    os.utime(folder / "fresh", (1, 1))
    (folder / "fresh").replace(file)
    assert (await held(playbooks)).playbook.name == "Other"


async def test_a_file_that_has_not_changed_is_not_read_again(
    folder: Path, store: EdgeStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(folder / "lamps.yaml", "First")
    playbooks = Playbooks(folder, store)
    first = await held(playbooks)
    monkeypatch.setattr("tools.playbook.shelf.read_file", None)
    assert (await held(playbooks)).playbook is first.playbook


async def test_a_broken_file_leaves_the_old_one_in_force_and_says_so_once(folder: Path, store: EdgeStore) -> None:
    write(folder / "lamps.yaml", "Good")
    playbooks = Playbooks(folder, store)
    await held(playbooks)
    (folder / "lamps.yaml").write_text(BROKEN)
    told = [
        "line 3: actions[0].titel: there is no such field; did you mean title?",
        "line 3: actions[0].title: it is missing",
    ]
    with capture_logs() as logs:
        assert brief(await held(playbooks)) == ("Good", "kept", told)
        assert brief(await held(playbooks)) == ("Good", "kept", told)
    assert [(each["event"], each["file"], each["line"], each["field"]) for each in logs] == [
        ("playbook.refused", "lamps.yaml", 3, "actions[0].titel"),
        ("playbook.refused", "lamps.yaml", 3, "actions[0].title"),
    ]


async def test_a_mended_file_is_in_force_again(folder: Path, store: EdgeStore) -> None:
    (folder / "lamps.yaml").write_text(BROKEN)
    playbooks = Playbooks(folder, store)
    assert (await held(playbooks)).source == "starter"
    write(folder / "lamps.yaml", "Mended")
    assert brief(await held(playbooks)) == ("Mended", "file", [])


async def test_the_last_good_one_outlives_a_restart(folder: Path, store: EdgeStore) -> None:
    write(folder / "lamps.yaml", "Good")
    before = await held(Playbooks(folder, store))
    (folder / "lamps.yaml").write_text(BROKEN)
    after = await held(Playbooks(folder, store))
    assert (after.playbook, after.source, after.read_at) == (before.playbook, "kept", before.read_at)


async def test_what_is_read_anew_after_a_restart_keeps_the_time_it_came_into_force(
    folder: Path, store: EdgeStore
) -> None:
    write(folder / "lamps.yaml", "Good")
    before = await held(Playbooks(folder, store))
    with capture_logs() as logs:
        assert await held(Playbooks(folder, store)) == before
    assert logs == []


async def test_one_workspace_does_not_keep_for_another(folder: Path, store: EdgeStore) -> None:
    write(folder / "lamps.yaml", "Good")
    playbooks = Playbooks(folder, store)
    await held(playbooks)
    (folder / "shoes.yaml").write_text(BROKEN)
    assert (await held(playbooks, SHOES)).playbook.name == "Starter for shops"


async def test_a_file_that_is_gone_stays_in_force_and_says_so_also_after_a_restart(
    folder: Path, store: EdgeStore
) -> None:
    write(folder / "lamps.yaml", "Good")
    playbooks = Playbooks(folder, store)
    await held(playbooks)
    (folder / "lamps.yaml").unlink()
    gone = "the file that was read before is gone; what it said stays in force until there is another"
    assert brief(await held(playbooks)) == ("Good", "kept", [gone])
    assert brief(await held(Playbooks(None, store))) == ("Good", "kept", [gone])


async def test_without_its_own_file_a_workspace_goes_by_the_default_again(folder: Path, store: EdgeStore) -> None:
    write(folder / "default.yaml", "For all")
    write(folder / "lamps.yaml", "For lamps")
    playbooks = Playbooks(folder, store)
    await held(playbooks)
    (folder / "lamps.yaml").unlink()
    assert brief(await held(playbooks)) == ("For all", "file", [])


async def test_a_kept_text_that_this_version_cannot_read_is_told(store: EdgeStore) -> None:
    await keep_playbook(store, LAMPS, KeptPlaybook(text="old: 1", file="lamps.yaml", read_at=RECEIVED))
    found = await held(Playbooks(None, store))
    assert (found.source, found.problem.file if found.problem else None) == ("starter", "lamps.yaml")


def _link(file: Path) -> None:
    file.symlink_to(file.with_name("nowhere"))


def _loop(file: Path) -> None:
    file.symlink_to(file)


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (Path.mkdir, "it cannot be read: Is a directory"),
        (os.mkfifo, "it is no regular file"),
        (_link, "it is a link to a file that is not there"),
        (_loop, "it cannot be looked at: Too many levels of symbolic links"),
        (lambda file: file.write_bytes(b"\x00\x01"), "line 1: a control character stands here"),
        (lambda file: file.write_bytes(b""), "the file is empty"),
    ],
)
async def test_whatever_lies_there_in_its_place_the_old_one_holds(
    folder: Path, store: EdgeStore, make: Callable[[Path], object], told: str
) -> None:
    file = folder / "lamps.yaml"
    write(file, "Good")
    playbooks = Playbooks(folder, store)
    await held(playbooks)
    file.unlink()
    make(file)
    assert brief(await held(playbooks)) == ("Good", "kept", [told])


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is forbidden to root")
async def test_a_file_that_may_not_be_read_is_read_once_it_may(folder: Path, store: EdgeStore) -> None:
    file = folder / "lamps.yaml"
    write(file, "Good")
    file.chmod(0)
    playbooks = Playbooks(folder, store)
    assert brief(await held(playbooks))[1:] == ("starter", ["it cannot be read: Permission denied"])
    file.chmod(0o600)
    assert brief(await held(playbooks)) == ("Good", "file", [])


async def test_a_link_to_another_file_is_followed_and_its_turn_seen(folder: Path, store: EdgeStore) -> None:
    write(folder / "v1", "First")
    write(folder / "v2", "Other")
    (folder / "lamps.yaml").symlink_to(folder / "v1")
    playbooks = Playbooks(folder, store)
    await held(playbooks)
    (folder / "next").symlink_to(folder / "v2")
    (folder / "next").replace(folder / "lamps.yaml")
    assert (await held(playbooks)).playbook.name == "Other"


async def test_a_folder_that_is_a_file_is_told(tmp_path: Path, store: EdgeStore) -> None:
    write(tmp_path / "file", "x")
    assert brief(await held(Playbooks(tmp_path / "file", store)))[1:] == (
        "starter", ["it cannot be looked at: Not a directory"],
    )  # fmt: skip


async def test_a_playbook_without_an_outcome_has_that_of_the_starter(folder: Path, store: EdgeStore) -> None:
    (folder / "lamps.yaml").write_text("name: x\nactions: []\n")
    playbooks = Playbooks(folder, store)
    assert (await held(playbooks)).playbook.outcome == ("Order Completed",)
    assert "Plan Upgraded" in (await playbooks.in_force(LAMPS, "software")).playbook.outcome
