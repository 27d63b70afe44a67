// Who the host page says is there. Nothing is verified here: that is the desk's part.

import { within } from './desk.ts';
import { ChatError } from './errors.ts';
import { fields, string, text } from './frames.ts';
import type { Surroundings } from './surroundings.ts';
import type { IdentitySource } from './types.ts';

export const IDENTITY_MS = 5000;

/** A JWT with the name of whom it vouches for. */
export interface Vouched {
  jwt: string;
  who: string;
}

/** Ask the host page; null when nobody is signed in there. Rejects with `unreachable` or `identity_refused`. */
export async function askIdentity(around: Surroundings, source: IdentitySource): Promise<Vouched | null> {
  // A source that throws has failed like one that rejects.
  const jwt = await within(around, IDENTITY_MS, Promise.resolve().then(source));
  return jwt ? { jwt, who: whoIsIn(jwt) } : null;
}

/** The same subject of two issuers is two persons. */
function whoIsIn(jwt: string): string {
  try {
    const payload = (jwt.split('.')[1] ?? '').replaceAll('-', '+').replaceAll('_', '/');
    const bytes = Uint8Array.from(atob(payload), (character) => character.charCodeAt(0));
    const { iss, sub } = fields(JSON.parse(new TextDecoder().decode(bytes)));
    if (text(sub)) return `${string(iss)} ${sub}`;
  } catch {
    // Not a JWT.
  }
  throw new ChatError('identity_refused');
}
