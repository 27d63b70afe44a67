// A language that was chosen and not yet confirmed by the desk. Pure.

import type { Language } from './types.ts';

export class Wish {
  language: Language | null = null;
  #dueAt = Infinity;

  choose(language: Language): void {
    this.language = language;
    this.#dueAt = 0;
  }

  /** The desk said to wait, or did not hear it: it is told again. */
  again(at: number): void {
    if (this.language) this.#dueAt = at;
  }

  /** The language to tell the desk now, if any. */
  take(now: number): Language | null {
    if (this.#dueAt > now) return null;
    this.#dueAt = Infinity;
    return this.language;
  }

  /** The desk speaks this language now. */
  confirm(language: Language | null | undefined): void {
    if (this.#dueAt === Infinity && this.language === language) this.language = null;
  }

  forget(): void {
    this.language = null;
    this.#dueAt = Infinity;
  }

  get dueAt(): number {
    return this.#dueAt;
  }
}
