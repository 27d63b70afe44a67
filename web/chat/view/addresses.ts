// Which addresses may be followed from a text, whoever wrote it: https, mailto, and the desk's own pages. Pure.

const SCHEMES = new Set(['https:', 'mailto:']);
const BARE = /^https?:\/\/[^\s<>"'`()[\]{}\\^|]+/i;
const LONGEST = 2_000;
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const HIDDEN = /[\u0000-\u0020\u007f-\u00a0\u200b-\u200f\u2028-\u202f\u2060-\u206f\ufeff\\]/;

/** The address in full, or null where it must not be followed. */
export function safeAddress(written: string, origin: string): string | null {
  if (!written || written.length > LONGEST || HIDDEN.test(written) || written.startsWith('//')) return null;
  try {
    if (written.startsWith('/')) return new URL(written, origin).href;
    const url = new URL(written);
    if (url.username || url.password) return null;
    const isOwn = url.origin === origin && url.protocol === 'http:';
    return SCHEMES.has(url.protocol) || isOwn ? url.href : null;
  } catch {
    return null;
  }
}

/** The bare address that begins here and may be followed, without the punctuation that ends a sentence. */
export function addressAt(text: string, at: number, origin: string): string | null {
  if (text[at] !== 'h' && text[at] !== 'H') return null;
  const found = BARE.exec(text.slice(at, at + LONGEST))?.[0].replace(/[.,;:!?*_~]+$/, '');
  return found && safeAddress(found, origin) ? found : null;
}

/** Whether a label promises another place than the one it leads to. */
export function isMisleading(label: string, href: string): boolean {
  const promised = /^\s*(?:https?:\/\/)?((?:[\p{L}\p{N}-]+\.)+\p{L}{2,})/iu.exec(label)?.[1];
  if (!promised) return false;
  try {
    return new URL(href).hostname.toLowerCase() !== promised.toLowerCase();
  } catch {
    return true;
  }
}
