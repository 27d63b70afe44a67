// The conversation as it is read: every message once, in order, and the end in sight.

import type { ChatState, Line } from '../client/types.ts';
import { h, setText, toggle } from './dom.ts';
import { icon } from './icon.ts';
import { authorName, type LineHandlers, lineElement, pendingElement } from './line.ts';
import type { Words } from './words.ts';

const GROUP_MS = 5 * 60_000;
const NEAR_PX = 90;
const MARGIN_PX = 12;

export class ChatLog extends HTMLElement {
  #words!: Words;
  #on!: LineHandlers;
  readonly #shown = new Map<number, HTMLElement>();
  #last: Line | null = null;
  #drawnPending = '';
  readonly #lines = h('div', {
    class: 'lines',
    role: 'log',
    'aria-live': 'polite',
    'aria-relevant': 'additions',
  });
  readonly #sent = h('p', { class: 'fate sent', hidden: true });
  readonly #pending = h('div', { class: 'pending' });
  readonly #typing = h('div', { class: 'typing', hidden: true }, h('i'), h('i'), h('i'), h('span'));
  readonly #scroller = h(
    'div',
    { class: 'scroller', tabindex: 0 },
    this.#lines,
    this.#sent,
    this.#pending,
    this.#typing,
  );
  readonly #newer = h('button', {
    type: 'button',
    class: 'newer',
    hidden: true,
    onclick: () => this.toEnd(),
  });
  #endless = new ResizeObserver(() => {
    this.#height = this.#scroller.scrollHeight;
    if (this.#isAtEnd && !this.#isUnanswered) this.toEnd();
  });
  #isAtEnd = true;
  #height = 0;
  /** The person has said nothing yet: a welcome stays where it is, at its top. */
  #isUnanswered = true;
  #isLoaded = false;

  /** Once, before anything is drawn; `top` stands above the first message, `bottom` below the last one on file. */
  begin(words: Words, on: LineHandlers, top: HTMLElement, bottom: HTMLElement): void {
    this.#words = words;
    this.#on = on;
    this.#lines.setAttribute('aria-label', words.say('messages'));
    this.#newer.replaceChildren(icon('down'), words.say('newMessages'));
    this.#scroller.prepend(top);
    this.#sent.after(bottom);
    this.#sent.replaceChildren(icon('check'), words.say('sent'));
    // An end that has moved away since the last look was not left by the person.
    const scrolled = () => this.#scroller.scrollHeight === this.#height && this.#scrolled();
    this.#scroller.addEventListener('scroll', scrolled, { passive: true });
    this.replaceChildren(this.#scroller, this.#newer);
    // What arrives late, a picture or a ticket's state, must not push the end out of sight.
    this.#endless.observe(this.#scroller);
    this.#endless.observe(this.#lines);
  }

  disconnectedCallback(): void {
    this.#endless.disconnect();
  }

  override focus(): void {
    this.#scroller.focus();
  }

  draw(state: ChatState): void {
    // As it is, not as it was at the last scrolling: two changes may come before the browser tells of it.
    const wasAtEnd = this.#isNearEnd();
    const hadPending = this.#pending.childElementCount;
    const fresh = state.lines.slice(this.#shown.size);
    const first = this.#drawLines(state.lines);
    // A history that comes in parts is shown by its end, not by the top of its last part.
    const isBeginning = !this.#isLoaded;
    this.#isLoaded ||= state.lines.length > 0 && !state.isBehind;
    this.#drawPending(state);
    toggle(this.#sent, state.lines.at(-1)?.author === 'person' && state.pending.length === 0);
    this.#drawChoices(state);
    this.#drawTyping(state);
    const hasMyLine = this.#pending.childElementCount > hadPending;
    this.#isUnanswered = !state.pending.length && !state.lines.some((line) => line.author === 'person');
    if (this.#isUnanswered && isBeginning) this.#scroller.scrollTop = 0;
    else if (this.#isUnanswered && !first) return;
    else if (hasMyLine || isBeginning) this.toEnd();
    // Whoever has written wants to see what becomes of it, wherever they were reading.
    else if (wasAtEnd || fresh.some((line) => line.author === 'person')) this.#follow(first);
    else if (first) toggle(this.#newer, true);
  }

  /** The newest line in sight. */
  toEnd(): void {
    this.#scroller.scrollTop = this.#scroller.scrollHeight;
    this.#scrolled();
  }

  #drawLines(lines: readonly Line[]): HTMLElement | null {
    const isOther = this.#last && lines[this.#shown.size - 1]?.seq !== this.#last.seq;
    if (lines.length < this.#shown.size || isOther) this.#clear();
    let first: HTMLElement | null = null;
    for (const line of lines.slice(this.#shown.size)) {
      const element = lineElement(line, this.#isFirst(line), this.#words, this.#on);
      // Lines about one ticket that follow each other have one card, below the last.
      if (line.ticket && line.ticket === this.#last?.ticket) {
        this.#shown.get(this.#last.seq)?.querySelector('.ticket-card')?.setAttribute('hidden', '');
      }
      if (this.#isNewDay(line)) this.#lines.append(this.#dayOf(line));
      this.#lines.append(element);
      this.#shown.set(line.seq, element);
      this.#last = line;
      first ??= element;
    }
    return first;
  }

  #clear(): void {
    this.#lines.replaceChildren();
    this.#shown.clear();
    this.#last = null;
    this.#isLoaded = false;
  }

  #isFirst(line: Line): boolean {
    const before = this.#last;
    if (!before || before.author !== line.author || before.agent !== line.agent) return true;
    return Date.parse(line.at) - Date.parse(before.at) > GROUP_MS || this.#isNewDay(line);
  }

  #isNewDay(line: Line): boolean {
    const before = this.#last ? new Date(this.#last.at) : new Date();
    return before.toDateString() !== new Date(line.at).toDateString();
  }

  #dayOf(line: Line): HTMLElement {
    return h('p', { class: 'day' }, this.#words.day(new Date(line.at)));
  }

  #drawPending(state: ChatState): void {
    const isOffline = state.phase === 'offline';
    const fates = state.pending.map(({ clientId, state: fate, why, file }) => [
      clientId,
      fate,
      why,
      file?.id,
    ]);
    const now = JSON.stringify([isOffline, fates]);
    if (now === this.#drawnPending) return;
    this.#drawnPending = now;
    this.#pending.replaceChildren(
      ...state.pending.map((each) => pendingElement(each, isOffline, this.#words, this.#on)),
    );
  }

  /** What was offered before the person's last line is not on offer any more. */
  #drawChoices(state: ChatState): void {
    const spoken = state.lines.findLast((line) => line.author === 'person')?.seq ?? 0;
    const isSpeaking = state.pending.some((each) => each.state === 'sending');
    for (const [seq, element] of this.#shown) {
      const box = element.querySelector<HTMLElement>('.choices');
      if (box) toggle(box, seq > spoken && !isSpeaking && state.speaker === 'assistant');
    }
  }

  #drawTyping(state: ChatState): void {
    const label = this.#typing.lastElementChild as HTMLElement;
    const author = state.typing?.author;
    if (author && author !== 'person') {
      const name = state.agent ?? authorName({ author: author as Line['author'], agent: null }, this.#words);
      setText(label, this.#words.say('typing', { author: name }));
    } else setText(label, this.#words.say('thinking'));
    const isThinking = state.thinking && state.speaker === 'assistant' && state.phase === 'online';
    toggle(this.#typing, isThinking || (author !== undefined && author !== 'person'));
  }

  /** Scroll to the end, but never past the beginning of what is new: it is read from its top. */
  #follow(first: HTMLElement | null): void {
    const end = this.#scroller.scrollHeight - this.#scroller.clientHeight;
    const top = first ? first.offsetTop - MARGIN_PX : end;
    this.#scroller.scrollTop = Math.min(end, top);
    this.#scrolled();
  }

  #scrolled(): void {
    this.#isAtEnd = this.#isNearEnd();
    if (this.#isAtEnd) toggle(this.#newer, false);
  }

  #isNearEnd(): boolean {
    const { scrollHeight, scrollTop, clientHeight } = this.#scroller;
    return scrollHeight - scrollTop - clientHeight < NEAR_PX;
  }
}
customElements.define('chat-log', ChatLog);
