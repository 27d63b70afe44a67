// What is known of the conversation: lines in order, without gaps or repeats, and the newest status. Pure.

import type { Message, Status, Welcome } from './frames.ts';
import type { Line } from './types.ts';

export class Ledger {
  conversation: string | null = null;
  epoch: string | null = null;
  status: Status | null = null;
  /** A new array with every change. */
  lines: readonly Line[] = [];
  readonly #early = new Map<number, Message>();
  readonly #clientIds = new Set<string>();
  #known = 0;

  get last(): number {
    return this.lines.length;
  }

  /** A later line is here, an earlier one is not. */
  get hasHole(): boolean {
    return this.#early.size > 0;
  }

  /** The desk has spoken of lines that are not here. */
  get isBehind(): boolean {
    return this.#known > this.last;
  }

  /** There is a line at this place. */
  hearOf(seq: number): void {
    this.#known = Math.max(this.#known, seq);
  }

  /** Whether the line a client sent under this id is shown. */
  holds(clientId: string): boolean {
    return this.#clientIds.has(clientId);
  }

  /** Go in; false when what was known is of another ledger and had to be forgotten (TRUST WW-13). */
  enter({ conversation, epoch, lastSeq, status }: Welcome): boolean {
    const isKnown = this.epoch === null || (this.epoch === epoch && this.conversation === conversation);
    const isSame = isKnown && lastSeq >= this.last;
    if (!isSame) this.forget();
    this.conversation = conversation;
    this.epoch = epoch;
    this.update(status);
    return isSame;
  }

  /** Everything but the conversation, which is asked for again from its first line. */
  forget(): void {
    this.epoch = this.status = null;
    this.lines = [];
    this.#known = 0;
    this.#early.clear();
    this.#clientIds.clear();
  }

  /** The messages that are next in order thanks to this one. */
  take(message: Message): Message[] {
    const { seq } = message.line;
    if (seq <= this.last || this.#early.has(seq)) return [];
    this.#early.set(seq, message);
    const ready: Message[] = [];
    for (let place = this.last + 1; ; place++) {
      const next = this.#early.get(place);
      if (!next) break;
      this.#early.delete(place);
      ready.push(next);
      if (next.clientId) this.#clientIds.add(next.clientId);
    }
    if (ready.length) this.lines = [...this.lines, ...ready.map(({ line }) => line)];
    return ready;
  }

  /** Whether this status is newer than the one before. */
  update(status: Status): boolean {
    this.hearOf(status.lastSeq);
    if (this.status && status.version <= this.status.version) return false;
    this.status = status;
    return true;
  }

  /** Lines of others after a place. */
  unread(seen: number): number {
    return this.lines.slice(seen).filter(({ author }) => author !== 'person').length;
  }
}
