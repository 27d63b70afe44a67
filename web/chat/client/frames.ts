// The desk's frames as typed values. Reading is lenient: what a newer desk adds is ignored.

import type { Author, Language, Line, Picture, Speaker } from './types.ts';

export interface Status {
  version: number;
  lastSeq: number;
  speaker: Speaker;
  agent: string | null;
  language: Language | null;
  thinking: boolean;
}

export interface Welcome {
  type: 'welcome';
  conversation: string;
  epoch: string;
  lastSeq: number;
  status: Status;
  characters: number | null;
}

export interface Message {
  type: 'message';
  line: Line;
  clientId: string | null;
}

export type Frame =
  | Welcome
  | Message
  | { type: 'ack'; clientId: string; seq: number }
  | { type: 'status'; status: Status }
  | { type: 'typing'; author: string; ms: number }
  | { type: 'slow_down'; clientId: string; waitMs: number }
  | { type: 'error'; code: string; clientId: string; isPassing: boolean }
  | { type: 'queue'; position: number }
  | { type: 'reconnect'; waitMs: number }
  | { type: 'reload' | 'pong' };

export type Fields = Record<string, unknown>;

const LONGEST_MS = 60_000;
const AUTHORS: readonly unknown[] = ['person', 'assistant', 'agent', 'desk'];
const SPEAKERS: readonly unknown[] = ['assistant', 'waiting', 'agent'];

/** A frame, or null for what is none that we know: a client survives a word that is new to it. */
export function readFrame(raw: unknown): Frame | null {
  const { type, ...f } = fields(raw);
  const clientId = string(f['client_id']);
  switch (type) {
    case 'welcome':
      return readWelcome(f);
    case 'message':
      return readMessage(f);
    case 'status': {
      const status = readStatus(f);
      return status && { type, status };
    }
    case 'ack':
      return isCount(f['seq']) && clientId ? { type, clientId, seq: f['seq'] } : null;
    case 'typing':
      return { type, author: string(f['author']), ms: within(f['seconds'], 1000) };
    case 'slow_down':
      return { type, clientId, waitMs: within(f['wait_ms'], 1) };
    case 'error':
      return { type, code: string(f['code']), clientId, isPassing: f['retry'] === true };
    case 'queue':
      return isCount(f['position']) ? { type, position: f['position'] } : null;
    case 'reconnect':
      return { type, waitMs: within(f['wait_ms'], 1) };
    case 'reload':
    case 'pong':
      return { type };
  }
  return null;
}

/** The frames of an HTTP answer: `{"frames": […]}`, or one alone. Null when it is not the desk that speaks. */
export function readFrames(answer: unknown): Frame[] | null {
  const { frames, type } = fields(answer);
  if (!Array.isArray(frames) && typeof type !== 'string') return null;
  return rows(frames ?? [answer])
    .map(readFrame)
    .filter((frame) => frame !== null);
}

/** The fields of an object; none for anything else. */
export function fields(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? (value as Fields) : {};
}

export function rows(value: unknown): Fields[] {
  return Array.isArray(value) ? value.map(fields) : [];
}

export function text(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}

/** A text, empty for none. */
export function string(value: unknown): string {
  return text(value) ?? '';
}

/** A number of things or a place, 0 for none. */
export function count(value: unknown): number {
  return isCount(value) ? value : 0;
}

export function isCount(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 0;
}

export function language(value: unknown): Language | null {
  return value === 'en' || value === 'fr' ? value : null;
}

export function readPicture(value: unknown): Picture | null {
  const { id, name, width, height, bytes } = fields(value);
  if (!text(id)) return null;
  return {
    id: string(id),
    name: string(name),
    width: count(width),
    height: count(height),
    bytes: count(bytes),
  };
}

function readWelcome(f: Fields): Welcome | null {
  const status = readStatus(fields(f['status']));
  const conversation = text(f['conversation']);
  const epoch = text(f['epoch']);
  const lastSeq = f['last_seq'];
  const { characters } = fields(f['limits']);
  if (!status || !conversation || epoch === null || !isCount(lastSeq)) return null;
  return {
    type: 'welcome',
    conversation,
    epoch,
    lastSeq,
    status,
    characters: isCount(characters) ? characters : null,
  };
}

/** Only the place is needed: a line that is dropped would leave a hole for ever. */
function readMessage(f: Fields): Message | null {
  const { seq, author, notice } = f;
  if (!isCount(seq)) return null;
  const line: Line = {
    seq,
    author: AUTHORS.includes(author) ? (author as Author) : 'desk',
    text: string(f['text']),
    at: string(f['at']),
    buttons: rows(f['buttons'])
      .map(({ id, title }) => ({ id: string(id), title: string(title) }))
      .filter(({ id, title }) => id && title),
    sources: rows(f['sources'])
      .map(({ title, url, slug }) => ({ title: string(title), url: string(url), slug: string(slug) }))
      .filter(({ title }) => title),
    ticket: text(f['ticket']),
    agent: text(f['agent']),
    notice: notice === 'machine' || notice === 'privacy' ? notice : null,
    says: text(f['says']),
    file: readPicture(f['file']),
  };
  return { type: 'message', line, clientId: text(f['client_id']) };
}

function readStatus(f: Fields): Status | null {
  const { version, last_seq: lastSeq, speaker } = f;
  if (!isCount(version) || !isCount(lastSeq)) return null;
  return {
    version,
    lastSeq,
    speaker: SPEAKERS.includes(speaker) ? (speaker as Speaker) : 'assistant',
    agent: text(f['agent']),
    language: language(f['language']),
    thinking: f['thinking'] === true,
  };
}

/** A time the desk names, within reason. */
function within(value: unknown, unit: number): number {
  return typeof value === 'number' ? Math.min(Math.max(value * unit, 0), LONGEST_MS) || 0 : 0;
}
