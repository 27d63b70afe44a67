"""What scripted people say, by what they want."""

from __future__ import annotations

PERSON_BUTTONS = ("Talk to a person", "Parler à une personne")

WORDS = {
    "en": {
        "question": (
            "how do I connect to the VPN",
            "my printer does not print",
            "how do I reset my password",
            "my mailbox is full",
            "the wifi does not work",
        ),
        "talk": ("hello", "thank you", "are you a robot", "what can you do", "goodbye"),
        # Nothing is left to ask: what it is about is said, so no form follows.
        "ticket": (
            "I want to speak to a human being, my printer is broken",
            "I want to talk to a real person about my broken printer",
            "please let me talk to a human being about my broken scanner",
        ),
        "form": ("open a ticket please", "I want to open a ticket", "the whole floor has no internet"),
        "comment": ("please add to {ticket} that it got worse over night",),
        "lost": (
            "the blue thing in the cellar hums at night",
            "qwrtz plmpf",
            "/restart",
            '/open_ticket{"a":1}',
        ),
    },
    "fr": {
        "question": (
            "comment me connecter au VPN",
            "mon imprimante n'imprime pas",
            "comment changer mon mot de passe",
            "ma boîte aux lettres est pleine",
            "le wifi ne marche pas",
        ),
        "talk": ("bonjour", "merci beaucoup", "es-tu un robot", "que sais-tu faire", "au revoir"),
        "ticket": (
            "je voudrais parler à une vraie personne pour mon écran noir",
            "je veux parler à un humain pour mon imprimante cassée, toujours en panne",
            "je veux parler à un vrai humain au sujet de mon scanner cassé",
        ),
        "form": ("ouvrir un ticket", "je veux ouvrir un ticket", "tout l'étage n'a plus internet"),
        "comment": ("ajoutez au {ticket} que cela a empiré pendant la nuit",),
        "lost": ("la chose bleue de la cave bourdonne la nuit", "qwrtz plmpf", "/restart"),
    },
}
KINDS = {
    "question": 34,
    "talk": 20,
    "ticket": 9,
    "form": 4,
    "whole form": 4,
    "comment": 4,
    "lost": 8,
    "person": 5,
    "button": 16,
}
# What is said where there is no button to press, and no ticket to add to.
INSTEAD = {"button": "lost", "person": "question", "comment": "ticket"}
