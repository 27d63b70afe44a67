"""Every action there is; `desk/wiring.py` hands them their services."""

from __future__ import annotations

from rasa_sdk import Action

from actions.access import ActionExplainAccess
from actions.intake import ActionFinishIntake, ActionStartIntake, ValidateIntakeForm
from actions.knowledge import ActionAskKnowledge, ActionChooseArticle, ActionNotSolved, ActionSolved
from actions.language import ActionChangeLanguage
from actions.pending import ActionAffirm, ActionCancel, ActionDeny
from actions.people import ActionAskHuman
from actions.services import Services
from actions.smalltalk import ActionSmallTalk
from actions.tickets import ActionAddToTicket, ActionTicketStatus

ACTIONS = (
    ActionAddToTicket,
    ActionAffirm,
    ActionAskHuman,
    ActionAskKnowledge,
    ActionCancel,
    ActionChangeLanguage,
    ActionChooseArticle,
    ActionDeny,
    ActionExplainAccess,
    ActionFinishIntake,
    ActionNotSolved,
    ActionSmallTalk,
    ActionSolved,
    ActionStartIntake,
    ActionTicketStatus,
    ValidateIntakeForm,
)


def all_actions(services: Services) -> list[Action]:
    """An instance of each."""
    return [action(services) for action in ACTIONS]
