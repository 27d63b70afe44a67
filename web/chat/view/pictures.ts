// Pictures of a conversation, fetched with the visitor's token and shown from memory: they have no address.

import type { Picture } from '../client/types.ts';
import { h } from './dom.ts';
import { icon } from './icon.ts';
import type { Words } from './words.ts';

export class Pictures {
  readonly #fetched = new Map<string, Promise<string>>();
  readonly #fetch: (id: string) => Promise<Blob>;
  readonly #words: () => Words;

  constructor(fetch: (id: string) => Promise<Blob>, words: () => Words) {
    this.#fetch = fetch;
    this.#words = words;
  }

  /** Put a picture in its box, which can be pressed from then on and enlarges it. */
  show(picture: Picture, box: HTMLButtonElement): void {
    const drawn = h('img', { alt: '', width: picture.width, height: picture.height });
    this.#address(picture.id).then(
      (address) => {
        drawn.src = address;
        box.replaceChildren(drawn);
        box.onclick = () => this.#enlarge(picture, address);
        box.disabled = false;
      },
      () => {
        this.#fetched.delete(picture.id);
        box.replaceChildren(icon('alert'), this.#words().say('pictureGone'));
      },
    );
  }

  /** Let go of all that were fetched. */
  clear(): void {
    for (const address of this.#fetched.values()) address.then(URL.revokeObjectURL, () => {});
    this.#fetched.clear();
  }

  #enlarge(picture: Picture, address: string): void {
    const words = this.#words();
    const dialog = h(
      'dialog',
      { class: 'enlarged', 'aria-label': picture.name, onclose: () => dialog.remove() },
      h(
        'button',
        { type: 'button', class: 'plain', 'aria-label': words.say('goBack'), onclick: () => dialog.close() },
        icon('close'),
      ),
      h('img', { src: address, alt: picture.name }),
    );
    document.body.append(dialog);
    dialog.showModal();
  }

  #address(id: string): Promise<string> {
    const known = this.#fetched.get(id) ?? this.#fetch(id).then((blob) => URL.createObjectURL(blob));
    this.#fetched.set(id, known);
    return known;
  }
}
