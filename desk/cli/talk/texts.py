"""What the terminal itself says, in each language. What the desk says comes from the desk."""

ENGLISH = {
    "greeting": "{site} at {url}. You are {who}.",
    "anonymous": "an unknown visitor",
    "hint": "/help shows what you can do, /quit leaves.",
    "resumed": "Going on with your conversation.",
    "nothing_to_resume": "There is no earlier conversation to go on with: this is a new one.",
    "help": "Write what you need and press Enter. Type the number or the title of a button to press it. "
    "/help shows this, /quit (or Ctrl-C) leaves; `guichet chat --resume` goes on later.",
    "goodbye": "Goodbye.",
    "you": "you",
    "assistant": "assistant",
    "agent": "agent",
    "typing": "typing…",
    "sending": "sending…",
    "offline": "reconnecting…",
    "source": "source",
    "ticket": "ticket",
    "reloaded": "The desk starts this conversation over; this is all of it:",
    "refused": "Not sent: {why}",
    "waiting": "A person of the team has been asked to take over.",
    "taken": "{agent} has taken over the conversation.",
    "handed_back": "The automatic assistant answers again.",
    "unknown_command": "There is no command {command}; /help shows what there is.",
}

FRENCH = {
    "greeting": "{site}, à l’adresse {url}. Vous êtes {who}.",
    "anonymous": "un visiteur inconnu",
    "hint": "/help dit ce que vous pouvez faire, /quit pour partir.",
    "resumed": "Suite de votre conversation.",
    "nothing_to_resume": "Aucune conversation à reprendre : en voici une nouvelle.",
    "help": "Écrivez ce qu’il vous faut, puis Entrée. Un bouton se choisit par son numéro ou son titre. "
    "/help affiche ceci, /quit (ou Ctrl-C) pour partir ; `guichet chat --resume` pour reprendre plus tard.",
    "goodbye": "Au revoir.",
    "you": "vous",
    "assistant": "assistant",
    "agent": "agent",
    "typing": "écrit…",
    "sending": "envoi…",
    "offline": "reconnexion…",
    "source": "source",
    "ticket": "ticket",
    "reloaded": "Le guichet reprend cette conversation depuis le début ; la voici :",
    "refused": "Non envoyé : {why}",
    "waiting": "Une personne de l’équipe est appelée à prendre le relais.",
    "taken": "{agent} a pris le relais.",
    "handed_back": "L’assistant automatique répond de nouveau.",
    "unknown_command": "La commande {command} n’existe pas ; /help dit ce qu’il y a.",
}

BY_LANGUAGE = {"en": ENGLISH, "fr": FRENCH}
