"""Every table there is: a table whose module is not imported does not exist, and others may refer to it."""

from __future__ import annotations

import identity.agents.models
import identity.people.models
import identity.sites.models
import identity.visitors.models
import knowledge.articles.models
import knowledge.questions.models
import notices.outbox.models
import notices.preferences.models
import storage.ledger_epoch
import ticketing.calendars.models
import ticketing.conversations.models
import ticketing.effects.models
import ticketing.escalations.models
import ticketing.first_contact.models
import ticketing.groups.models
import ticketing.pictures.models
import ticketing.problems.models
import ticketing.ratings.models
import ticketing.routing.models
import ticketing.sla.models
import ticketing.tickets.models
import ticketing.turns.models
