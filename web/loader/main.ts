// The script an intranet page includes: a button, and the counter in a frame of the desk's own (TRUST WW-2).
//
// It stores nothing, reads nothing of the page, and styles nothing of it.

import { Counter } from './counter.ts';

interface Api {
  open(): void;
  close(): void;
  identify(source: (() => Promise<string | null>) | null): void;
  language(code: string): void;
  theme(name: string): void;
  destroy(): void;
}

declare global {
  interface Window {
    guichet?: Api;
  }
}

function start(script: HTMLScriptElement): void {
  const { site, language, theme, position, identity } = script.dataset;
  if (!site) {
    console.warn('guichet: the script tag needs data-site');
    return;
  }
  const counter = new Counter({
    desk: new URL(script.src).origin,
    site,
    language: language ?? (document.documentElement.lang || null),
    theme: theme ?? 'auto',
    isLeft: position === 'left',
    identity: identity ? () => askHost(identity) : null,
  });
  const begin = (): void => counter.begin();
  window.guichet = {
    open: () => counter.show(true),
    close: () => counter.hide(),
    identify: (source) => counter.identify(source),
    language: (code) => counter.tell({ type: 'language', language: code }),
    theme: (name) => counter.tell({ type: 'theme', theme: name }),
    destroy: () => {
      removeEventListener('load', begin);
      counter.destroy();
      delete window.guichet;
    },
  };
  // The page comes first: the frame is fetched when the page is there.
  if (document.readyState === 'complete') begin();
  else addEventListener('load', begin);
}

/** A fresh signed identity from the page's own back end; null when nobody is signed in. */
async function askHost(address: string): Promise<string | null> {
  const url = new URL(address, location.href);
  if (url.origin !== location.origin)
    throw new Error('guichet: data-identity must be an address of this site');
  const answer = await fetch(url, { credentials: 'same-origin', cache: 'no-store' });
  if (answer.status === 204 || answer.status === 401) return null;
  if (!answer.ok) throw new Error(`guichet: ${address} answered ${answer.status}`);
  return (await answer.text()).trim() || null;
}

if (document.currentScript instanceof HTMLScriptElement && !window.guichet) start(document.currentScript);
