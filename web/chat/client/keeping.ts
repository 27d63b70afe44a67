// What is kept on the device: one JSON text per site. Nothing is written before the person opened the chat (GD-3).

import { count, type Fields, fields, language, readPicture, rows, string, text } from './frames.ts';
import type { Surroundings } from './surroundings.ts';
import type { Language, Pending, Person } from './types.ts';

export interface Kept {
  token: string | null;
  /** ISO 8601. */
  expires: string;
  /** Whom the host page vouched for when the session was opened; null for nobody. */
  who: string | null;
  person: Person | null;
  conversation: string | null;
  seen: number;
  draft: string;
  language: Language | null;
  pending: readonly Pending[];
  /** A tab that is about to open a session, and until when the others leave it to that one. */
  opening: { tab: string; until: number } | null;
}

export class Keeping {
  readonly #around: Surroundings;
  readonly #key: string;
  #isAllowed = false;
  /** What could not be written: it counts more than what the device has. */
  #unsaved: Kept | null = null;

  constructor(around: Surroundings, site: string) {
    this.#around = around;
    this.#key = `guichet:${site}`;
  }

  /** From now on things are written. */
  allow(): void {
    this.#isAllowed = true;
  }

  /** Every time from the device: another tab may have changed it. */
  read(): Kept {
    return this.#unsaved ?? this.#load();
  }

  /** Only the fields named, so that tabs do not undo each other's changes. */
  change(changes: Partial<Kept>): void {
    if (!this.#isAllowed) return;
    const kept = { ...this.read(), ...changes };
    this.#unsaved = this.#write(kept) ? null : kept;
  }

  /** Put a line in, or in its new state. */
  putLine(line: Pending): void {
    const pending = [...this.read().pending];
    const place = pending.findIndex(({ clientId }) => clientId === line.clientId);
    pending.splice(place < 0 ? pending.length : place, 1, line);
    this.change({ pending });
  }

  dropLine(clientId: string): void {
    const { pending } = this.read();
    const left = pending.filter((line) => line.clientId !== clientId);
    if (left.length < pending.length) this.change({ pending: left });
  }

  /** Nothing is left, and nothing is written until it is allowed again. */
  forget(): void {
    this.#isAllowed = false;
    this.#unsaved = null;
    try {
      this.#around.storage().removeItem(this.#key);
    } catch {
      // What cannot be reached was not written either.
    }
  }

  #load(): Kept {
    try {
      return readKept(JSON.parse(this.#around.storage().getItem(this.#key) ?? 'null'));
    } catch {
      return readKept(null);
    }
  }

  /** Where nothing is left to keep, nothing is: who was forgotten in another tab stays forgotten. */
  #write(kept: Kept): boolean {
    const value = JSON.stringify(kept);
    try {
      const storage = this.#around.storage();
      if (value === NOTHING) storage.removeItem(this.#key);
      else storage.setItem(this.#key, value);
      return true;
    } catch {
      return false;
    }
  }
}

/** Another version may have written it, or a person: what is not understood is left out. */
function readKept(value: unknown): Kept {
  const kept = fields(value);
  const { tab, until } = fields(kept['opening']);
  return {
    token: text(kept['token']),
    expires: string(kept['expires']),
    who: text(kept['who']),
    person: readPerson(kept['person']),
    conversation: text(kept['conversation']),
    seen: count(kept['seen']),
    draft: string(kept['draft']),
    language: language(kept['language']),
    pending: rows(kept['pending'])
      .map(readPending)
      .filter(({ clientId }) => /^[\w-]{1,64}$/.test(clientId)),
    opening: tab ? { tab: string(tab), until: count(until) } : null,
  };
}

const NOTHING = JSON.stringify(readKept(null));

/** As the desk answers a new session, and as it is kept. */
export function readPerson(value: unknown): Person | null {
  const { name, email, verified } = fields(value);
  return value ? { name: text(name), email: text(email), verified: verified === true } : null;
}

function readPending(line: Fields): Pending {
  return {
    clientId: string(line['clientId']),
    text: string(line['text']),
    button: text(line['button']),
    file: readPicture(line['file']),
    state: line['state'] === 'failed' ? 'failed' : 'sending',
    why: text(line['why']),
    at: string(line['at']),
  };
}
