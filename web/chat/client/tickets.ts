// A person's tickets as the desk tells them.

import { ChatError } from './errors.ts';
import { type Fields, fields, isCount, rows, text } from './frames.ts';
import type { Ticket, TicketChange, TicketDetails, TicketEntry } from './types.ts';

export function readTickets(answer: unknown): Ticket[] {
  return rows(fields(answer)['tickets']).map(readTicket);
}

/** Fails with `unreachable` when there is no ticket in it. */
export function readDetails(answer: unknown): TicketDetails {
  const ticket = fields(fields(answer)['ticket']);
  if (!text(ticket['number'])) throw new ChatError('unreachable');
  return {
    ...readTicket(ticket),
    description: text(ticket['description']) ?? '',
    details: text(ticket['details']),
    entries: rows(ticket['entries']).map(readEntry),
  };
}

export function readChange(answer: unknown): TicketChange {
  const { entry, duplicate } = fields(answer);
  return {
    ticket: readDetails(answer),
    entry: isCount(entry) ? entry : null,
    duplicate: duplicate === true,
  };
}

function readTicket(ticket: Fields): Ticket {
  return {
    number: text(ticket['number']) ?? '',
    type: text(ticket['type']) ?? '',
    summary: text(ticket['summary']) ?? '',
    status: text(ticket['status']) ?? '',
    holdReason: text(ticket['hold_reason']),
    priority: text(ticket['priority']) ?? '',
    group: text(ticket['group']),
    openedAt: text(ticket['opened_at']) ?? '',
    changedAt: text(ticket['changed_at']) ?? '',
    mayReply: ticket['may_reply'] === true,
    mayReopen: ticket['may_reopen'] === true,
  };
}

function readEntry(entry: Fields): TicketEntry {
  const { number, author } = entry;
  return {
    number: isCount(number) ? number : 0,
    kind: text(entry['kind']) ?? '',
    at: text(entry['at']) ?? '',
    author: author === 'me' || author === 'team' || author === 'assistant' ? author : 'desk',
    text: text(entry['text']),
    status: text(entry['status']),
  };
}
