// What the host page and the frame tell each other, and nothing else (TRUST WW-5). Pure.

export const VERSION = 1;

export interface Look {
  color: string;
  text: string;
  language: string;
  labels: { open: string; close: string; unread: string; title: string };
}

export type ToHost =
  | { type: 'ready' | 'open' | 'close' }
  | { type: 'look'; look: Look }
  | { type: 'identity'; id: number }
  | { type: 'unread'; count: number }
  | { type: 'wide'; on: boolean };

export type ToFrame =
  | { type: 'hello'; language: string | null; theme: string; identity: boolean }
  | { type: 'show' | 'hide' }
  | { type: 'language'; language: string }
  | { type: 'theme'; theme: string }
  | { type: 'signed' }
  | { type: 'identity'; id: number; token: string | null; failed: boolean };

const LONGEST_TEXT = 200;
const LONGEST_TOKEN = 4_000;

/** The envelope around a message. */
export function wrapped<Message extends ToHost | ToFrame>(message: Message): Message & { guichet: number } {
  return { guichet: VERSION, ...message };
}

/** What a host's page gives as a signed identity, such that the frame takes it; throws where it would not. */
export function readToken(given: unknown): string | null {
  if (!given) return null;
  if (isText(given, LONGEST_TOKEN)) return given;
  throw new Error(`a signed identity is a text of at most ${LONGEST_TOKEN} characters`);
}

/** What a frame may say; null for anything else. */
export function readForHost(data: unknown): ToHost | null {
  const said = opened(data);
  switch (said?.['type']) {
    case 'ready':
    case 'open':
    case 'close':
      return { type: said['type'] };
    case 'look':
      return isLook(said['look']) ? { type: 'look', look: said['look'] } : null;
    case 'identity':
      return isCount(said['id']) ? { type: 'identity', id: said['id'] } : null;
    case 'unread':
      return isCount(said['count']) ? { type: 'unread', count: said['count'] } : null;
    case 'wide':
      return typeof said['on'] === 'boolean' ? { type: 'wide', on: said['on'] } : null;
    default:
      return null;
  }
}

/** What a host may say; null for anything else. */
export function readForFrame(data: unknown): ToFrame | null {
  const said = opened(data);
  switch (said?.['type']) {
    case 'show':
    case 'hide':
    case 'signed':
      return { type: said['type'] };
    case 'hello': {
      const language = isText(said['language']) ? said['language'] : null;
      return { type: 'hello', language, theme: text(said['theme']), identity: said['identity'] === true };
    }
    case 'language':
      return { type: 'language', language: text(said['language']) };
    case 'theme':
      return { type: 'theme', theme: text(said['theme']) };
    case 'identity':
      return isCount(said['id']) && (said['token'] === null || isText(said['token'], LONGEST_TOKEN))
        ? { type: 'identity', id: said['id'], token: said['token'], failed: said['failed'] === true }
        : null;
    default:
      return null;
  }
}

function opened(data: unknown): Record<string, unknown> | null {
  const isOurs = typeof data === 'object' && data !== null && 'guichet' in data && data.guichet === VERSION;
  return isOurs ? (data as Record<string, unknown>) : null;
}

function isText(value: unknown, longest = LONGEST_TEXT): value is string {
  return typeof value === 'string' && value.length > 0 && value.length <= longest;
}

function text(value: unknown): string {
  return isText(value) ? value : '';
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isLook(value: unknown): value is Look {
  if (typeof value !== 'object' || value === null) return false;
  const look = value as Record<string, unknown>;
  const labels = look['labels'] as Record<string, unknown> | null;
  const isColor = (color: unknown): boolean => isText(color) && /^#[0-9a-f]{6}$/i.test(color);
  return (
    isColor(look['color']) &&
    isColor(look['text']) &&
    isText(look['language']) &&
    typeof labels === 'object' &&
    labels !== null &&
    ['open', 'close', 'unread', 'title'].every((name) => isText(labels[name]))
  );
}
