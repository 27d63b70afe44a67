// The widget: one client, and the views of its state.

import { ChatError } from '../chat/client/errors.ts';
import type { Chat, ChatState } from '../chat/client/types.ts';
import { ChatComposer } from '../chat/view/composer.ts';
import { h, setText, toggle } from '../chat/view/dom.ts';
import type { LineHandlers } from '../chat/view/line.ts';
import { ChatLog } from '../chat/view/log.ts';
import { Pictures } from '../chat/view/pictures.ts';
import { Words } from '../chat/view/words.ts';
import { fetchTexts, type Language, spoken } from '../texts/texts.ts';
import type { Config } from './config.ts';
import { confirmed } from './confirm.ts';
import { listenToDrops } from './drops.ts';
import { WidgetHeader } from './header.ts';
import { WidgetMenu } from './menu.ts';
import { noticeOf } from './notice.ts';
import { pill, WidgetTickets } from './tickets.ts';
import { save, transcript } from './transcript.ts';
import { WidgetWelcome } from './welcome.ts';
import { whyOf } from './why.ts';

export type View = { name: 'chat' } | { name: 'tickets' } | { name: 'ticket'; number: string; from: View };

export interface Outside {
  close(): void;
  widen(on: boolean): void;
  /** Nothing is to be remembered on this device. */
  forget(): void;
  /** The widget speaks another language from now on. */
  spoke(words: Words): void;
  sound: { isOn: boolean; toggle(): void };
}

const CHAT: View = { name: 'chat' };

export class WidgetApp extends HTMLElement {
  #chat!: Chat;
  #config!: Config;
  #outside!: Outside;
  #words!: Words;
  #pictures!: Pictures;
  #view: View = CHAT;
  #isWide = false;
  #wanted: Language | null = null;
  #hadConversation: string | null = null;
  #header = new WidgetHeader();
  #menu = new WidgetMenu();
  #welcome!: WidgetWelcome;
  #log = new ChatLog();
  readonly #composer = new ChatComposer();
  #tickets = new WidgetTickets();
  readonly #notice = h('p', { class: 'banner', role: 'status', hidden: true });
  readonly #refusal = h('p', { class: 'refusal', role: 'alert', hidden: true });

  /** Ready to be shown when it returns: its texts are there. */
  async begin(chat: Chat, config: Config, language: Language, outside: Outside): Promise<void> {
    this.#chat = chat;
    this.#config = config;
    this.#outside = outside;
    this.#pictures = new Pictures(
      (id) => chat.picture(id),
      () => this.#words,
    );
    this.#composer.begin(this.#composerHandlers());
    this.append(this.#composer);
    this.#speak(new Words(language, await fetchTexts(language)));
    chat.subscribe((state) => this.#draw(state));
    this.setAttribute('role', 'main');
    this.addEventListener('keydown', (event) => this.#key(event));
    if (config.files) {
      const label = (): string => this.#words.say('dropHere');
      listenToDrops(this, label, (file) => void this.#composer.take(file));
    }
  }

  /** What the person asked of the host: be there, and ready to be written in. */
  show(): void {
    this.#chat.open();
    this.#draw(this.#chat.state);
    this.focus();
  }

  /** The host page's language, until the conversation has one of its own. */
  suggest(code: string): void {
    const language = spoken(code, this.#config.languages);
    if (language) this.#chat.suggestLanguage(language);
  }

  /** One step out: a menu, a view, then the widget itself. */
  retreat(): void {
    if (this.#menu.dismiss()) return;
    if (this.#view.name === 'ticket') this.#go(this.#view.from);
    else if (this.#view.name === 'tickets') this.#go(CHAT);
    else this.#outside.close();
  }

  /** Ready to write; but on a touch screen the keyboard would cover what is there to read. */
  override focus(): void {
    if (this.#view.name !== 'chat') return;
    if (matchMedia('(hover: none)').matches) this.#log.focus();
    else this.#composer.focus();
  }

  /** Go on in another language, as soon as its texts are there; without them everything stays as it is. */
  async #turnTo(language: Language): Promise<void> {
    if (this.#wanted === language) return;
    this.#wanted = language;
    const texts = await fetchTexts(language).catch(() => null);
    if (this.#wanted !== language) return;
    this.#wanted = null;
    if (texts && language !== this.#words.language) this.#speak(new Words(language, texts));
  }

  /** Everything anew in a language, except where a line is written: what is typed, attached or on its way stays. */
  #speak(words: Words): void {
    this.#words = words;
    document.documentElement.lang = words.language;
    const focused = document.activeElement;
    const losesFocus = this.contains(focused) && !this.#composer.contains(focused);
    for (const part of [this.#header, this.#log, this.#tickets]) part.remove();
    this.#header = new WidgetHeader();
    this.#menu = new WidgetMenu();
    this.#log = new ChatLog();
    this.#tickets = new WidgetTickets();
    this.#menu.begin(this.#words, this.#config, this.#menuHandlers());
    this.#header.begin(this.#words, this.#config, this.#headerHandlers(), this.#menu);
    this.#welcome = new WidgetWelcome(this.#words, this.#config, (text) => this.#ask(text));
    this.#log.begin(this.#words, this.#lineHandlers(), this.#welcome.top, this.#welcome.bottom);
    this.#composer.speak(this.#words);
    this.#tickets.begin(this.#words, this.#chat, {
      open: (number) => this.#go({ name: 'ticket', number, from: { name: 'tickets' } }),
      why: (error) => this.#why(error),
    });
    this.prepend(this.#header, this.#notice, this.#refusal, this.#log, this.#tickets);
    this.#outside.spoke(this.#words);
    this.#go(this.#view, losesFocus);
  }

  #draw(state: ChatState): void {
    const language = spoken(state.language, this.#config.languages);
    if (language && language !== this.#words.language) void this.#turnTo(language);
    if (state.conversation !== this.#hadConversation) {
      if (this.#hadConversation !== null) this.#leaveBehind();
      this.#hadConversation = state.conversation;
      // What was kept of a line is known only now; what somebody else wrote is not theirs.
      this.#composer.text = state.draft;
      if (this.#view.name !== 'chat') this.#go(CHAT, false);
    }
    this.#composer.limit = state.characters;
    this.#header.draw(state, this.#viewTitle(), this.#isWide);
    this.#menu.draw(state, this.#outside.sound.isOn);
    this.#welcome.draw(state);
    this.#log.draw(state);
    this.#drawNotice(state);
    this.#drawRefusal(state);
  }

  /** Another conversation, perhaps another person's: nothing of the one before stays in sight or on its way. */
  #leaveBehind(): void {
    for (const dialog of document.querySelectorAll('dialog')) dialog.close();
    this.#composer.detach();
    this.#tickets.clear();
    this.#pictures.clear();
  }

  #viewTitle(): string | null {
    if (this.#view.name === 'chat') return null;
    return this.#view.name === 'tickets' ? this.#words.say('tickets') : this.#view.number;
  }

  #drawNotice(state: ChatState): void {
    const text = noticeOf(state, this.#words);
    setText(this.#notice, text);
    toggle(this.#notice, text !== '');
    this.#notice.dataset['kind'] = state.phase === 'offline' ? 'offline' : state.speaker;
  }

  #drawRefusal(state: ChatState): void {
    const isRefused = state.phase === 'refused';
    setText(this.#refusal, isRefused ? this.#words.of('refused_', state.refusal, 'refused_other') : '');
    toggle(this.#refusal, isRefused);
    toggle(this.#composer, this.#view.name === 'chat' && !isRefused);
    toggle(this.#log, this.#view.name === 'chat' && !(isRefused && state.lines.length === 0));
  }

  #go(view: View, moves = true): void {
    this.#view = view;
    toggle(this.#tickets, view.name !== 'chat');
    if (view.name === 'tickets') void this.#tickets.list();
    if (view.name === 'ticket') void this.#tickets.ticket(view.number);
    this.#draw(this.#chat.state);
    if (!moves) return;
    if (view.name === 'chat') this.focus();
    else this.#header.querySelector<HTMLElement>('.tool:not([hidden])')?.focus();
  }

  #ask(text: string): void {
    this.#chat.send(text);
    this.focus();
  }

  #key(event: KeyboardEvent): void {
    if (event.key !== 'Escape' || event.defaultPrevented || document.querySelector('dialog[open]')) return;
    event.preventDefault();
    this.retreat();
  }

  #headerHandlers(): Parameters<WidgetHeader['begin']>[2] {
    return {
      back: () => this.retreat(),
      tickets: () => this.#go({ name: 'tickets' }),
      widen: () => {
        this.#isWide = !this.#isWide;
        this.#outside.widen(this.#isWide);
        this.#draw(this.#chat.state);
      },
      close: () => this.#outside.close(),
    };
  }

  #menuHandlers(): Parameters<WidgetMenu['begin']>[2] {
    const sure = (question: 'restartSure' | 'leaveSure', act: () => void) => async (): Promise<void> => {
      if (await confirmed(this.#words.say(question), this.#words)) act();
      this.focus();
    };
    return {
      restart: () => void sure('restartSure', () => this.#chat.restart())(),
      leave: () => void sure('leaveSure', () => void this.#forget())(),
      language: (language) => {
        this.#chat.setLanguage(language);
        void this.#turnTo(language).then(() => this.#menu.focus());
      },
      sound: () => {
        this.#outside.sound.toggle();
        this.#draw(this.#chat.state);
      },
      download: () => {
        const day = new Date().toISOString().slice(0, 10);
        save(transcript(this.#chat.state, this.#config.name, this.#words), `guichet-${day}.txt`);
      },
    };
  }

  async #forget(): Promise<void> {
    await this.#chat.leave();
    this.#outside.forget();
    this.#go(CHAT, false);
    this.#outside.close();
  }

  #composerHandlers(): Parameters<ChatComposer['begin']>[0] {
    const chat = this.#chat;
    const config = this.#config;
    return {
      send: (text, picture) => {
        // Whoever was forgotten here, or is not known any more, begins anew by writing.
        if (chat.state.phase === 'idle') chat.open();
        chat.send(text, picture);
      },
      typing: () => chat.typing(),
      draft: (text) => chat.keepDraft(text),
      upload: config.files ? (file) => this.#upload(file) : null,
      why: (error) => this.#why(error),
    };
  }

  async #upload(file: File): Promise<Awaited<ReturnType<Chat['upload']>>> {
    if (this.#config.files && file.size > this.#config.files.max_bytes)
      throw new ChatError('picture_too_large');
    return this.#chat.upload(file, file.name);
  }

  #lineHandlers(): LineHandlers {
    const chat = this.#chat;
    return {
      press: (button) => {
        chat.press(button);
        this.focus();
      },
      openTicket: (number) => this.#go({ name: 'ticket', number, from: CHAT }),
      fillTicket: (card, number) => void this.#fillTicket(card, number),
      showPicture: (picture, box) => this.#pictures.show(picture, box),
      retry: (clientId) => chat.retry(clientId),
      discard: (clientId) => chat.discard(clientId),
    };
  }

  /** What a card shows beside the number comes a moment later, and is missed by nobody when it does not. */
  async #fillTicket(card: HTMLElement, number: string): Promise<void> {
    const ticket = await this.#chat.ticket(number).catch(() => null);
    if (ticket) card.lastElementChild?.replaceChildren(pill(ticket, this.#words), ticket.summary);
  }

  #why(error: unknown): string {
    return whyOf(error, this.#config, this.#words);
  }
}
customElements.define('widget-app', WidgetApp);
