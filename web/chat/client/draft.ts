// What stands in the input box: kept on the device soon after, since it changes with every key.

import type { Keeping } from './keeping.ts';
import type { Surroundings } from './surroundings.ts';

const SOON_MS = 400;

export class Draft {
  text = '';
  readonly #around: Surroundings;
  readonly #keeping: Keeping;
  #isShared = false;
  #callOff = () => {};

  constructor(around: Surroundings, keeping: Keeping) {
    this.#around = around;
    this.#keeping = keeping;
  }

  change(text: string): void {
    this.text = text;
    this.#callOff();
    this.#callOff = this.#around.later(() => this.save(), SOON_MS);
  }

  save(): void {
    this.#callOff();
    if (this.#isShared && this.#keeping.read().draft !== this.text)
      this.#keeping.change({ draft: this.text });
  }

  /** What is kept belongs to whoever is there; what was written meanwhile counts more. */
  admit(): void {
    this.#isShared = true;
    this.text ||= this.#keeping.read().draft;
    this.save();
  }

  hide(): void {
    this.#isShared = false;
    this.text = '';
  }
}
