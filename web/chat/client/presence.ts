// What is true of the others for the moment, and stands in no ledger. Pure.

import type { Status } from './frames.ts';
import type { ChatState } from './types.ts';

export class Presence {
  typing: ChatState['typing'] = null;
  position: number | null = null;
  #speaker = '';

  /** Somebody writes; the person's other tabs are no news. */
  types(author: string, until: number): void {
    if (author !== 'person') this.typing = { author, until };
  }

  /** Their line came. */
  said(author: string): void {
    if (this.typing?.author === author) this.typing = null;
  }

  queued(position: number): void {
    if (this.#speaker === 'waiting') this.position = position;
  }

  follow(status: Status | null): void {
    const { speaker = '' } = status ?? {};
    if (speaker !== this.#speaker) this.typing = null;
    if (speaker !== 'waiting') this.position = null;
    this.#speaker = speaker;
  }

  /** Whoever stopped typing meanwhile does not say so. */
  look(now: number): void {
    if (this.dueAt <= now) this.typing = null;
  }

  get dueAt(): number {
    return this.typing?.until ?? Infinity;
  }
}
