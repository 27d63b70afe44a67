// "My tickets": the list, and one ticket with its history, a reply and, when it was closed too early, a reopening.

import { randomId } from '../chat/client/surroundings.ts';
import type { Chat, Ticket, TicketDetails, TicketEntry, TicketFile } from '../chat/client/types.ts';
import { h, setText, toggle } from '../chat/view/dom.ts';
import { icon } from '../chat/view/icon.ts';
import { formatted, verbatim } from '../chat/view/rendering.ts';
import type { Words } from '../chat/view/words.ts';
import { save } from './transcript.ts';

export interface TicketsHandlers {
  open(number: string): void;
  why(error: unknown): string;
}

const FINISHED = new Set(['resolved', 'closed', 'cancelled']);

export class WidgetTickets extends HTMLElement {
  #words!: Words;
  #chat!: Chat;
  #on!: TicketsHandlers;
  /** What is shown: answers to what was asked before are nobody's any more. */
  #showing = 0;

  begin(words: Words, chat: Chat, on: TicketsHandlers): void {
    this.#words = words;
    this.#chat = chat;
    this.#on = on;
    this.classList.add('page');
  }

  async list(): Promise<void> {
    await this.#load(
      () => this.#chat.tickets(),
      (tickets) => this.#drawList(tickets),
    );
  }

  async ticket(number: string): Promise<void> {
    await this.#load(
      () => this.#chat.ticket(number),
      (ticket) => this.#drawTicket(ticket),
    );
  }

  /** Nothing of anybody's is shown, nor what is still on its way. */
  clear(): void {
    this.#showing += 1;
    this.replaceChildren();
  }

  async #load<Found>(ask: () => Promise<Found>, draw: (found: Found) => void): Promise<void> {
    this.clear();
    const showing = this.#showing;
    this.append(h('p', { class: 'quiet', role: 'status' }, this.#words.say('loading')));
    try {
      const found = await ask();
      if (showing === this.#showing) draw(found);
    } catch (error) {
      if (showing !== this.#showing) return;
      const again = (): void => void this.#load(ask, draw);
      this.replaceChildren(
        h(
          'p',
          { class: 'trouble', role: 'alert' },
          this.#words.say('ticketsFailed'),
          ` ${this.#on.why(error)}`,
        ),
        h('button', { type: 'button', class: 'choice', onclick: again }, this.#words.say('tryAgain')),
      );
    }
  }

  #drawList(tickets: readonly Ticket[]): void {
    if (tickets.length === 0) {
      this.replaceChildren(h('p', { class: 'empty' }, icon('ticket'), this.#words.say('ticketsEmpty')));
      return;
    }
    const done = tickets.filter((each) => FINISHED.has(each.status));
    const open = tickets.filter((each) => !FINISHED.has(each.status));
    this.replaceChildren(...this.#group('ticketsOpen', open), ...this.#group('ticketsDone', done));
  }

  #group(name: 'ticketsOpen' | 'ticketsDone', tickets: readonly Ticket[]): HTMLElement[] {
    if (tickets.length === 0) return [];
    const rows = tickets.map((each) => h('li', {}, this.#row(each)));
    return [h('h2', {}, this.#words.say(name)), h('ul', { class: 'tickets' }, ...rows)];
  }

  #row(ticket: Ticket): HTMLElement {
    const open = (): void => this.#on.open(ticket.number);
    return h(
      'button',
      { type: 'button', class: 'ticket-row', onclick: open },
      h('span', { class: 'top' }, h('strong', {}, ticket.number), pill(ticket, this.#words)),
      h('span', { class: 'summary' }, ticket.summary),
      h('small', {}, this.#words.say('changed', { at: this.#words.moment(new Date(ticket.changedAt)) })),
    );
  }

  #drawTicket(ticket: TicketDetails): void {
    const words = this.#words;
    const hold = ticket.holdReason ? words.of('hold_', ticket.holdReason, 'status_on_hold') : null;
    const history = ticket.entries.map((entry) => h('li', {}, this.#entry(entry)));
    this.replaceChildren(
      h('p', { class: 'top' }, h('strong', {}, ticket.number), pill(ticket, words)),
      h('h2', { tabindex: -1 }, ticket.summary),
      ...(hold ? [h('p', { class: 'hold' }, icon('clock'), hold)] : []),
      this.#facts(ticket),
      ...[ticket.description, ticket.details ?? '']
        .filter((text) => text && text !== ticket.summary)
        .map(verbatim),
      h('h3', {}, words.say('history')),
      h('ol', { class: 'history' }, ...history),
      ...this.#forms(ticket),
    );
  }

  #facts(ticket: TicketDetails): HTMLElement {
    const words = this.#words;
    const rows: [string, string][] = [
      [words.say('opened'), words.moment(new Date(ticket.openedAt))],
      [words.say('priority'), words.of('priority_', ticket.priority, 'kind_other')],
      [words.say('group'), ticket.group ?? ''],
    ];
    const shown = rows.filter(([, value]) => value);
    return h('dl', {}, ...shown.map(([name, value]) => h('div', {}, h('dt', {}, name), h('dd', {}, value))));
  }

  #entry(entry: TicketEntry): HTMLElement {
    const words = this.#words;
    const at = new Date(entry.at);
    const what = entry.status
      ? words.of('status_', entry.status, 'kind_other')
      : words.of('kind_', entry.kind, 'kind_other');
    const text = entry.text && (entry.author === 'me' ? verbatim(entry.text) : formatted(entry.text));
    return h(
      'div',
      { class: `entry ${entry.author}` },
      h(
        'p',
        { class: 'byline' },
        h('strong', {}, words.say(`by_${entry.author}`)),
        ` · ${what} · `,
        h('time', { datetime: entry.at }, words.moment(at)),
      ),
      text,
      ...(entry.file ? this.#file(entry.file) : []),
    );
  }

  /** What fetches a file, as who one is, and how that goes. */
  #file({ name, bytes, path }: TicketFile): HTMLElement[] {
    const fate = h('p', { role: 'status' });
    let isOnItsWay = false;
    const fetch = async (): Promise<void> => {
      if (isOnItsWay) return;
      isOnItsWay = true;
      setText(fate, this.#words.say('loading'));
      let why = '';
      try {
        const file = await this.#chat.file(path);
        // Whoever is here now may be somebody else.
        if (fate.isConnected) save(file, name);
      } catch (error) {
        why = this.#on.why(error);
      }
      setText(fate, why);
      isOnItsWay = false;
    };
    return [
      h(
        'button',
        { type: 'button', class: 'choice', onclick: () => void fetch() },
        icon('save'),
        ` ${name}, ${this.#words.kilobytes(bytes)}`,
      ),
      fate,
    ];
  }

  #forms(ticket: TicketDetails): HTMLElement[] {
    if (ticket.mayReply)
      return [
        this.#form(ticket.number, 'reply', (id, text) => this.#chat.replyTicket(ticket.number, id, text)),
      ];
    if (ticket.mayReopen)
      return [
        this.#form(ticket.number, 'reopen', (id, text) => this.#chat.reopenTicket(ticket.number, id, text)),
      ];
    return [];
  }

  #form(
    number: string,
    kind: 'reply' | 'reopen',
    act: (clientId: string, text: string) => Promise<{ ticket: TicketDetails }>,
  ): HTMLElement {
    const words = this.#words;
    const id = `guichet-${kind}-${number}`;
    const box = h('textarea', { id, rows: 3, required: true, placeholder: words.say(`${kind}Placeholder`) });
    const button = h('button', { type: 'submit', class: 'choice yes' }, words.say(`${kind}Send`));
    const fate = h('p', { role: 'status', hidden: true });
    // The same id at every try of the same text: whatever gets lost on the way, it is written once.
    let clientId = randomId();
    const submit = async (event: Event): Promise<void> => {
      event.preventDefault();
      if (!box.value.trim() || button.disabled) return;
      button.disabled = true;
      const showing = this.#showing;
      try {
        const done = await act(clientId, box.value.trim());
        if (showing !== this.#showing) return;
        this.#drawTicket(done.ticket);
        this.prepend(
          h(
            'p',
            { class: 'done', role: 'status' },
            icon('check'),
            words.say(kind === 'reply' ? 'added' : 'reopened'),
          ),
        );
        this.scrollTop = 0;
        // The form is gone, and with it the focus.
        this.querySelector('h2')?.focus();
      } catch (error) {
        button.disabled = false;
        setText(fate, this.#on.why(error));
        toggle(fate, true);
      }
    };
    box.addEventListener('input', () => {
      clientId = randomId();
    });
    return h(
      'form',
      { class: 'ticket-form', onsubmit: (event: Event) => void submit(event) },
      h('label', { for: id }, words.say(`${kind}Label`)),
      box,
      fate,
      button,
    );
  }
}
customElements.define('widget-tickets', WidgetTickets);

/** Where a ticket stands, in a word and a colour. */
export function pill(ticket: Pick<Ticket, 'status'>, words: Words): HTMLElement {
  return h('span', { class: `pill ${ticket.status}` }, words.of('status_', ticket.status, 'kind_other'));
}
