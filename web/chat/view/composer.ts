// Where a line is written: a box that grows, a count near the end, and a picture beside the words.

import type { Picture } from '../client/types.ts';
import { h, setText, toggle } from './dom.ts';
import { icon } from './icon.ts';
import type { Words } from './words.ts';

const COUNT_FROM = 0.8;
const TALLEST_PX = 160;

export interface ComposerHandlers {
  send(text: string, picture: Picture | undefined): void;
  typing(): void;
  draft(text: string): void;
  /** Sends a picture to the desk; null where pictures are switched off. */
  upload: ((file: File) => Promise<Picture>) | null;
  /** Words for why that failed. */
  why(error: unknown): string;
}

export class ChatComposer extends HTMLElement {
  #words!: Words;
  #on!: ComposerHandlers;
  #characters = 4_000;
  #picture: Picture | null = null;
  #isUploading = false;
  #uploads = 0;
  /** Why a picture could not be attached. */
  #trouble: unknown = null;
  readonly #box = h('textarea', {
    rows: 1,
    id: 'guichet-line',
    enterkeyhint: 'send',
    'aria-describedby': 'guichet-hint',
  });
  readonly #label = h('label', { for: 'guichet-line', class: 'unseen' });
  readonly #hint = h('p', { id: 'guichet-hint', class: 'hint' });
  readonly #count = h('p', { class: 'count', role: 'status', hidden: true });
  readonly #complaint = h('p', { class: 'trouble', role: 'alert', hidden: true });
  readonly #chip = h('div', { class: 'chip', hidden: true });
  readonly #go = h('button', { type: 'submit', class: 'go' }, icon('send'));
  readonly #clip = h(
    'button',
    { type: 'button', class: 'clip', onclick: () => this.#file.click() },
    icon('clip'),
  );
  readonly #file = h('input', {
    type: 'file',
    accept: 'image/png,image/jpeg,image/webp,image/gif',
    hidden: true,
    onchange: () => this.#chosen(),
  });

  begin(on: ComposerHandlers): void {
    this.#on = on;
    toggle(this.#clip, on.upload !== null);
    const row = h('div', { class: 'row' }, this.#clip, this.#file, this.#label, this.#box, this.#go);
    this.replaceChildren(
      h(
        'form',
        { onsubmit: (event: Event) => this.#submit(event) },
        this.#complaint,
        this.#chip,
        row,
        this.#count,
        this.#hint,
      ),
    );
    this.#box.addEventListener('input', () => this.#changed());
    this.#box.addEventListener('keydown', (event) => this.#key(event));
    this.#box.addEventListener('paste', (event) => this.#pasted(event));
  }

  /** In these words from now on; what is typed, attached or on its way stays. */
  speak(words: Words): void {
    this.#words = words;
    setText(this.#label, words.say('label'));
    setText(this.#hint, words.say('hint'));
    this.#box.placeholder = words.say('placeholder');
    this.#go.setAttribute('aria-label', words.say('send'));
    this.#clip.setAttribute('aria-label', words.say('attach'));
    this.#draw();
  }

  set limit(characters: number) {
    this.#characters = characters;
    this.#measure();
  }

  set text(text: string) {
    // Setting what is there would take the caret away from where it stands.
    if (text !== this.#box.value) this.#box.value = text;
    this.#measure();
  }

  override focus(): void {
    this.#box.focus();
  }

  /** Let go of the picture, also of one on its way: it is of another conversation. */
  detach(): void {
    this.#uploads += 1;
    this.#attach(null);
  }

  /** A picture that was dropped somewhere on the conversation. */
  async take(file: File | undefined): Promise<void> {
    if (!file || !this.#on.upload || this.#isUploading) return;
    this.#isUploading = true;
    this.#uploads += 1;
    const upload = this.#uploads;
    this.#trouble = null;
    this.#draw();
    try {
      const name = file.name || `${this.#words.say('screenshot')}.png`;
      const named = file.name ? file : new File([file], name, { type: file.type });
      const picture = await this.#on.upload(named);
      if (upload === this.#uploads) this.#attach(picture);
    } catch (error) {
      if (upload === this.#uploads) this.#attach(null, error);
    }
  }

  #submit(event: Event): void {
    event.preventDefault();
    const text = this.#box.value.trim();
    if (this.#isUploading || text.length > this.#characters || (!text && !this.#picture)) return;
    this.#on.send(text, this.#picture ?? undefined);
    this.#box.value = '';
    this.#attach(null);
    this.#on.draft('');
    this.#box.focus();
  }

  #key(event: KeyboardEvent): void {
    // While an input method composes, Enter chooses a word.
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing || event.keyCode === 229) return;
    event.preventDefault();
    this.#submit(event);
  }

  #changed(): void {
    this.#on.draft(this.#box.value);
    if (this.#box.value.trim()) this.#on.typing();
    this.#measure();
  }

  #pasted(event: ClipboardEvent): void {
    const file = [...(event.clipboardData?.files ?? [])].find((each) => each.type.startsWith('image/'));
    if (!file || !this.#on.upload) return;
    event.preventDefault();
    void this.take(file);
  }

  #chosen(): void {
    void this.take(this.#file.files?.[0]);
    this.#file.value = '';
  }

  /** Nothing is on its way any more: this is what is attached, or why nothing is. */
  #attach(picture: Picture | null, trouble: unknown = null): void {
    this.#isUploading = false;
    this.#picture = picture;
    this.#trouble = trouble;
    this.#draw();
  }

  /** What is attached, on its way, or could not be attached. */
  #draw(): void {
    setText(this.#complaint, this.#trouble ? this.#on.why(this.#trouble) : '');
    toggle(this.#complaint, this.#trouble !== null);
    const attached = this.#isUploading ? null : this.#picture;
    const said = attached
      ? this.#words.say('attached', { name: attached.name })
      : this.#words.say('uploading');
    this.#chip.replaceChildren(
      icon('clip'),
      h('span', { role: 'status' }, said),
      ...(attached ? [this.#cross()] : []),
    );
    toggle(this.#chip, this.#isUploading || attached !== null);
    this.#measure();
  }

  #cross(): HTMLElement {
    const label = this.#words.say('removeAttached');
    const remove = (): void => this.#attach(null);
    return h('button', { type: 'button', 'aria-label': label, onclick: remove }, icon('close'));
  }

  #measure(): void {
    this.#box.style.height = 'auto';
    this.#box.style.height = `${Math.min(this.#box.scrollHeight + 2, TALLEST_PX)}px`;
    const left = this.#characters - this.#box.value.trim().length;
    const isNear = left < this.#characters * (1 - COUNT_FROM);
    if (isNear)
      setText(this.#count, this.#words.say(left < 0 ? 'tooLong' : 'left', { count: Math.abs(left) }));
    toggle(this.#count, isNear);
    this.#count.classList.toggle('over', left < 0);
    const isEmpty = !this.#box.value.trim() && !this.#picture;
    this.#go.setAttribute('aria-disabled', String(isEmpty || left < 0 || this.#isUploading));
  }
}
customElements.define('chat-composer', ChatComposer);
