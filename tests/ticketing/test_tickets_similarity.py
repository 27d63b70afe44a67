"""Whether two texts are about the same trouble, in both languages."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ticketing.tickets.similarity import THRESHOLD, alikeness, are_alike, is_same_word


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("The printer on floor 2 does not print", "printer floor 2 still not printing"),
        ("the printer again!", "The printer on floor 2 does not print anything"),
        ("my vpn disconnects every five minutes", "VPN keeps disconnecting"),
        ("I cannot connect to the wi-fi in the meeting room", "no wifi in meeting room B"),
        ("outlook crashes when I open an attachment", "Outlook crashed again with an attachment"),
        ("second screen stays black", "my second screen is black"),
        ("I need a licence for Photoshop", "photoshop license please"),
        ("e-mail does not arrive on my phone", "no emails on phone"),
        ("cant log in to sap", "SAP login fails"),
        ("L’imprimante du 2e étage n’imprime plus", "imprimante 2e etage toujours en panne"),
        ("l'imprimante ne marche toujours pas", "Imprimante de l'accueil : bourrage papier"),
        ("Le VPN se déconnecte toutes les cinq minutes", "déconnexion du vpn toutes les 5 minutes"),
        ("pas de wifi en salle de réunion", "Le Wi-Fi de la salle de réunion ne fonctionne pas"),
        ("mon écran reste noir", "Écran noir au démarrage"),
        ("je ne reçois plus de courriels sur mon téléphone", "mails telephone je recois rien"),
        ("mon ordi est très lent", "Ordinateur lent depuis lundi"),
        ("problème avec mon mot de passe windows", "mot de passe windows refusé"),
        ("Outlook plante à l'ouverture", "outlook plante quand je l'ouvre"),
    ],
)
def test_the_same_trouble_in_other_words_is_alike(one: str, other: str) -> None:
    assert are_alike(one, [other]) is not None
    assert alikeness(one, other) == alikeness(other, one)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("The printer does not work", "The projector does not work"),
        ("the vpn is broken", "the wifi is broken"),
        ("I cannot open my mailbox", "I cannot open the door of the server room"),
        ("my laptop is slow", "my laptop was stolen yesterday in the train"),
        ("outlook asks for my password", "I need a new headset"),
        ("please help, it is urgent, nothing works", "urgent help please, it does not work"),
        ("need a second screen", "need a second mouse"),
        ("it does not work", "The printer on floor 2 does not work"),
        ("L'imprimante ne marche pas", "Le projecteur ne marche pas"),
        ("le vpn ne marche plus", "le wifi ne marche plus"),
        ("j'ai oublié mon mot de passe", "je voudrais un nouveau casque"),
        ("bonjour, j'ai un problème urgent", "bonjour j'ai un souci, c'est urgent"),
        ("mon écran reste noir", "mon téléphone ne sonne plus"),
        ("ça ne marche pas", "l'imprimante ne marche pas"),
        ("demande d'accès au dossier comptabilité", "imprimante de la comptabilité en panne"),
        ("", "anything"),
        ("???", "???"),
    ],
)
def test_other_troubles_are_not_alike_however_alike_the_complaint(one: str, other: str) -> None:
    assert are_alike(one, [other]) is None


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("printer", "printers"),
        ("imprimante", "imprimantes"),
        ("connect", "connection"),
        ("printer", "printre"),
        ("licence", "license"),
        ("deconnecte", "deconnexion"),
    ],
)
def test_an_ending_or_a_slip_makes_no_other_word(one: str, other: str) -> None:
    assert is_same_word(one, other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("printer", "pointer"),
        ("vpn", "vpns"),
        ("screen", "scan"),
        ("2024", "2025"),
        ("mouse", "house"),
        ("mac", "map"),
    ],
)
def test_a_word_that_looks_alike_is_another_word(one: str, other: str) -> None:
    assert not is_same_word(one, other)


@given(st.text(max_size=300), st.text(max_size=300))
def test_alikeness_is_a_share(one: str, other: str) -> None:
    assert 0 <= alikeness(one, other) <= 1
    assert alikeness(one, one) in (0, 1)


def test_the_most_alike_of_several_texts_counts() -> None:
    assert are_alike("vpn slow", ["printer", None, "", "slow vpn"]) == 1
    assert are_alike("vpn slow", []) is None
    assert 0.5 < THRESHOLD < 1
