// Where things are kept on the device.
//
// A browser that blocks third-party cookies gives a frame of another site no storage at all, but it does give it cookies
// of its own for each site around it (CHIPS). So where storage is forbidden, a partitioned cookie stands for it (TRUST
// WW-2); without TLS, and off this machine, there is none either, and everything lasts as long as the page.

export type Keeper = Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>;

const WEEK_S = 7 * 86_400;
const FOR_THIS_FRAME = 'Path=/; Secure; SameSite=None; Partitioned';
const CHANNEL = 'guichet';

/** What the browser allows: its storage, or cookies in its place. Both may refuse to write, by throwing. */
export function keeper(kind: 'localStorage' | 'sessionStorage'): Keeper {
  try {
    return window[kind];
  } catch {
    return cookies;
  }
}

/** Hear of what another tab keeps; gives what ends it. */
export function whenKept(tell: () => void): () => void {
  const ended = new AbortController();
  addEventListener('storage', tell, ended);
  // Cookies tell nobody that they have changed.
  const channel = channelOrNull();
  channel?.addEventListener('message', tell);
  return () => {
    ended.abort();
    channel?.close();
  };
}

const cookies: Keeper = {
  getItem(key) {
    const name = `${named(key)}=`;
    const found = document.cookie.split('; ').find((each) => each.startsWith(name));
    return found ? decodeURIComponent(found.slice(name.length)) : null;
  },
  setItem(key, value) {
    write(key, value, WEEK_S);
    // A cookie that is too long, or not allowed, is dropped without a word.
    if (cookies.getItem(key) !== value) throw new DOMException('not kept', 'QuotaExceededError');
  },
  removeItem(key) {
    write(key, '', 0);
  },
};

function write(key: string, value: string, seconds: number): void {
  // biome-ignore lint/suspicious/noDocumentCookie: the Cookie Store API is missing in Firefox ESR and on pages without TLS
  document.cookie = `${named(key)}=${encodeURIComponent(value)}; Max-Age=${seconds}; ${FOR_THIS_FRAME}`;
  const channel = channelOrNull();
  channel?.postMessage(key);
  channel?.close();
}

function named(key: string): string {
  return `__Host-${key.replaceAll(':', '-')}`;
}

function channelOrNull(): BroadcastChannel | null {
  try {
    return new BroadcastChannel(CHANNEL);
  } catch {
    return null;
  }
}
