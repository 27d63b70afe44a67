"""A site's own privacy notice: shown there instead of the installation's, at first contact and once."""

from __future__ import annotations

from pathlib import Path

from identity.sites.administration import SiteChanges, change_site
from notices.privacy.notice import read_notice
from tests.desk.chats import a_socket
from tests.desk.desks import RunningDesk, a_desk
from ticketing.conversations.logic import Author
from ticketing.first_contact.models import NoticeShown


def give_notice(
    desk: RunningDesk, folder: Path, site: str, *, version: str = "1", words: str = "ours"
) -> None:
    """The site gets a notice of its own."""
    path = folder / "privacy.yml"
    path.write_text(
        f'version: "{version}"\nlink: https://{site}.example/privacy\n'
        f'en: "{words} of {{organisation}}, {{contact}}: {{link}}"\nfr: "{words}, en français : {{link}}"\n'
    )
    desk.database.write(change_site, site, SiteChanges(privacy=read_notice(path)))


async def first_words(desk: RunningDesk, site: str = "demo", token: str | None = None) -> list[str]:
    """What the desk says in a new conversation on a site."""
    token = token or await desk.visitor(site=site)
    async with a_socket(desk, token, site=site, new=True) as chat:
        return desk.said(chat.conversation, Author.DESK)


async def test_a_site_s_own_notice_is_shown_on_that_site_and_nowhere_else(tmp_path: Path) -> None:
    async with a_desk(tmp_path, assistant="none", introduces=True) as desk:
        give_notice(desk, tmp_path, "demo")
        machine, own = await first_words(desk, "demo")
        _, other = await first_words(desk, "other")

    assert "automated assistant" in machine
    assert own == "ours of Guichet demo, it-desk@example.org: https://demo.example/privacy"
    assert "ours of" not in other
    assert "/privacy?lang=en" in other


async def test_a_notice_in_the_other_language_is_the_site_s_too(tmp_path: Path) -> None:
    async with a_desk(tmp_path, assistant="none", introduces=True) as desk:
        give_notice(desk, tmp_path, "demo")
        async with a_socket(desk, await desk.visitor(), new=True) as chat:
            await chat.tell({"type": "language", "language": "fr"})
            await chat.until_seq(4)
            said = desk.said(chat.conversation, Author.DESK)

    assert said[3] == "ours, en français : https://demo.example/privacy"


async def test_a_site_s_notice_is_told_once_and_again_when_its_version_changes(tmp_path: Path) -> None:
    async with a_desk(tmp_path, assistant="none", introduces=True) as desk:
        token = await desk.visitor()
        first = await first_words(desk, token=token)
        # The version of the installation's own: still another notice.
        shipped = read_notice(None).version
        give_notice(desk, tmp_path, "demo", version=shipped)
        second = await first_words(desk, token=token)
        third = await first_words(desk, token=token)
        give_notice(desk, tmp_path, "demo", version="2", words="new ones")
        fourth = await first_words(desk, token=token)
        shown = desk.database.read(
            lambda session: [row.version for row in session.query(NoticeShown).order_by(NoticeShown.id)]
        )

    assert (len(first), len(second), len(third), len(fourth)) == (2, 1, 0, 1)
    assert fourth[0].startswith("new ones")
    assert shown[1:] == [shipped, f"demo/{shipped}", "demo/2"]


async def test_the_longest_key_and_version_can_be_noted(tmp_path: Path) -> None:
    async with a_desk(tmp_path, assistant="none", introduces=True) as desk:
        give_notice(desk, tmp_path, "demo", version="v" * 64)

        assert len(await first_words(desk)) == 2
