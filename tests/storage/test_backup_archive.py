"""A backup is whole and undamaged, or it is refused."""

from __future__ import annotations

import dataclasses
import gzip
import io
import stat
import tarfile
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from storage.backup.archive import Manifest, files_below, new_archive, unpack
from storage.backup.errors import BackupError

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
CONTENT = {"database/guichet.db": b"tables" * 400, "pictures/ab12.png": b"\x89PNG", "attachments/00/ff": b""}
MANIFEST = Manifest(
    version="0.1.0", schema="0012", database="sqlite", taken_at=NOW, epoch="e", last={"ticket": 7}
)


def an_archive(folder: Path, content: dict[str, bytes] = CONTENT) -> Path:
    file = folder / "desk.backup"
    with new_archive(file) as archive:
        for name, words in content.items():
            (folder / "source").write_bytes(words)
            archive.add(name, folder / "source", now=NOW)
        archive.finish(MANIFEST)
    return file


def contents(folder: Path) -> dict[str, bytes]:
    return {name: path.read_bytes() for name, path in files_below(folder)}


def test_what_was_put_in_comes_out(tmp_path: Path) -> None:
    file = an_archive(tmp_path)

    manifest = unpack(file, tmp_path / "out")

    assert contents(tmp_path / "out") == CONTENT
    assert (manifest.schema, manifest.taken_at, manifest.last) == ("0012", NOW, {"ticket": 7})
    assert set(manifest.files) == set(CONTENT)


def test_only_its_owner_may_read_it_and_what_comes_out(tmp_path: Path) -> None:
    file = an_archive(tmp_path)
    unpack(file, tmp_path / "out")

    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert {stat.S_IMODE(path.stat().st_mode) for _, path in files_below(tmp_path / "out")} == {0o600}


def test_a_backup_that_fails_leaves_no_file(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), new_archive(tmp_path / "desk.backup"):
        raise ZeroDivisionError

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("kept", [0, 1, 9, 20, 0.3, 0.5, 0.7, 0.9, -9, -1])
def test_a_file_that_ends_too_early_is_refused(tmp_path: Path, kept: float) -> None:
    file = an_archive(tmp_path)
    whole = file.read_bytes()
    file.write_bytes(whole[: int(kept * len(whole)) if isinstance(kept, float) else kept])

    with pytest.raises(BackupError, match="whole"):
        unpack(file, tmp_path / "out")


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(where=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7))
def test_a_flipped_bit_is_found_or_means_nothing(
    tmp_path_factory: pytest.TempPathFactory, where: float, bit: int
) -> None:
    folder = tmp_path_factory.mktemp("flip")
    file = an_archive(folder)
    damaged = bytearray(file.read_bytes())
    damaged[int(where * len(damaged))] ^= 1 << bit
    file.write_bytes(damaged)

    try:
        manifest = unpack(file, folder / "out")
    except BackupError:
        return
    assert contents(folder / "out") == CONTENT
    assert dataclasses.replace(manifest, files={}) == MANIFEST


def test_a_file_that_was_changed_inside_is_named(tmp_path: Path) -> None:
    file = an_archive(tmp_path)
    plain = gzip.decompress(file.read_bytes()).replace(b"\x89PNG", b"\x89PNg")
    file.write_bytes(gzip.compress(plain))

    with pytest.raises(BackupError, match=r"ab12\.png is not what was put into it"):
        unpack(file, tmp_path / "out")


def a_tar(file: Path, *members: tarfile.TarInfo) -> Path:
    with tarfile.open(file, "w:gz") as tar:
        for member in members:
            tar.addfile(member, io.BytesIO(b"x" * member.size))
    return file


def member(name: str, type_: bytes = tarfile.REGTYPE) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = type_, "/etc/passwd"
    info.size = 1 if type_ == tarfile.REGTYPE else 0
    return info


@pytest.mark.parametrize(
    "name",
    [
        "../evil",
        "/evil",
        "a/../../evil",
        "evil",
        "a/.evil",
        ".a/evil",
        "a//evil",
        "a/evil\n",
        "a\\evil",
        "a/b/",
    ],
)
def test_a_name_that_leads_elsewhere_is_refused(tmp_path: Path, name: str) -> None:
    file = a_tar(tmp_path / "evil.backup", member(name))

    with pytest.raises(BackupError):
        unpack(file, tmp_path / "deep" / "out")

    assert [path.name for path in tmp_path.rglob("*evil*")] == ["evil.backup"]


@pytest.mark.parametrize("type_", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.DIRTYPE])
def test_what_is_no_file_is_refused(tmp_path: Path, type_: bytes) -> None:
    file = a_tar(tmp_path / "evil.backup", member("pictures/link", type_))

    with pytest.raises(BackupError, match="is no file"):
        unpack(file, tmp_path / "out")


def test_a_later_kind_of_backup_is_refused(tmp_path: Path) -> None:
    file = an_archive(tmp_path)
    plain = gzip.decompress(file.read_bytes()).replace(b'"format": 1', b'"format": 9')
    file.write_bytes(gzip.compress(plain))

    with pytest.raises(BackupError, match="later version"):
        unpack(file, tmp_path / "out")


def test_what_is_gone_meanwhile_is_left_out(tmp_path: Path) -> None:
    with new_archive(tmp_path / "desk.backup") as archive:
        archive.add("pictures/gone", tmp_path / "gone", now=NOW)
        manifest = archive.finish(MANIFEST)

    assert manifest.files == {}


def test_drafts_and_links_are_not_kept(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "kept").touch()
    (tmp_path / ".draft").touch()
    (tmp_path / "link").symlink_to("/etc/passwd")

    assert [name for name, _ in files_below(tmp_path)] == ["sub/kept"]


def test_no_bit_anywhere_can_change_what_a_backup_says(tmp_path: Path) -> None:
    file = an_archive(tmp_path, {"pictures/a": b"x"})
    whole = file.read_bytes()
    refused = 0
    for place in range(len(whole)):
        file.write_bytes(whole[:place] + bytes([whole[place] ^ 4]) + whole[place + 1 :])
        try:
            manifest = unpack(file, tmp_path / f"out-{place}")
        except BackupError:
            refused += 1
            continue
        # What gzip notes of time and system, or another way to write the same zeros.
        assert dataclasses.replace(manifest, files={}) == MANIFEST
        assert contents(tmp_path / f"out-{place}") == {"pictures/a": b"x"}

    assert refused > len(whole) * 0.8
