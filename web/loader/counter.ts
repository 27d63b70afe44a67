// The button and the frame on the host's page, in a shadow root that the page's styles do not reach.

import { drawing, h } from '../chat/view/dom.ts';
import { ICONS } from '../chat/view/icons.ts';
import { type Look, readForHost, readToken, type ToFrame, wrapped } from '../shared/messages.ts';
import { STYLE } from './style.ts';

const FIRST_WAIT_MS = 20_000;
const LONGEST_WAIT_MS = 600_000;

export type IdentitySource = () => Promise<string | null>;

export interface CounterOptions {
  desk: string;
  site: string;
  language: string | null;
  theme: string;
  isLeft: boolean;
  identity: IdentitySource | null;
}

export class Counter {
  readonly #options: CounterOptions;
  readonly #host = h('guichet-counter' as 'div');
  readonly #frame: HTMLIFrameElement;
  readonly #badge = h('span', { class: 'badge', hidden: true });
  readonly #button: HTMLButtonElement;
  #identity: IdentitySource | null;
  #look: Look | null = null;
  #unread = 0;
  #isReady = false;
  #timer = 0;
  #isOpen = false;

  constructor(options: CounterOptions) {
    this.#options = options;
    this.#identity = options.identity;
    this.#frame = h('iframe', { hidden: true });
    this.#button = h(
      'button',
      { type: 'button', hidden: true, 'aria-expanded': 'false', onclick: () => this.#toggle() },
      drawing(ICONS.chat),
      drawing(ICONS.down),
      this.#badge,
    );
  }

  /** Put the frame on the page; the button follows when the frame says that the desk is there. */
  begin(): void {
    const { isLeft } = this.#options;
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(STYLE);
    const root = this.#host.attachShadow({ mode: 'closed' });
    root.adoptedStyleSheets = [sheet];
    root.append(h('div', { class: isLeft ? 'box left' : 'box' }, this.#frame, this.#button));
    addEventListener('message', this.#hear);
    this.#load(FIRST_WAIT_MS);
    document.body.append(this.#host);
  }

  /** Pages stay open for days: a desk that is away just now is asked again, more and more rarely. */
  #load(wait: number): void {
    const { desk, site } = this.#options;
    const asked = new URLSearchParams({ site, origin: location.origin });
    this.#frame.src = `${desk}/widget/v1/frame?${asked}`;
    this.#timer = setTimeout(() => this.#isReady || this.#load(Math.min(wait * 2, LONGEST_WAIT_MS)), wait);
  }

  destroy(): void {
    clearTimeout(this.#timer);
    removeEventListener('message', this.#hear);
    this.#host.remove();
  }

  /** `byPerson`: the focus follows. */
  show(byPerson: boolean): void {
    if (!this.#isReady) return;
    this.#isOpen = true;
    this.#draw();
    this.tell({ type: 'show' });
    if (byPerson) this.#frame.focus();
  }

  hide(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    // The focus must not be lost with the frame; where the page has it, it stays there.
    const hadFocus = document.activeElement === this.#host;
    this.#draw();
    this.tell({ type: 'hide' });
    if (hadFocus) this.#button.focus();
  }

  identify(source: IdentitySource | null): void {
    this.#identity = source;
    this.tell({ type: 'signed' });
  }

  /** Before the frame is ready there is nobody to tell: its `ready` is answered with what is true then. */
  tell(message: ToFrame): void {
    if (message.type === 'language') this.#options.language = message.language;
    if (message.type === 'theme') this.#options.theme = message.theme;
    if (this.#isReady) this.#post(message);
  }

  #toggle(): void {
    if (this.#isOpen) this.hide();
    else this.show(true);
  }

  readonly #hear = (event: MessageEvent): void => {
    if (event.origin !== this.#options.desk || event.source !== this.#frame.contentWindow) return;
    const message = readForHost(event.data);
    switch (message?.type) {
      case 'ready':
        this.#isReady = true;
        this.#greet();
        break;
      case 'look':
        this.#look = message.look;
        this.#draw();
        break;
      case 'identity':
        void this.#answer(message.id);
        break;
      case 'open':
        this.show(false);
        break;
      case 'close':
        this.hide();
        break;
      case 'unread':
        this.#unread = message.count;
        this.#draw();
        break;
      case 'wide':
        this.#frame.classList.toggle('wide', message.on);
        break;
    }
  };

  #greet(): void {
    const { language, theme } = this.#options;
    this.#post({ type: 'hello', language, theme, identity: this.#identity !== null });
  }

  async #answer(id: number): Promise<void> {
    let token: string | null = null;
    let failed = false;
    try {
      token = readToken(await this.#identity?.());
    } catch (error) {
      failed = true;
      console.warn('guichet: the signed identity could not be had', error);
    }
    this.#post({ type: 'identity', id, token, failed });
  }

  #post(message: ToFrame): void {
    this.#frame.contentWindow?.postMessage(wrapped(message), this.#options.desk);
  }

  #draw(): void {
    const look = this.#look;
    const isOpen = this.#isOpen;
    const unread = this.#unread;
    if (!look) return;
    const { labels } = look;
    const box = this.#host.style;
    box.setProperty('--guichet-color', look.color);
    box.setProperty('--guichet-text', look.text);
    this.#host.lang = look.language;
    this.#frame.title = labels.title;
    this.#frame.hidden = !isOpen;
    this.#button.hidden = false;
    this.#button.setAttribute('aria-expanded', String(isOpen));
    const waiting = unread && !isOpen ? `, ${labels.unread.replace('{count}', String(unread))}` : '';
    this.#button.setAttribute('aria-label', (isOpen ? labels.close : labels.open) + waiting);
    this.#badge.hidden = !waiting;
    this.#badge.textContent = unread > 9 ? '9+' : String(unread);
  }
}
