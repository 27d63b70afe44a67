// The top of the widget: who answers, and the ways to everything else.

import type { ChatState } from '../chat/client/types.ts';
import { h, setText, toggle } from '../chat/view/dom.ts';
import { icon } from '../chat/view/icon.ts';
import type { IconName } from '../chat/view/icons.ts';
import type { Key, Words } from '../chat/view/words.ts';
import type { Config } from './config.ts';

export interface HeaderHandlers {
  back(): void;
  tickets(): void;
  widen(): void;
  close(): void;
}

export class WidgetHeader extends HTMLElement {
  #words!: Words;
  readonly #name = h('h1');
  readonly #status = h('p', { class: 'status' });
  #back!: HTMLButtonElement;
  #tickets!: HTMLButtonElement;
  #wide: HTMLButtonElement | null = null;

  begin(words: Words, config: Config, on: HeaderHandlers, menu: HTMLElement): void {
    this.#words = words;
    const isFramed = config.host !== null;
    const logo = config.logo
      ? h('img', { class: 'logo', src: config.logo, alt: '' })
      : h('span', { class: 'logo' }, icon('chat'));
    setText(this.#name, config.name);
    this.#back = tool('back', 'goBack', words, on.back);
    this.#tickets = tool('ticket', 'tickets', words, on.tickets);
    this.#wide = isFramed ? tool('widen', 'widen', words, on.widen) : null;
    this.#wide?.classList.add('widen');
    this.replaceChildren(
      this.#back,
      logo,
      h('div', { class: 'names' }, this.#name, this.#status),
      this.#tickets,
      menu,
      ...(this.#wide ? [this.#wide] : []),
      ...(isFramed ? [tool('close', 'close', words, on.close)] : []),
    );
  }

  /** `title` is that of a view other than the conversation. */
  draw(state: ChatState, title: string | null, isWide: boolean): void {
    toggle(this.#back, title !== null);
    toggle(this.#tickets, title === null && state.conversation !== null);
    setText(this.#status, title ?? this.#speaking(state));
    this.dataset['speaker'] = title !== null ? '' : state.phase === 'online' ? state.speaker : state.phase;
    if (this.#wide) {
      this.#wide.replaceChildren(icon(isWide ? 'narrow' : 'widen'));
      const said = this.#words.say(isWide ? 'narrow' : 'widen');
      this.#wide.setAttribute('aria-label', said);
      this.#wide.title = said;
    }
  }

  #speaking(state: ChatState): string {
    const words = this.#words;
    if (state.phase === 'connecting') return words.say('connecting');
    if (state.speaker === 'agent')
      return state.agent ? words.say('withAgent', { agent: state.agent }) : words.say('aPerson');
    return words.say(state.speaker === 'waiting' ? 'waiting' : 'assistant');
  }
}
customElements.define('widget-header', WidgetHeader);

/** A button that is a picture; its name is said and shown at its side. */
export function tool(picture: IconName, name: Key, words: Words, act: () => void): HTMLButtonElement {
  const said = words.say(name);
  return h(
    'button',
    { type: 'button', class: 'tool', 'aria-label': said, title: said, onclick: act },
    icon(picture),
  );
}
