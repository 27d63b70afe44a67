// Everything that is not needed often, behind one button.

import type { ChatState } from '../chat/client/types.ts';
import { h, setText, toggle } from '../chat/view/dom.ts';
import { icon } from '../chat/view/icon.ts';
import type { IconName } from '../chat/view/icons.ts';
import type { Key, Words } from '../chat/view/words.ts';
import { type Language, NAMES } from '../texts/texts.ts';
import type { Config } from './config.ts';
import { tool } from './header.ts';

export interface MenuHandlers {
  restart(): void;
  language(language: Language): void;
  sound(): void;
  download(): void;
  leave(): void;
}

export class WidgetMenu extends HTMLElement {
  #words!: Words;
  #button!: HTMLButtonElement;
  readonly #list = h('div', { class: 'menu', id: 'guichet-menu', hidden: true });
  readonly #who = h('p', { class: 'who' });
  #sound!: HTMLButtonElement;
  #inConversation: HTMLButtonElement[] = [];

  begin(words: Words, config: Config, on: MenuHandlers): void {
    this.#words = words;
    this.#button = tool('more', 'more', words, () => this.#show(this.#list.hasAttribute('hidden')));
    this.#button.setAttribute('aria-controls', 'guichet-menu');
    const restart = this.#item('again', 'restart', on.restart);
    const save = this.#item('save', 'download', on.download);
    const leave = this.#item('leave', 'leave', on.leave);
    this.#inConversation = [restart, save, leave];
    this.#sound = this.#item('sound', 'sound', on.sound, false);
    const privacy = h(
      'a',
      { class: 'item', href: noticeIn(config.privacy, words.language), target: '_blank', rel: 'noopener' },
      icon('lock'),
      h('span', {}, words.say('privacy'), h('span', { class: 'unseen' }, ` ${words.say('newTab')}`)),
    );
    this.#list.replaceChildren(
      this.#who,
      restart,
      ...this.#languages(config, on),
      this.#sound,
      save,
      privacy,
      leave,
    );
    this.replaceChildren(this.#button, this.#list);
    this.addEventListener('focusout', (event) => {
      if (event.relatedTarget instanceof Node && !this.contains(event.relatedTarget)) this.#show(false);
    });
    document.addEventListener('pointerdown', this.#outside);
    this.#show(false);
  }

  disconnectedCallback(): void {
    document.removeEventListener('pointerdown', this.#outside);
  }

  draw(state: ChatState, hasSound: boolean): void {
    const { person } = state;
    const name = person?.verified ? (person.name ?? person.email) : null;
    setText(this.#who, name ? this.#words.say('signedIn', { name }) : this.#words.say('claimed'));
    toggle(this.#who, person !== null);
    for (const item of this.#inConversation) toggle(item, state.conversation !== null);
    this.#sound.setAttribute('aria-pressed', String(hasSound));
  }

  /** Closes it; returns whether it was open. */
  dismiss(): boolean {
    if (this.#list.hidden) return false;
    this.#show(false);
    this.#button.focus();
    return true;
  }

  override focus(): void {
    this.#button.focus();
  }

  #languages(config: Config, on: MenuHandlers): HTMLElement[] {
    return config.languages
      .filter((each) => each !== this.#words.language)
      .map((each) => {
        const item = this.#item('globe', 'language', () => on.language(each));
        const name = h('span', { lang: each }, NAMES[each]);
        item.lastElementChild?.replaceChildren(name);
        return item;
      });
  }

  #item(picture: IconName, name: Key, act: () => void, closes = true): HTMLButtonElement {
    const chosen = (): void => {
      if (closes) this.dismiss();
      act();
    };
    const said = h('span', {}, this.#words.say(name));
    return h('button', { type: 'button', class: 'item', onclick: chosen }, icon(picture), said);
  }

  #show(isShown: boolean): void {
    toggle(this.#list, isShown);
    this.#button.setAttribute('aria-expanded', String(isShown));
    if (isShown) this.#list.querySelector<HTMLElement>('.item:not([hidden])')?.focus();
  }

  readonly #outside = (event: Event): void => {
    if (event.target instanceof Node && !this.contains(event.target)) this.#show(false);
  };
}
customElements.define('widget-menu', WidgetMenu);

/** Our own page is told the language; an organisation's own address stays as it was given. */
function noticeIn(address: string, language: Language): string {
  const url = new URL(address, location.origin);
  if (url.origin === location.origin) url.searchParams.set('lang', language);
  return url.href;
}
