// One message as an element: who says it, what it says, and what belongs to it.

import type { Button, Line, Pending, Picture } from '../client/types.ts';
import { safeAddress } from './addresses.ts';
import { h } from './dom.ts';
import { icon } from './icon.ts';
import { formatted, link, verbatim } from './rendering.ts';
import type { Words } from './words.ts';

/** What a message can ask of whoever shows it. */
export interface LineHandlers {
  press(button: Button): void;
  openTicket(number: string): void;
  fillTicket(card: HTMLElement, number: string): void;
  showPicture(picture: Picture, box: HTMLButtonElement): void;
  retry(clientId: string): void;
  discard(clientId: string): void;
}

// A notice longer than this is shown by its beginning: what people came for must be in sight beside it.
const LONG_NOTICE = 280;

export function lineElement(line: Line, isFirst: boolean, words: Words, on: LineHandlers): HTMLElement {
  const at = new Date(line.at);
  // What the team says on a ticket is read like any other answer.
  const isNotice = line.author === 'desk' && !line.ticket;
  const article = h(
    'article',
    {
      class: `line ${line.author}${isFirst ? ' first' : ''}${isNotice ? ' notice' : ''}`,
      'data-seq': line.seq,
    },
    isFirst && byline(line, at, words),
    bubble(line, words, on),
    line.sources.length > 0 && sources(line, words),
    line.ticket && ticketCard(line.ticket, words, on),
  );
  if (line.buttons.length > 0) article.append(choices(line, words, on));
  return article;
}

/** A line that has not been recorded yet. */
export function pendingElement(
  pending: Pending,
  isOffline: boolean,
  words: Words,
  on: LineHandlers,
): HTMLElement {
  const isFailed = pending.state === 'failed';
  const why = isFailed && pending.why ? words.of('why_', pending.why, 'why_other') : '';
  return h(
    'div',
    { class: `line person ${pending.state}`, 'data-client-id': pending.clientId },
    h(
      'div',
      { class: 'bubble' },
      pending.file && pictureElement(pending.file, words, on),
      pending.text && verbatim(pending.text),
    ),
    h(
      'div',
      { class: 'fate' },
      isFailed && icon('alert'),
      h('span', {}, isFailed ? `${words.say('notSent')}. ${why}` : words.say(isOffline ? 'held' : 'sending')),
      isFailed &&
        h('button', { type: 'button', onclick: () => on.retry(pending.clientId) }, words.say('retry')),
      isFailed &&
        h('button', { type: 'button', onclick: () => on.discard(pending.clientId) }, words.say('discard')),
    ),
  );
}

/** Who a line is by, in words: a machine is called one, and a person too (AI Act, art. 50). */
export function authorName(line: Pick<Line, 'author' | 'agent'>, words: Words): string {
  switch (line.author) {
    case 'person':
      return words.say('you');
    case 'assistant':
      return words.say('assistant');
    case 'agent':
      return line.agent ? words.say('withAgent', { agent: line.agent }) : words.say('aPerson');
    case 'desk':
      return words.say('desk');
  }
}

function byline(line: Line, at: Date, words: Words): HTMLElement {
  const portrait = { assistant: 'spark', agent: 'person', desk: 'info', person: null } as const;
  const drawn = portrait[line.author];
  return h(
    'header',
    { class: 'byline' },
    drawn && h('span', { class: 'portrait' }, icon(drawn)),
    h('span', { class: line.author === 'person' ? 'unseen' : 'author' }, authorName(line, words)),
    h('time', { datetime: line.at, title: words.moment(at) }, words.time(at)),
  );
}

function bubble(line: Line, words: Words, on: LineHandlers): HTMLElement {
  const box = h('div', { class: 'bubble' }, line.file && pictureElement(line.file, words, on), body(line));
  if (line.notice && line.text.length > LONG_NOTICE) {
    box.classList.add('clamped');
    const unclamp = (): void => {
      box.classList.remove('clamped');
      more.remove();
    };
    const more = h('button', { type: 'button', class: 'show-all', onclick: unclamp }, words.say('showAll'));
    box.append(more);
  }
  return box;
}

function body(line: Line): HTMLElement | null {
  if (!line.text) return null;
  return line.author === 'person' ? verbatim(line.text) : formatted(line.text);
}

function sources(line: Line, words: Words): HTMLElement {
  const cards = line.sources.map((source) => {
    const href = safeAddress(source.url, location.origin);
    const inside = [
      icon('article'),
      h('span', {}, h('small', {}, words.say('sources')), source.title),
      h('span', { class: 'unseen' }, ` ${words.say('newTab')}`),
    ];
    return h('li', {}, href ? link(href, inside) : h('span', {}, ...inside));
  });
  return h('ul', { class: 'sources' }, ...cards);
}

function ticketCard(number: string, words: Words, on: LineHandlers): HTMLElement {
  const card = h(
    'button',
    {
      type: 'button',
      class: 'ticket-card',
      onclick: () => on.openTicket(number),
    },
    icon('ticket'),
    h('span', { class: 'unseen' }, `${words.say('openTicket')} `),
    h('strong', {}, number),
    h('span', { class: 'ticket-more' }),
  );
  on.fillTicket(card, number);
  return card;
}

function pictureElement(picture: Picture, words: Words, on: LineHandlers): HTMLElement {
  const box = h('button', {
    type: 'button',
    class: 'picture',
    disabled: true,
    'aria-label': words.say('showPicture', { name: picture.name }),
  });
  // Its place is kept, so that nothing jumps when it arrives.
  box.style.aspectRatio = `${picture.width} / ${picture.height}`;
  on.showPicture(picture, box);
  return box;
}

function choices(line: Line, words: Words, on: LineHandlers): HTMLElement {
  const buttons = line.buttons.map((button) =>
    h('button', { type: 'button', class: 'choice', onclick: () => on.press(button) }, button.title),
  );
  return h('div', { class: 'choices', role: 'group', 'aria-label': words.say('choices') }, ...buttons);
}
