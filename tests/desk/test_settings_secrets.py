"""The installation's own secrets."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import astuple, fields
from pathlib import Path

import pytest

from desk.secrets import Secrets, SecretsError, prepare, read


def test_they_are_made_on_the_first_start_and_kept(tmp_path: Path) -> None:
    first = prepare(tmp_path / "secrets")

    assert prepare(tmp_path / "secrets") == first
    assert len(set(astuple(first))) == len(fields(Secrets))
    assert all(len(value) >= 43 for value in astuple(first))  # 256 bits in base 64


def test_they_are_for_their_owner_only(tmp_path: Path) -> None:
    prepare(tmp_path / "secrets")

    assert (tmp_path / "secrets").stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in (tmp_path / "secrets").iterdir()} == {0o600}


def test_one_that_others_can_read_is_refused(tmp_path: Path) -> None:
    prepare(tmp_path)
    (tmp_path / "visitor_key").chmod(0o640)

    with pytest.raises(SecretsError, match="visitor_key can be read by others"):
        read(tmp_path)


def test_an_empty_one_is_refused(tmp_path: Path) -> None:
    prepare(tmp_path)
    (tmp_path / "rasa_secret").write_text("")

    with pytest.raises(SecretsError, match="rasa_secret holds no usable secret"):
        prepare(tmp_path)


def test_two_first_starts_at_once_agree(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as threads:
        made = list(threads.map(lambda _: prepare(tmp_path), range(8)))

    assert len(set(map(astuple, made))) == 1


def test_they_are_not_in_a_repr(tmp_path: Path) -> None:
    made = prepare(tmp_path)

    assert not any(value in repr(made) for value in astuple(made))
