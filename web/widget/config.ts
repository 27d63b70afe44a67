// What the desk says about the site, in the page itself.

import type { Language } from '../texts/texts.ts';

export interface Config {
  site: string;
  name: string;
  host: string | null;
  languages: Language[];
  default_language: Language;
  color: string | null;
  logo: string | null;
  greeting: Partial<Record<Language, string>>;
  requests: Partial<Record<Language, string[]>>;
  privacy: string;
  identity: 'none' | 'offered' | 'required';
  files: { max_bytes: number } | null;
  characters: number;
}

/** The desk's own words: a page without them is a broken installation, and nothing can be shown. */
export function readConfig(): Config {
  return JSON.parse(document.getElementById('guichet-config')?.textContent ?? '') as Config;
}
