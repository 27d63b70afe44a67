"""Ticket numbers as people write them, in both languages."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ticketing.tickets.logic import TicketType, ticket_number
from ticketing.tickets.numbers import parse_number

INC, REQ = TicketType.INCIDENT, TicketType.SERVICE_REQUEST


@given(st.sampled_from(TicketType), st.integers(1, 10**9))
def test_a_number_the_desk_has_written_is_read_back(type_: TicketType, ticket_id: int) -> None:
    for sentence in ("{}", "any news of {}?", "où en est {}, svp", "({})", "«{}»"):
        assert parse_number(sentence.format(ticket_number(type_, ticket_id))) == (type_, ticket_id)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("inc 123", (INC, 123)),
        ("INC000123", (INC, 123)),
        ("inc-123", (INC, 123)),
        ("Inc_123", (INC, 123)),
        ("INC – 000123", (INC, 123)),
        ("inc n° 123", (INC, 123)),
        ("INC#123", (INC, 123)),
        ("ＩＮＣ－０００１２３", (INC, 123)),
        ("req-7", (REQ, 7)),
        ("REQ7.", (REQ, 7)),
        ("my req 000007 please", (REQ, 7)),
        ("where is INC-000123?", (INC, 123)),
        ("c'est pour inc 45, l'imprimante", (INC, 45)),
        ("#123", (None, 123)),
        ("any news about #123?", (None, 123)),
        ("ticket 98", (None, 98)),
        ("Ticket #98", (None, 98)),
        ("ticket number 98", (None, 98)),
        ("my ticket number is 98", (None, 98)),
        ("ticket no. 98", (None, 98)),
        ("what about incident 98", (None, 98)),
        ("request 98", (None, 98)),
        ("mon ticket 98", (None, 98)),
        ("le ticket n° 98", (None, 98)),
        ("ticket n°98", (None, 98)),
        ("ticket nº 98", (None, 98)),
        ("ticket numéro 98", (None, 98)),
        ("TICKET NUMERO 98", (None, 98)),
        ("où en est ma demande 98 ?", (None, 98)),
        ("le dossier n 98", (None, 98)),
        ("numéro 98", (None, 98)),
        ("n° 98", (None, 98)),
        ("98", (None, 98)),
        (" 000123 ", (None, 123)),
        ("it is 000123 I think", (None, 123)),
        ("123?", (None, 123)),
        ("INC-000120 and INC-000121", (INC, 120)),
        ("ticket 12 on floor 3", (None, 12)),
        ("I opened ticket 98 2 days ago", (None, 98)),
        ("#0", (None, 0)),
        ("INC-999999999999999999", (INC, 999_999_999_999_999_999)),
    ],
)
def test_a_number_is_found(text: str, expected: tuple[TicketType | None, int]) -> None:
    assert parse_number(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "any news of my ticket?",
        "où en est mon ticket",
        "I opened a ticket 2 days ago",
        "my ticket is 3 weeks old",
        "an incident 2 hours ago",
        "une demande 15 jours plus tôt",
        "j'ai fait un ticket il y a 2 jours",
        "the printer on floor 2",
        "salle 12",
        "2 tickets please",
        "ticket at 10:30",
        "ticket 10:30",
        "incident 2/3",
        "incident 2e étage",
        "windows 11",
        "since 3 days, inc. the weekend",
        "office 365",
        "call me at 01 23 45 67 89",
        "my address is 10.0.0.1",
        "INC-",
        "INC-12a",
        "xinc 123",
        "prince 12",
        "12 34",
        "INC-1234567890123456789",
    ],
)
def test_a_text_without_a_number_has_none(text: str) -> None:
    assert parse_number(text) is None


@given(st.text(max_size=200))
def test_any_text_is_read_without_an_error(text: str) -> None:
    found = parse_number(text)

    assert found is None or found[1] >= 0
