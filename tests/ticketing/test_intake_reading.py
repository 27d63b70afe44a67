"""What plain words tell of a trouble, as people write them, and near-misses that tell nothing."""

from __future__ import annotations

import pytest

from ticketing.intake.reading import (
    comment_in,
    first_word_answers,
    is_noun_alone,
    is_only,
    is_question,
    read_address,
    read_impact,
    read_name,
    read_urgency,
    says,
    says_something,
    told_impact,
    told_urgency,
    what_is_asked_for,
    without_wish,
)
from ticketing.tickets.priority import Impact, Urgency

ONE, TEAM, ALL = Impact.LOW, Impact.MEDIUM, Impact.HIGH
STUCK, SLOWED, CAN_WAIT = Urgency.HIGH, Urgency.MEDIUM, Urgency.LOW

AFFECTED = {
    # English
    "me": ONE,
    "Just me": ONE,
    "only me I think": ONE,
    "just me!": ONE,
    "it's only me": ONE,
    "I'm the only one": ONE,
    "one person": ONE,
    "nobody else": ONE,
    "only my laptop": ONE,
    "my team": TEAM,
    "Our whole team": TEAM,
    "several": TEAM,
    "several people": TEAM,
    "a few colleagues": TEAM,
    "5 people": TEAM,
    "two of us": TEAM,
    "me and my colleague": TEAM,
    "the whole floor": TEAM,
    "the accounting department": TEAM,
    "my colleagues too": TEAM,
    "about ten people, maybe more": TEAM,
    "none of us can print": TEAM,
    "everybody": ALL,
    "Everyone!!": ALL,
    "the whole company": ALL,
    "all users": ALL,
    "the entire building": ALL,
    "all of us": ALL,
    "nobody can log in": ALL,
    # French
    "moi": ONE,
    "Juste moi": ONE,
    "que moi": ONE,
    "moi seulement": ONE,
    "je suis la seule": ONE,
    "seulement mon poste": ONE,
    "une seule personne": ONE,
    "il n'y a que moi": ONE,
    "personne d’autre": ONE,
    "mon équipe": TEAM,
    "toute l'équipe": TEAM,
    "plusieurs": TEAM,
    "deux": TEAM,
    "plusieurs personnes": TEAM,
    "l'équipe du greffe": TEAM,
    "quelques collègues": TEAM,
    "mes collègues aussi": TEAM,
    "on est trois": TEAM,
    "nous sommes 4": TEAM,
    "tout l’étage": TEAM,
    "le service compta": TEAM,
    "une dizaine de personnes": TEAM,
    "tout le monde": ALL,
    "TOUT LE MONDE": ALL,
    "tous": ALL,
    "toute l’entreprise": ALL,
    "tout le site": ALL,
    "plus personne ne peut se connecter": ALL,
    "tous les utilisateurs": ALL,
}
TELLS_NOT_HOW_MANY = (
    "I have no idea",
    "it depends",
    "the screen is black",
    "since this morning",
    "my laptop",
    "what do you mean?",
    "please hurry up",
    "someone should look at it",
    "I tried it three times",
    "several times a day",
    "the printer on the second floor",
    "je ne sais pas",
    "ça dépend",
    "depuis ce matin",
    "mon ordinateur",
    "vous voulez dire quoi ?",
    "l'imprimante du couloir",
    "j'ai essayé trois fois",
    "il ne s'allume plus",
    "dites-moi quoi faire",
    "",
    "?",
)

WORK = {
    # English
    "no": STUCK,
    "No.": STUCK,
    "not at all": STUCK,
    "I can't work": STUCK,
    "no I cannot work at all": STUCK,
    "I'm completely stuck": STUCK,
    "completely blocked": STUCK,
    "it's very urgent": STUCK,
    "I can't do anything": STUCK,
    "nothing works at all": STUCK,
    "no, I have a deadline today": STUCK,
    "with difficulty": SLOWED,
    "yes but slowly": SLOWED,
    "barely": SLOWED,
    "partly": SLOWED,
    "it slows me down": SLOWED,
    "yes, but only by phone": SLOWED,
    "I have a workaround": SLOWED,
    "more or less": SLOWED,
    "yes": CAN_WAIT,
    "Yes I can": CAN_WAIT,
    "it can wait": CAN_WAIT,
    "not urgent": CAN_WAIT,
    "it's not urgent at all": CAN_WAIT,
    "no rush": CAN_WAIT,
    "yes, I can still work": CAN_WAIT,
    "when you have time": CAN_WAIT,
    "it is just annoying": CAN_WAIT,
    # French
    "non": STUCK,
    "non pas du tout": STUCK,
    "je ne peux plus travailler": STUCK,
    "je peux pas bosser": STUCK,
    "complètement bloquée": STUCK,
    "c'est urgent": STUCK,
    "impossible de travailler": STUCK,
    "je suis à l'arrêt": STUCK,
    "non, je dois rendre un dossier ce soir": STUCK,
    "avec difficulté": SLOWED,
    "oui mais lentement": SLOWED,
    "en partie": SLOWED,
    "difficilement": SLOWED,
    "tant bien que mal": SLOWED,
    "ça me ralentit": SLOWED,
    "oui, sauf pour imprimer": SLOWED,
    "je me débrouille": SLOWED,
    "oui": CAN_WAIT,
    "oui ça va": CAN_WAIT,
    "pas urgent": CAN_WAIT,
    "ce n'est pas urgent": CAN_WAIT,
    "ça peut attendre": CAN_WAIT,
    "oui je peux encore travailler": CAN_WAIT,
    "quand vous pouvez": CAN_WAIT,
    "rien d'urgent": CAN_WAIT,
}
TELLS_NOT_WHETHER_THEY_CAN_WORK = (
    "what?",
    "since yesterday",
    "my colleagues too",
    "the screen is black",
    "I work in accounting",
    "my workstation",
    "I don't understand the question",
    "the blue one",
    "who are you",
    "everybody",
    "hier soir",
    "je travaille à la compta",
    "mon poste de travail",
    "je ne comprends pas la question",
    "mes collègues aussi",
    "tout le monde",
    "sur mon portable",
    "",
    "?",
)


@pytest.mark.parametrize(("text", "impact"), AFFECTED.items())
def test_how_many_are_affected_is_read(text: str, impact: Impact) -> None:
    assert read_impact(text) is impact


@pytest.mark.parametrize("text", TELLS_NOT_HOW_MANY)
def test_what_does_not_tell_how_many_are_affected_is_no_answer(text: str) -> None:
    assert read_impact(text) is None


@pytest.mark.parametrize(("text", "urgency"), WORK.items())
def test_whether_they_can_work_is_read(text: str, urgency: Urgency) -> None:
    assert read_urgency(text) is urgency


@pytest.mark.parametrize("text", TELLS_NOT_WHETHER_THEY_CAN_WORK)
def test_what_does_not_tell_whether_they_can_work_is_no_answer(text: str) -> None:
    assert read_urgency(text) is None


TOLD_IMPACT = {
    "the whole floor has no internet": TEAM,
    "nobody can print since this morning": ALL,
    "my team cannot open the shared folder": TEAM,
    "is the mail server down? it is down for everybody": ALL,
    "several colleagues have the same problem": TEAM,
    "plus personne n'arrive à imprimer": ALL,
    "tout le monde a perdu internet": ALL,
    "mes collègues ont le même souci": TEAM,
    "le wifi est coupé pour toute l'équipe": TEAM,
    # That it is somebody's own thing is not yet how many are affected.
    "my printer does not work": None,
    "my vpn is slow": None,
    "can you help me with outlook": None,
    "not all of my mails arrive": None,
    "mon imprimante ne marche plus": None,
    "aidez-moi avec outlook": None,
    "tous mes mails ont disparu": None,
    "outlook crashes several times a day": None,
    "I restarted it two times": None,
    "outlook plante plusieurs fois par jour": None,
    "j'ai redémarré deux fois": None,
    "mes deux écrans restent noirs": None,
    "the two screens stay black": None,
    "les deux écrans restent noirs": None,
    "I want to share my calendar with everybody": None,
    "partager mon agenda avec tout le monde": None,
    "all three printers are jammed": TEAM,
    "les trois caisses sont bloquées": TEAM,
}
TOLD_URGENCY = {
    "I can't work, outlook crashes": STUCK,
    "urgent: the badge reader is dead": STUCK,
    "je ne peux plus travailler, outlook plante": STUCK,
    "c'est urgent, mon écran est noir": STUCK,
    "the mouse is loose, not urgent": CAN_WAIT,
    "no hurry: a second screen would help, it can wait": CAN_WAIT,
    "la souris glisse, rien d'urgent": CAN_WAIT,
    "un casque, ça peut attendre": CAN_WAIT,
    "yes the printer is the one on the left": None,
    "outlook crashes when I open it": None,
    "no sound in meetings": None,
    "outlook plante quand je l'ouvre": None,
    "pas de son en réunion": None,
    "ça va mieux mais le wifi rame": None,
}


@pytest.mark.parametrize(("text", "impact"), TOLD_IMPACT.items())
def test_a_sentence_tells_by_the_way_how_many_are_affected(text: str, impact: Impact | None) -> None:
    assert told_impact(text) is impact


@pytest.mark.parametrize(("text", "urgency"), TOLD_URGENCY.items())
def test_a_sentence_tells_by_the_way_whether_it_is_urgent(text: str, urgency: Urgency | None) -> None:
    assert told_urgency(text) is urgency


NAMES = {
    "Ana Example": "Ana Example",
    "ana": "ana",
    "My name is Ana Example": "Ana Example",
    "I'm Ana": "Ana",
    "I am Ana Example.": "Ana Example",
    "It's Ana": "Ana",
    "Hello, I am Ana Example": "Ana Example",
    "Ana Example, accounting": "Ana Example",
    "Ana Example, ana@example.org": "Ana Example",
    "Ana Example <ana@example.org>": "Ana Example",
    "Ana O'Example": "Ana O'Example",
    "Jean-Ana Exemple": "Jean-Ana Exemple",
    "Ana de la Exemple": "Ana de la Exemple",
    "Je m'appelle Ana Exemple": "Ana Exemple",
    "je m’appelle Ana": "Ana",
    "Moi c'est Ana": "Ana",
    "Je suis Ana Exemple": "Ana Exemple",
    "Bonjour, je suis Ana Exemple": "Ana Exemple",
    "C'est Ana": "Ana",
    "Mon nom est Ana Exemple": "Ana Exemple",
    "Nom : Ana Exemple": "Ana Exemple",
    "Éloïse Exemple": "Éloïse Exemple",
    "Ana Exemple (compta)": "Ana Exemple",
    "李雷": "李雷",
}
NO_NAMES = (
    "12345",
    "the printer does not work",
    "why do you need it?",
    "what for",
    "my laptop",
    "yes",
    "no",
    "ok",
    "nobody",
    "help",
    "ana@example.org",
    "INC-000123",
    "I need a new screen please",
    "pourquoi",
    "oui",
    "mon écran est noir",
    "l'imprimante ne marche pas",
    "c'est pour quoi faire",
    "merci",
    "personne",
    "...",
    "",
    "a b c d e f g h",
    "x" * 200,
)
ADDRESSES = {
    "ana@example.org": "ana@example.org",
    "  ana@example.org  ": "ana@example.org",
    "ana@example.org.": "ana@example.org",
    "my mail is ana@example.org": "ana@example.org",
    "it's ana.example@mail.example.org, thanks": "ana.example@mail.example.org",
    "<ana@example.org>": "ana@example.org",
    "(ana@example.org)": "ana@example.org",
    "mailto:ana@example.org": "ana@example.org",
    "Ana Example ana+it@example.org": "ana+it@example.org",
    "ana_example@example.org or by phone": "ana_example@example.org",
    "c'est ana@example.org": "ana@example.org",
    "mon adresse : ana@example.org": "ana@example.org",
    "écrivez-moi à ana@example.org svp": "ana@example.org",
    "ana-exemple@service.example.org": "ana-exemple@service.example.org",
    "ANA@EXAMPLE.ORG": "ANA@EXAMPLE.ORG",
    "o'ana@example.org": "o'ana@example.org",
}
NO_ADDRESSES = (
    "ana",
    "ana@",
    "@example.org",
    "ana@example",
    "ana at example dot org",
    "ana example.org",
    "no",
    "my mail",
    "I have none",
    "call me on 555-0100",
    "aucune",
    "je n'ai pas de mail",
    "ana chez example.org",
    "ana @ example",
    "",
)


@pytest.mark.parametrize(("text", "name"), NAMES.items())
def test_a_name_is_read_with_whatever_stands_around_it(text: str, name: str) -> None:
    assert read_name(text) == name


@pytest.mark.parametrize("text", NO_NAMES)
def test_what_is_no_name_is_not_taken_for_one(text: str) -> None:
    assert read_name(text) is None


@pytest.mark.parametrize(("text", "address"), ADDRESSES.items())
def test_an_address_is_found_in_what_was_said(text: str, address: str) -> None:
    assert read_address(text) == address


@pytest.mark.parametrize("text", NO_ADDRESSES)
def test_what_is_no_address_is_not_taken_for_one(text: str) -> None:
    assert read_address(text) is None


MEANT = {
    "yes": (
        "yes",
        "Yes!",
        "yes please",
        "yep",
        "ok",
        "OK, go ahead",
        "sure",
        "looks good",
        "that's right",
        "correct",
        "perfect, thanks",
        "yes, open it",
        "do it",
        "of course",
        "👍",
        "oui",
        "Oui !",
        "oui merci",
        "ouais",
        "d'accord",
        "c’est ça",
        "c'est bon",
        "parfait",
        "allez-y",
        "je confirme",
        "bien sûr",
        "oui, vas-y",
        "tout à fait",
        "volontiers",
        "valider",
    ),
    "no": (
        "no",
        "No!",
        "nope",
        "no thanks",
        "not quite",
        "wrong",
        "no, that's not right",
        "it's something else",
        "another problem",
        "no, change it",
        "I want to change something",
        "not that",
        "incorrect",
        "no, it's something else",
        "👎",
        "non",
        "Non merci",
        "nan",
        "pas vraiment",
        "pas tout à fait",
        "c’est faux",
        "c'est pas ça",
        "non, autre chose",
        "je veux changer",
        "autre chose",
        "un autre problème",
        "modifier",
        "pas du tout",
        "rien à voir",
    ),
    "stop": (
        "stop",
        "cancel",
        "Cancel!",
        "cancel it please",
        "please stop",
        "never mind",
        "nevermind, it works again",
        "nvm",
        "forget it",
        "forget about it",
        "I changed my mind",
        "quit",
        "exit",
        "leave it",
        "cancel the ticket",
        "actually, never mind",
        "annuler",
        "annulez",
        "annule tout",
        "arrête",
        "laisse tomber",
        "laissez tomber, merci",
        "oublie",
        "oubliez ça",
        "tant pis",
        "j'ai changé d'avis",
        "abandonner",
        "en fait, non",
        "finalement c'est bon",
        "stop svp",
        "quitter",
    ),
}
NOT_MEANT = {
    "yes": (
        "yesterday",
        "yes but the room is wrong",
        "ok but it is the other printer",
        "not ok",
        "I said yes to the update and it broke",
        "right click does nothing",
        "sure, and by the way the fax is broken too",
        "is that right?",
        "oui mais c'est l'autre imprimante",
        "ouistiti",
        "ok je redémarre et rien ne change",
        "c'est bon quand ?",
        "pas d'accord",
        "go to meeting does not start",
        "",
    ),
    "no": (
        "no sound in meetings",
        "no internet on my laptop",
        "nothing works",
        "north building",
        "not working since monday",
        "no one can print",
        "note that it is the second floor",
        "no idea what happened",
        "pas de son",
        "non-conformité du badge",
        "pas de réseau au bureau",
        "le nouveau badge ne marche pas",
        "nantes, deuxième étage",
        "je ne veux pas redémarrer",
        "",
    ),
    "stop": (
        "it stopped working",
        "the printer stops after one page",
        "my computer keeps stopping",
        "how do I cancel a print job",
        "the cancel button does nothing",
        "quit does not respond in excel",
        "I cannot exit full screen",
        "please don't cancel my ticket",
        "leave of absence tool is down",
        "stop error on blue screen",
        "l'ordinateur s'arrête tout seul",
        "comment annuler une impression",
        "le bouton annuler ne fait rien",
        "j'ai oublié mon mot de passe",
        "impossible de quitter le plein écran",
        "il s'est arrêté ce matin",
        "",
    ),
}


@pytest.mark.parametrize(("kind", "text"), [(kind, text) for kind in MEANT for text in MEANT[kind]])
def test_a_yes_a_no_and_a_stop_are_understood_in_any_words(kind: str, text: str) -> None:
    assert is_only(kind, text)


@pytest.mark.parametrize(("kind", "text"), [(kind, text) for kind in NOT_MEANT for text in NOT_MEANT[kind]])
def test_a_sentence_with_such_a_word_in_it_is_none(kind: str, text: str) -> None:
    assert not is_only(kind, text)


@pytest.mark.parametrize("text", [*MEANT["yes"], *MEANT["no"], *MEANT["stop"]])
def test_nothing_is_a_yes_and_a_no_at_once(text: str) -> None:
    assert not (is_only("yes", text) and is_only("no", text))


FIRST_WORDS = {
    "yes": True,
    "Yes, on the third floor": True,
    "yeah it does": True,
    "sure thing": True,
    "oui c'est ça": True,
    "Oui, au troisième": True,
    "ouais bof": True,
    "si": True,
    "no": False,
    "No, still the same": False,
    "nope still broken": False,
    "not really": False,
    "non toujours pas": False,
    "Non : pareil": False,
    "nan": False,
    "pas du tout": False,
    "yesterday it worked": None,
    "nothing changed": None,
    "noon is fine": None,
    "the answer is no": None,
    "ouistiti": None,
    "nonobstant": None,
    "il dit oui": None,
    "": None,
}
TICKET_WISHES = (
    "open a ticket",
    "Please open a ticket for me",
    "can you create an incident",
    "I want a ticket",
    "I'd like a ticket please",
    "raise a ticket: the badge reader is dead",
    "log an incident please",
    "could you file a ticket",
    "I need a new ticket",
    "ticket please",
    "just open me a ticket",
    "ouvrir un ticket",
    "ouvrez un ticket svp",
    "tu peux m'ouvrir un ticket",
    "je voudrais un ticket",
    "crée un ticket s'il te plaît",
    "créer un incident",
    "je veux déclarer un incident",
    "faites un ticket pour la badgeuse",
    "il me faut un ticket",
    "un ticket svp",
)
NO_TICKET_WISHES = (
    "any news of my ticket?",
    "what is a ticket",
    "where is my ticket",
    "how is my ticket INC-000001",
    "my ticket was closed too early",
    "add this to my ticket",
    "the ticket machine in the canteen is broken",
    "I cannot open a file",
    "it opens a window",
    "train tickets for the trip",
    "où en est mon ticket",
    "mon ticket a été fermé",
    "ajoute ça à mon ticket",
    "c'est quoi un ticket",
    "la borne à tickets est en panne",
    "je n'arrive pas à ouvrir un fichier",
    "des nouvelles de mon incident ?",
)


@pytest.mark.parametrize(("text", "answer"), FIRST_WORDS.items())
def test_the_first_word_answers_and_no_part_of_a_word(text: str, answer: bool | None) -> None:
    assert first_word_answers(text) is answer


@pytest.mark.parametrize("text", TICKET_WISHES)
def test_who_asks_for_a_ticket_is_understood(text: str) -> None:
    assert says("ticket_wish", text)


@pytest.mark.parametrize("text", NO_TICKET_WISHES)
def test_who_only_speaks_of_a_ticket_does_not_ask_for_one(text: str) -> None:
    assert not says("ticket_wish", text)


HAS_NOT_HELPED = (
    "it doesnt work",
    "it dosent work",
    "it dosnt work",
    "doesnt work",
    "it dont work",
    "didnt help",
    "that didnt work",
    "it wont work",
    "it isnt working",
    "not working",
    "nothing works",
    "ca marche pas",
    "sa marche pas",
    "ça marche tjrs pas",
    "ça ne marche toujours pas",
    "sa fonctionne tjs pas",
    "ca marche po",
    "ça m'aide pas",
)
HAS_HELPED = (
    "it works",
    "it works again, thanks",
    "not sure why but it works now",
    "ça marche",
    "ça remarche, merci",
    "c'est réglé, plus de souci",
)


@pytest.mark.parametrize("text", HAS_NOT_HELPED)
def test_that_it_does_not_work_is_understood_however_it_is_spelt(text: str) -> None:
    assert says("not_helped", text)


@pytest.mark.parametrize("text", HAS_HELPED)
def test_that_it_works_is_not_taken_for_its_opposite(text: str) -> None:
    assert not says("not_helped", text)
    assert not says("works_not", text)


NOUNS = (
    "téléphone",
    "Telephone !",
    "téléphone portable",
    "portable",
    "mon téléphone",
    "un téléphone svp",
    "numéro de téléphone",
    "phone",
    "my phone",
    "call",
    "hotline",
    "appel",
    "tel",
    "imprimante",
    "zorgle",
)
WISHES_IN_A_WORD = (
    "human!!!",
    "humain",
    "agent",
    "technicien",
    "quelqu'un",
    "rappelez-moi",
    "un humain",
    "live chat",
    "rappel svp",
)


@pytest.mark.parametrize("text", NOUNS)
def test_a_thing_alone_is_a_noun_alone(text: str) -> None:
    assert is_noun_alone(text)


@pytest.mark.parametrize("text", WISHES_IN_A_WORD)
def test_somebody_alone_is_more_than_a_noun(text: str) -> None:
    assert not is_noun_alone(text)


@pytest.mark.parametrize(
    "text", ["ok", "OK thanks", "okay, thank you!", "d'accord", "parfait merci", "good", "ok merci", "noted"]
)
def test_what_is_heard_is_less_than_a_yes(text: str) -> None:
    assert is_only("assent", text)


@pytest.mark.parametrize("text", ["yes", "oui merci", "ok it works", "ok open it", "that's it", "c'est bon"])
def test_a_yes_is_more_than_heard(text: str) -> None:
    assert not is_only("assent", text)


SAYS_WHAT = (
    "I want to open a ticket, the projector in room 12 does not start",
    "open a ticket: my headset is broken",
    "please report that the badge reader is dead",
    "the whole floor has no internet",
    "I need a second screen",
    "can I get Photoshop",
    "outlook crashes",
    "raise an incident for the lift display",
    "a ticket about the scanner please",
    "keyboard",
    "Teams: no sound",
    "ouvrir un ticket : le vidéoprojecteur ne démarre pas",
    "je voudrais signaler une panne de la badgeuse",
    "j'ai besoin d'un deuxième écran",
    "tout l'étage n'a plus internet",
    "outlook plante",
    "un ticket pour l'imprimante du hall svp",
    "clavier",
    "il me faut une licence Photoshop",
)
SAYS_NOT_WHAT = (
    "open a ticket",
    "I want to open a ticket please",
    "can you create a ticket for me",
    "I have a problem",
    "hello, I need to report an incident",
    "please open a new support ticket with the team, thanks",
    "I'd like to leave a message to the team",
    "raise a case",
    "ticket",
    "ouvrir un ticket",
    "je voudrais ouvrir un ticket s'il vous plaît",
    "bonjour, je veux déclarer un incident",
    "j'ai un problème",
    "laisser un message à l'équipe",
    "un ticket svp merci",
    "peux-tu créer un ticket",
    "",
    "...",
)


@pytest.mark.parametrize("text", SAYS_WHAT)
def test_what_was_said_with_the_wish_is_what_it_is_about(text: str) -> None:
    assert what_is_asked_for(text) == text


@pytest.mark.parametrize("text", SAYS_NOT_WHAT)
def test_a_bare_wish_for_a_ticket_does_not_say_what_it_is_about(text: str) -> None:
    assert what_is_asked_for(text) is None


@pytest.mark.parametrize("text", ["a mug", "usb", "un mac", "SAP"])
def test_of_something_wished_for_a_single_word_says_enough(text: str) -> None:
    assert what_is_asked_for(text, fewest=1) == text


COMMENTS = (
    "add to INC-000001 that the noise is louder now",
    "INC-000001 the light is red since noon",
    "tell the team the printer smells of smoke",
    "it also happens at home",
    "INC-1 still broken after the restart",
    "ajoute à INC-000001 que le bruit est plus fort",
    "INC-000001 le voyant est rouge depuis midi",
    "REQ-000002 il me le faut avant vendredi soir",
)
INTRODUCED_COMMENTS = {
    "ajoute au INC-000002 : il clignote encore": "il clignote encore",
    "add to my ticket 12: tray two": "tray two",
    "more information for my ticket: the cable was replaced yesterday": "the cable was replaced yesterday",
    "please note on INC-000001: error code 0x80070005 appears": "error code 0x80070005 appears",
    "for my ticket: it also happens on the second floor": "it also happens on the second floor",
    "add to INC-000001: I have 5.2 already and it still drops": "I have 5.2 already and it still drops",
    "add a comment: happens only with large files": "happens only with large files",
    "my ticket: serial number is on the back label": "serial number is on the back label",
    "INC-000001: the error is 0x80: disk full": "the error is 0x80: disk full",
    "pour mon ticket : cela arrive aussi au deuxième étage": "cela arrive aussi au deuxième étage",
    "précision pour mon ticket : le câble a été remplacé hier": "le câble a été remplacé hier",
    "ajouter un commentaire : seulement avec les gros fichiers": "seulement avec les gros fichiers",
    "the printer on my ticket jams again: tray 2": "the printer on my ticket jams again: tray 2",
    "error 12: the ticket printer jams at noon": "error 12: the ticket printer jams at noon",
}
NO_COMMENTS = (
    "add to my ticket",
    "I want to add something to my ticket",
    "add a comment to INC-000001",
    "more information for ticket 12",
    "please add this to my ticket",
    "can I add some details to my incident",
    "update my ticket please",
    "comment on INC-000001",
    "I would like to add more info to the ticket",
    "ajouter à mon ticket",
    "je veux ajouter quelque chose à mon ticket",
    "ajoute un commentaire à INC-000001",
    "compléter mon ticket",
    "des précisions pour mon ticket 12",
    "je voudrais ajouter des infos à ma demande",
    "",
)


@pytest.mark.parametrize("text", COMMENTS)
def test_what_is_to_be_added_is_found_beside_the_wish_to_add(text: str) -> None:
    assert comment_in(text) == text


@pytest.mark.parametrize(("text", "comment"), INTRODUCED_COMMENTS.items())
def test_what_only_introduces_a_comment_is_no_part_of_it(text: str, comment: str) -> None:
    assert comment_in(text) == comment


ENDING_WISHES = {
    "the vpn drops every ten minutes, open a ticket": "the vpn drops every ten minutes",
    "my laptop gets very hot now. Please open a ticket, thanks": "my laptop gets very hot now",
    "the scanner in room 12 is dead and I want to open a ticket": "the scanner in room 12 is dead",
    "le vpn se coupe toutes les dix minutes, ouvrez un ticket": "le vpn se coupe toutes les dix minutes",
    "l'écran du poste 4 clignote, pouvez-vous ouvrir un ticket svp": "l'écran du poste 4 clignote",
    "the button that lets people open a ticket": "the button that lets people open a ticket",
    "in the shop system I cannot open a ticket": "in the shop system I cannot open a ticket",
    "I was told to call you and open a ticket about it": "I was told to call you and open a ticket about it",
}


@pytest.mark.parametrize(("text", "rest"), ENDING_WISHES.items())
def test_a_wish_for_a_ticket_that_ends_a_text_is_no_part_of_what_is_wrong(text: str, rest: str) -> None:
    assert without_wish(text) == rest


@pytest.mark.parametrize("text", NO_COMMENTS)
def test_a_bare_wish_to_add_has_nothing_to_add(text: str) -> None:
    assert comment_in(text) is None


CONTENT = (
    "my outlook crashes when I read a mail",
    "I want a person because the projector still does not start",
    "hello, the wifi is very slow today",
    "the wi-fi is slow on my laptop since monday, thanks",
    "I keep getting an error on the intranet page",
    "could a technician look at the badge reader downstairs",
    "since yesterday outlook asks for my password again and again",
    "the scanner sends nothing to the shared folder",
    "mon outlook plante dès que je lis un mail",
    "le wifi est très lent dans mon bureau, merci",
    "je veux quelqu'un car le vidéoprojecteur reste noir",
    "depuis hier outlook redemande mon mot de passe",
    "le scanner n'envoie rien dans le dossier partagé",
    "impossible d'imprimer en couleur sur le copieur du hall",
    "la page intranet affiche une erreur inconnue",
)
NO_CONTENT = (
    "hello",
    "hi there",
    "thanks a lot",
    "thank you very much",
    "I want a person",
    "a human please",
    "good morning everyone",
    "bye",
    "no",
    "still broken",
    "who are you",
    "bonjour",
    "merci beaucoup",
    "un humain svp",
    "je veux un conseiller",
    "au revoir",
    "toujours pas",
    "ça marche pas",
    "",
)


@pytest.mark.parametrize("text", CONTENT)
def test_a_trouble_told_says_something(text: str) -> None:
    assert says_something(text)


@pytest.mark.parametrize("text", NO_CONTENT)
def test_politeness_and_a_bare_wish_for_somebody_say_nothing(text: str) -> None:
    assert not says_something(text)


QUESTIONS = (
    "how do I connect to the vpn",
    "why is the wifi so slow",
    "what is my quota",
    "can I print from home",
    "is there a guest network",
    "where do I find the catalogue",
    "do you need my serial number",
    "the vpn works abroad?",
    "which cable ?",
    "who do I ask for a badge",
    "when will it be repaired",
    "when is the next update",
    "could you explain",
    "should I restart it first",
    "comment je me connecte au vpn",
    "pourquoi le wifi est si lent",
    "quel est mon quota",
    "est-ce que je peux imprimer de chez moi",
    "où est le catalogue",
    "le vpn marche à l'étranger ?",
    "c'est quoi le wifi invité",
    "combien de temps ça prend",
    "quand sera-t-il réparé",
    "quand est-ce que ça revient",
    "faut-il redémarrer d'abord",
    "puis-je garder mon ancien poste",
)
NO_QUESTIONS = (
    "the printer does not start",
    "since monday on my laptop",
    "howard's laptop is broken",
    "I can print again",
    "it is slow when I work at home",
    "whatever",
    "canon printer in the hall",
    "isabelle has the same problem",
    "when I open outlook",
    "when the laptop wakes up",
    "my screen, since this morning",
    "no idea",
    "l'imprimante ne démarre pas",
    "depuis lundi sur mon portable",
    "outlook plante quand je l'ouvre",
    "je peux imprimer de nouveau",
    "ouvrir un ticket",
    "commentaire : le voyant est rouge",
    "quand j'ouvre outlook",
    "quand le portable se réveille",
    "quittance bloquée dans sap",
    "",
)


@pytest.mark.parametrize("text", QUESTIONS)
def test_a_question_is_known_by_its_mark_or_its_first_words(text: str) -> None:
    assert is_question(text)


@pytest.mark.parametrize("text", NO_QUESTIONS)
def test_what_is_told_is_no_question(text: str) -> None:
    assert not is_question(text)
