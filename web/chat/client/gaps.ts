// When to ask the desk again for lines that did not come. Pure.

import type { Ledger } from './ledger.ts';

/** How long the desk may take to send what it has already spoken of, before it is asked; longer every time. */
const FIRST_MS = 1000;
const DOUBLINGS = 5;

export class Gaps {
  /** What is missing: as long as it is the same, the pauses grow. */
  #missing = '';
  #asked = 0;
  #askAt = 0;

  /** Whether to ask now: at once for a hole, after a moment for what is only behind. */
  isDue({ hasHole, isBehind, last }: Ledger, now: number): boolean {
    const missing = hasHole || isBehind ? `${last} ${hasHole}` : '';
    if (missing !== this.#missing) {
      this.#missing = missing;
      this.#asked = 0;
      this.#askAt = hasHole ? now : now + FIRST_MS;
    }
    if (this.dueAt > now) return false;
    this.#askAt = now + FIRST_MS * 2 ** Math.min(this.#asked++, DOUBLINGS);
    return true;
  }

  get dueAt(): number {
    return this.#missing ? this.#askAt : Infinity;
  }
}
