// What the client needs of the browser; tests bring their own.

export interface Socket {
  send(text: string): void;
  /** Nothing is heard of it afterwards. */
  close(): void;
}

export interface SocketEars {
  opened(): void;
  said(text: string): void;
  closed(code: number): void;
}

export interface Answer {
  status: number;
  json(): Promise<unknown>;
  blob(): Promise<Blob>;
}

/** What happens to the page; `stored` is a change of what is kept, made by another tab. */
export type Happening = 'online' | 'offline' | 'visible' | 'hidden' | 'stored';

export type Progress = (share: number) => void;

export interface Surroundings {
  fetch(url: string, init: RequestInit): Promise<Answer>;
  /** A POST that tells how far it is. */
  upload(url: string, token: string, body: Blob, progress: Progress): Promise<Answer>;
  socket(url: string, ears: SocketEars): Socket;
  /** May throw: a browser can forbid it. */
  storage(): Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>;
  /** Milliseconds since 1970. */
  now(): number;
  /** Gives what calls it off. */
  later(run: () => void, ms: number): () => void;
  /** From 0 to 1. */
  random(): number;
  /** Unique; letters and digits. */
  id(): string;
  /** Gives what ends it. */
  watch(tell: (happening: Happening) => void): () => void;
}

export function theBrowser(): Surroundings {
  return {
    fetch: (url, init) => fetch(url, init),
    upload: sendWithProgress,
    socket: openSocket,
    storage: () => localStorage,
    now: () => Date.now(),
    later(run, ms) {
      const timer = setTimeout(run, ms);
      return () => clearTimeout(timer);
    },
    random: () => Math.random(),
    id: randomId,
    watch,
  };
}

/** 128 random bits. Not `randomUUID`: a page without TLS has none. */
export function randomId(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), twoDigits).join('');
}

function twoDigits(byte: number): string {
  return byte.toString(16).padStart(2, '0');
}

function openSocket(url: string, ears: SocketEars): Socket {
  const socket = new WebSocket(url);
  socket.onopen = () => ears.opened();
  socket.onmessage = ({ data }) => ears.said(String(data));
  socket.onclose = ({ code }) => ears.closed(code);
  return {
    send: (text) => socket.send(text),
    close() {
      socket.onopen = socket.onmessage = socket.onclose = null;
      socket.close();
    },
  };
}

/** `fetch` does not tell how much has gone out. */
function sendWithProgress(url: string, token: string, body: Blob, progress: Progress): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open('POST', url);
    request.setRequestHeader('Authorization', `Bearer ${token}`);
    request.upload.onprogress = ({ loaded, total }) => progress(total ? loaded / total : 0);
    request.onload = () => resolve(new Response(request.response, { status: request.status }));
    request.onerror = request.onabort = reject;
    request.send(body);
  });
}

function watch(tell: (happening: Happening) => void): () => void {
  const ended = new AbortController();
  const on = (target: EventTarget, event: string, what: () => Happening) =>
    target.addEventListener(event, () => tell(what()), ended);
  on(window, 'online', () => 'online');
  on(window, 'offline', () => 'offline');
  on(window, 'storage', () => 'stored');
  on(window, 'pageshow', () => 'visible');
  on(window, 'pagehide', () => 'hidden');
  on(document, 'visibilitychange', () => (document.hidden ? 'hidden' : 'visible'));
  return () => ended.abort();
}
