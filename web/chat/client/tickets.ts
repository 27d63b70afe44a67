// A person's tickets as the desk tells them.

import { ChatError } from './errors.ts';
import { count, type Fields, fields, isCount, rows, string, text } from './frames.ts';
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
    description: string(ticket['description']),
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
    number: string(ticket['number']),
    type: string(ticket['type']),
    summary: string(ticket['summary']),
    status: string(ticket['status']),
    holdReason: text(ticket['hold_reason']),
    priority: string(ticket['priority']),
    group: text(ticket['group']),
    openedAt: string(ticket['opened_at']),
    changedAt: string(ticket['changed_at']),
    mayReply: ticket['may_reply'] === true,
    mayReopen: ticket['may_reopen'] === true,
  };
}

function readEntry(entry: Fields): TicketEntry {
  const { number, author } = entry;
  const { name, bytes, path } = fields(entry['file']);
  return {
    number: count(number),
    kind: string(entry['kind']),
    at: string(entry['at']),
    author: author === 'me' || author === 'team' || author === 'assistant' ? author : 'desk',
    text: text(entry['text']),
    status: text(entry['status']),
    file: text(path) ? { name: string(name), bytes: count(bytes), path: string(path) } : null,
  };
}
