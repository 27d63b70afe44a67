"""Settings: where they come from, and what is refused in which words."""

import tomllib
from pathlib import Path

import pytest
from pydantic import ValidationError

from desk.settings.reading import DEFAULTS, load, replaced_by
from desk.settings.texts import SettingsError, masked
from desk.settings.values import Settings


def refusal(**environ: str) -> str:
    with pytest.raises(SettingsError) as refused:
        load(environ)
    assert refused.value.__cause__ is None  # a cause would bring the values along
    return str(refused.value)


def test_every_setting_has_its_default_in_the_one_file() -> None:
    assert set(tomllib.loads(DEFAULTS.read_text())) == set(Settings.model_fields)


def test_no_default_stands_in_the_code() -> None:
    assert all(field.is_required() for field in Settings.model_fields.values())


def test_every_setting_says_what_is_allowed() -> None:
    assert all(field.description for field in Settings.model_fields.values())


def test_the_environment_overrides_the_file_of_defaults() -> None:
    settings = load({"GUICHET_PORT": "8301", "GUICHET_LANGUAGES": "fr, en", "GUICHET_DEMO": "false"})

    assert (settings.port, settings.languages, settings.demo) == (8301, ("fr", "en"), False)


def test_other_variables_are_none_of_our_business() -> None:
    assert load({"PORT": "1", "PATH": "/bin"}) == load({})


def test_the_env_file_overrides_defaults_and_the_environment_overrides_it(tmp_path: Path) -> None:
    path = tmp_path / ".env"
    path.write_text(
        "# mine\nexport GUICHET_PORT=8301\nGUICHET_ORGANISATION='The Works'\n"
        "GUICHET_RASA_PORT=8302  # near\nPOSTGRES_PASSWORD=x\n"
    )

    settings = load({"GUICHET_PORT": "8303"}, env_file=path)

    assert (settings.port, settings.rasa_port, settings.organisation) == (8303, 8302, "The Works")


def test_the_env_file_of_the_working_folder_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".env").write_text("GUICHET_TURNS_AT_ONCE=3\n")
    monkeypatch.chdir(tmp_path)

    assert load().turns_at_once == 3


def test_a_line_that_is_no_setting_is_refused_with_its_number(tmp_path: Path) -> None:
    path = tmp_path / ".env"
    path.write_text("GUICHET_PORT=1\nGUICHET_HOST\n")

    with pytest.raises(SettingsError, match="line 2"):
        load({}, env_file=path)


def test_an_unknown_name_is_refused_with_the_one_that_was_meant() -> None:
    assert (
        refusal(GUICHET_PROT="80") == "GUICHET_PROT is not a setting of Guichet. Did you mean GUICHET_PORT?"
    )


def test_an_unknown_name_like_no_other_is_sent_to_the_documentation() -> None:
    assert "docs/settings.md" in refusal(GUICHET_XYZZY="80")


def test_the_tests_own_variable_is_tolerated() -> None:
    assert load({"GUICHET_REQUIRE": "postgres"}) == load({})


@pytest.mark.parametrize(
    ("name", "value", "allowed"),
    [
        ("GUICHET_PORT", "http", "a port from 1 to 65535"),
        ("GUICHET_PORT", "0", "a port from 1 to 65535"),
        ("GUICHET_PORT", "5005", "GUICHET_PORT and GUICHET_ACTIONS_PORT"),
        ("GUICHET_ASSISTANT", "gpt", "rasa or none"),
        ("GUICHET_LANGUAGES", "en,de", "one or both of en, fr"),
        ("GUICHET_LANGUAGES", "", "one or both of en, fr"),
        ("GUICHET_LANGUAGES", "en,en", "one or both of en, fr"),
        ("GUICHET_LANGUAGES", "fr", "one of GUICHET_LANGUAGES"),
        ("GUICHET_DEMO", "perhaps", "true or false"),
        ("GUICHET_TURN_SECONDS", "nan", "seconds, from 0.05 to 600"),
        ("GUICHET_TURN_SECONDS", "20", "below GUICHET_SETTLE_SECONDS"),
        ("GUICHET_ACTION_SECONDS", "15", "below GUICHET_TURN_SECONDS"),
        ("GUICHET_MESSAGE_CHARACTERS", "4001", "from 100 to 4000"),
        ("GUICHET_PUBLIC_URL", "https://desk.example/path", "no path"),
        ("GUICHET_PUBLIC_URL", "desk.example", "http:// or https://"),
        ("GUICHET_DATABASE_URL", "mysql://h/d", "postgresql+psycopg://"),
        ("GUICHET_TRUSTED_PROXIES", "10.0.0.0/33", "networks"),
        ("GUICHET_TEAM_EMAIL", "the team", "an e-mail address"),
        ("GUICHET_VISITOR_DAYS", "31", "from 1 to 30"),
        ("GUICHET_LOG_LEVEL", "verbose", "DEBUG, INFO, WARNING or ERROR"),
        ("GUICHET_SEARCH_THRESHOLD", "1.5", "from 0 to 1"),
        ("GUICHET_PICTURE_MEGABYTES", "21", "megabytes, from 1 to 20"),
        ("GUICHET_PICTURE_SCAN", "clamdscan 'half", "a program and its arguments"),
        ("GUICHET_GATHER_SECONDS", "-1", "seconds, from 0 (at once) to 3"),
        ("GUICHET_PRIVACY_NOTICE", "/nowhere.yml", "a notice that can be used (/nowhere.yml: No such file"),
    ],
)
def test_a_wrong_value_is_refused_with_what_is_allowed(name: str, value: str, allowed: str) -> None:
    text = refusal(**{name: value})

    assert text.startswith("GUICHET_")
    assert f"allowed: {allowed}" in text or allowed in text
    assert "pydantic" not in text


def test_lines_cannot_be_gathered_until_they_are_overdue() -> None:
    text = refusal(GUICHET_GATHER_SECONDS="2", GUICHET_SETTLE_SECONDS="8", GUICHET_TURN_SECONDS="6")

    assert "GUICHET_GATHER_SECONDS is '2'; allowed: below a quarter of GUICHET_SETTLE_SECONDS (2)" in text


def test_the_refused_value_is_shown() -> None:
    assert refusal(GUICHET_PORT="eighty") == "GUICHET_PORT is 'eighty'; allowed: a port from 1 to 65535."


def test_every_wrong_value_is_named_at_once() -> None:
    assert len(refusal(GUICHET_PORT="x", GUICHET_DEMO="maybe").splitlines()) == 2


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgresql+psycopg://me:hunter2@db/desk", "postgresql+psycopg://***@db/desk"),
        ("postgresql+psycopg://me:p@hunter2@db/desk", "postgresql+psycopg://***@db/desk"),
        ("postgresql+psycopg://db/desk?password=hunter2", "postgresql+psycopg://db/desk?***"),
        ("hunter2", "***"),
        ("sqlite:///var/guichet.db", "sqlite:///var/guichet.db"),
    ],
)
def test_a_url_is_shown_without_its_secrets(url: str, shown: str) -> None:
    assert masked("database_url", url) == shown


def test_a_refused_url_keeps_its_password_to_itself() -> None:
    assert "hunter2" not in refusal(GUICHET_DATABASE_URL="mysql://me:hunter2@db/desk")


def test_settings_in_a_log_show_no_password() -> None:
    settings = load({"GUICHET_DATABASE_URL": "postgresql+psycopg://me:hunter2@db/desk"})

    assert "hunter2" not in repr(settings) + str(settings)


def test_settings_cannot_be_changed() -> None:
    with pytest.raises(ValidationError):
        load({}).port = 1  # type: ignore[misc]


def test_what_is_left_empty_follows_from_the_rest(tmp_path: Path) -> None:
    settings = load({"GUICHET_VAR": str(tmp_path), "GUICHET_HOST": "0.0.0.0", "GUICHET_PORT": "8301"})

    assert settings.database_url == f"sqlite:///{tmp_path}/guichet.db"
    assert settings.public_url == "http://127.0.0.1:8301"


def test_relative_paths_are_of_the_working_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    settings = load({"GUICHET_DATABASE_URL": "sqlite:///here/desk.db"})

    assert settings.var == tmp_path / "var"
    assert settings.database_url == f"sqlite:///{tmp_path}/here/desk.db"


def test_settings_survive_the_way_through_an_environment() -> None:
    settings = load({"GUICHET_LANGUAGES": "fr,en", "GUICHET_SEARCH_THRESHOLD": "0.4", "GUICHET_DEMO": "no"})

    assert load(settings.environment()) == settings


@pytest.mark.parametrize(
    ("setting", "command"),
    [
        ("", ()),
        ("scan --quiet {file}", ("scan", "--quiet", "{file}")),
        ("scan --path={file} -v", ("scan", "--path={file}", "-v")),
        ("'/opt/my scanner' -q", ("/opt/my scanner", "-q", "{file}")),
    ],
)
def test_a_scanner_is_a_command_that_is_given_the_file(setting: str, command: tuple[str, ...]) -> None:
    assert load({"GUICHET_PICTURE_SCAN": setting}).picture_scanner == command


def test_pictures_are_off_unless_somebody_turns_them_on() -> None:
    assert load({}).pictures is False


MAIL_SERVER = {"GUICHET_SMTP_HOST": "mail.example.org"}


def test_mail_to_another_machine_is_encrypted_unless_somebody_says_otherwise() -> None:
    plain = {**MAIL_SERVER, "GUICHET_SMTP_ENCRYPTION": "none"}

    assert "GUICHET_SMTP_ENCRYPTION is 'none'; allowed: starttls or tls" in refusal(**plain)
    assert load({**plain, "GUICHET_SMTP_PLAIN": "true"}).smtp_encryption == "none"
    for host in ("localhost", "127.0.0.1", "::1"):
        assert load({**plain, "GUICHET_SMTP_HOST": host}).smtp_encryption == "none"


def test_the_password_of_the_mail_server_is_shown_nowhere() -> None:
    given = {**MAIL_SERVER, "GUICHET_SMTP_PASSWORD": "hunter2"}

    assert "hunter2" not in repr(load(given))
    assert "hunter2" not in refusal(**given | {"GUICHET_SMTP_PASSWORD": "hunter2" * 100})
    assert load(given).environment()["GUICHET_SMTP_PASSWORD"] == "hunter2"


def test_the_desk_s_own_address_is_not_the_team_s() -> None:
    same = {**MAIL_SERVER, "GUICHET_MAIL_FROM": "Desk <IT-desk@example.org>"}

    assert "GUICHET_MAIL_FROM" in refusal(**same)


@pytest.mark.parametrize("given", ["Desk <a@b>\r\nBcc: <c@d>", "a@b, c@d", "Desk", "<a@b> Desk"])
def test_what_is_no_sender_is_refused(given: str) -> None:
    assert "GUICHET_MAIL_FROM" in refusal(GUICHET_MAIL_FROM=given)


@pytest.mark.parametrize(
    ("given", "url"),
    [
        ({}, "http://127.0.0.1:8080"),
        ({"GUICHET_SMTP_HOST": "localhost"}, None),
        ({"GUICHET_SMTP_HOST": "localhost", "GUICHET_PUBLIC_URL": "http://localhost:8080"}, None),
        (
            {"GUICHET_SMTP_HOST": "localhost", "GUICHET_PUBLIC_URL": "https://help.example"},
            "https://help.example",
        ),
    ],
)
def test_letters_that_leave_the_machine_do_not_lead_back_to_where_only_it_is(
    given: dict[str, str], url: str | None
) -> None:
    assert load(given).letters_url == url


def test_settings_that_replace_the_installation_s_own_leave_none_of_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".env").write_text("GUICHET_DATABASE_URL=sqlite:////srv/real.db\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GUICHET_SMTP_HOST", "mail.example.org")

    with replaced_by({"GUICHET_VAR": str(tmp_path / "other")}):
        within = load()

    assert within == load({"GUICHET_VAR": str(tmp_path / "other")})
    assert load().database_url == "sqlite:////srv/real.db"
    assert load().smtp_host == "mail.example.org"
