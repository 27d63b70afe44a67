// The outbox and its copy on the device, which outlives the page and is shared with other tabs.

import type { Fields } from './frames.ts';
import type { Keeping } from './keeping.ts';
import type { Ledger } from './ledger.ts';
import { Outbox } from './outbox.ts';
import type { Surroundings } from './surroundings.ts';
import type { Pending } from './types.ts';

/** Another tab has this long to send its own line, before this one does. */
const OTHER_TAB_MS = 10_000;

export class Deliveries {
  readonly outbox = new Outbox();
  readonly #around: Surroundings;
  readonly #keeping: Keeping;
  readonly #ledger: Ledger;
  readonly #dropped = new Set<string>();
  #isShared = false;

  constructor(around: Surroundings, keeping: Keeping, ledger: Ledger) {
    this.#around = around;
    this.#keeping = keeping;
    this.#ledger = ledger;
  }

  write(text: string, { button = null, file = null }: Partial<Pending>): void {
    const at = new Date(this.#around.now()).toISOString();
    const clientId = this.#around.id();
    const line: Pending = { clientId, text, button, file, state: 'sending', why: null, at };
    this.outbox.add(line);
    this.#keep(line);
  }

  /** The next line to transmit. Far too long a one is not: the desk could not answer it. */
  take(now: number, characters: number): Pending | null {
    let line = this.outbox.take(now);
    while (line && [...line.text].length > characters) {
      this.refuse(line.clientId, 'message_too_long');
      line = this.outbox.take(now);
    }
    return line;
  }

  retry(clientId: string): void {
    this.#keep(this.outbox.retry(clientId));
  }

  discard(clientId: string): void {
    this.#keeping.dropLine(this.outbox.remove(clientId));
  }

  /** Recorded: from now on the ledger keeps it. */
  acknowledge(clientId: string, seq: number): void {
    this.#ledger.hearOf(seq);
    this.outbox.acknowledge(clientId, seq, this.#ledger.last);
    this.#keeping.dropLine(clientId);
  }

  settle(clientId: string | null, seq: number): void {
    const settled = this.outbox.settle(clientId, seq);
    if (settled) this.#keeping.dropLine(settled);
  }

  refuse(clientId: string, code: string, isPassing = false): void {
    const { outbox } = this;
    this.#keep(isPassing ? outbox.postpone(clientId, code, this.#around.now()) : outbox.fail(clientId, code));
  }

  move(): void {
    const { left, changed } = this.outbox.move();
    for (const clientId of left) this.#keeping.dropLine(clientId);
    // What another tab is done with is not put back.
    const kept = new Set(this.#keeping.read().pending.map(({ clientId }) => clientId));
    for (const line of changed) if (kept.has(line.clientId)) this.#keep(line);
  }

  /** What is kept belongs to whoever is there; it was written before what was written meanwhile. */
  admit(): void {
    this.#isShared = true;
    const written = this.outbox.unsettled;
    this.outbox.clear();
    for (const line of [...this.#keeping.read().pending, ...written]) this.outbox.add(line);
    for (const line of written) this.#keep(line);
  }

  hide(): void {
    this.#isShared = false;
    this.outbox.clear();
  }

  /** Another tab changed what is kept. */
  merge(pending: readonly Pending[]): void {
    for (const line of pending) {
      if (this.#ledger.holds(line.clientId)) {
        this.#dropOnFile(line.clientId);
        continue;
      }
      this.outbox.add(line, this.#around.now() + OTHER_TAB_MS);
      this.outbox.align(line);
    }
    const ids = pending.map(({ clientId }) => clientId);
    for (const line of this.outbox.missingFrom(ids)) this.#keep(line);
  }

  /** Writing that crossed left it. Once: a tab that has not heard of it yet would put it back every time. */
  #dropOnFile(clientId: string): void {
    if (this.#dropped.has(clientId)) return;
    this.#dropped.add(clientId);
    this.#keeping.dropLine(clientId);
  }

  #keep(line: Pending | null): void {
    if (line && this.#isShared) this.#keeping.putLine(line);
  }
}

/** A line as the desk gets it, the first time and every other time. */
export function sendFrame({ clientId, text, button, file }: Pending): Fields {
  const frame = { type: 'send', client_id: clientId };
  if (button) return { ...frame, button };
  return { ...frame, ...(text && { text }), ...(file && { file: file.id }) };
}
