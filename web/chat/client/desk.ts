// The HTTP side: whom to call, how long to wait, and what a refusal is.

import { ChatError } from './errors.ts';
import { type Frame, readFrames } from './frames.ts';
import type { Answer, Progress, Surroundings } from './surroundings.ts';

export const ANSWER_MS = 10_000;
/** For a file of the largest size over a poor line, either way. */
const FILE_MS = 120_000;

export interface Asking {
  token?: string | null;
  body?: unknown;
  ms?: number;
  /** Aborted by whoever does not want the answer any more. */
  ending?: AbortController;
}

export class Desk {
  readonly #around: Surroundings;
  readonly #url: string;

  constructor(around: Surroundings, url: string) {
    this.#around = around;
    this.#url = url;
  }

  get socketUrl(): string {
    return `${this.#url.replace(/^http/, 'ws')}/chat/v1/socket`;
  }

  /** The JSON of an answer that is no refusal. */
  async post(path: string, asking: Asking): Promise<unknown> {
    const { status, json } = await this.#ask('POST', path, asking, readJson);
    return accepted(status, json);
  }

  /** The frames of an answer; a refusal is a frame too. */
  async frames(path: string, asking: Asking): Promise<Frame[]> {
    const { json } = await this.#ask('POST', path, asking, readJson);
    const frames = readFrames(json);
    if (!frames) throw new ChatError('unreachable');
    return frames;
  }

  async blob(path: string, token: string): Promise<Blob> {
    return this.#ask('GET', path, { token, ms: FILE_MS }, async (answer) => {
      if (answer.status === 200) return answer.blob();
      throw refusal(readFrames(await answer.json()) ?? []);
    });
  }

  async upload(path: string, token: string, body: Blob, progress: Progress): Promise<unknown> {
    const sent = this.#around.upload(`${this.#url}/chat/v1/${path}`, token, body, progress);
    const { status, json } = await within(this.#around, FILE_MS, sent.then(readJson));
    return accepted(status, json);
  }

  /** Revoke a session; nobody waits for more than one attempt. */
  async leave(token: string): Promise<void> {
    await this.#ask('POST', 'leave', { token, body: {} }, async () => {}, true).catch(() => {});
  }

  async #ask<T>(
    method: string,
    path: string,
    { token, body, ms = ANSWER_MS, ending = new AbortController() }: Asking,
    read: (answer: Answer) => Promise<T>,
    keepalive = false,
  ): Promise<T> {
    const headers: Record<string, string> = {};
    if (token) headers['Authorization'] = `Bearer ${token}`;
    const request: RequestInit = { method, headers, keepalive, signal: ending.signal, cache: 'no-store' };
    if (body !== undefined) {
      headers['Content-Type'] = 'application/json';
      request.body = JSON.stringify(body);
    }
    const stop = this.#around.later(() => ending.abort(), ms);
    try {
      return await read(await this.#around.fetch(`${this.#url}/chat/v1/${path}`, request));
    } catch (error) {
      throw error instanceof ChatError ? error : new ChatError('unreachable');
    } finally {
      stop();
    }
  }
}

/** What a promise gives, or `unreachable` when it takes longer than that or fails in another way than ours. */
export function within<T>(around: Surroundings, ms: number, promise: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const fail = (error?: unknown) =>
      reject(error instanceof ChatError ? error : new ChatError('unreachable'));
    const stop = around.later(fail, ms);
    promise.then(resolve, fail).finally(stop);
  });
}

async function readJson(answer: Answer): Promise<{ status: number; json: unknown }> {
  return { status: answer.status, json: await answer.json() };
}

function accepted(status: number, json: unknown): unknown {
  const frames = readFrames(json);
  if (frames || status >= 300) throw refusal(frames ?? []);
  return json;
}

/** What the desk says instead of an answer; without a word of it, a proxy spoke. */
function refusal(frames: Frame[]): ChatError {
  for (const frame of frames) {
    if (frame.type === 'slow_down') return new ChatError('slow_down', frame.waitMs);
    if (frame.type === 'error') return new ChatError(frame.code, 0, frame.isPassing);
  }
  return new ChatError('unreachable');
}
