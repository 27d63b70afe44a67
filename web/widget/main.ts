// Starts the widget in its frame, and keeps the host page told.

import { ChatClient } from '../chat/client/client.ts';
import { theBrowser } from '../chat/client/surroundings.ts';
import type { ChatState } from '../chat/client/types.ts';
import type { Words } from '../chat/view/words.ts';
import type { ToFrame } from '../shared/messages.ts';
import { spoken } from '../texts/texts.ts';
import { WidgetApp } from './app.ts';
import { BRAND, readableOn, textOn } from './colors.ts';
import { readConfig } from './config.ts';
import { Host } from './host.ts';
import { apart, Memory } from './memory.ts';
import { chime } from './sound.ts';

const PHONE_PX = 480;
// What accents are read on, in both themes: --paper and --raised of style.css.
const PAPERS = { light: ['#f7f6f3', '#ffffff'], dark: ['#14171d', '#1f242d'] } as const;

const config = readConfig();
const memory = new Memory(config.site);
const color = config.color ?? BRAND;
const app = new WidgetApp();
const host = new Host(config.host, heard);
let chat: ChatClient | null = null;
let hasIdentity = false;
let isOpen = config.host === null;
let heardSeq = 0;

async function begin(language: string | null): Promise<void> {
  const wished = [language, ...navigator.languages].map((code) => spoken(code, config.languages));
  const first = wished.find((code) => code !== null) ?? config.default_language;
  const around = { ...theBrowser(), storage: () => apart(config.host) };
  const options = {
    url: location.origin,
    site: config.site,
    language: first,
    identity: async () => (hasIdentity ? host.identity() : null),
    identityRequired: config.identity === 'required',
  };
  chat = new ChatClient(options, around);
  await app.begin(chat, config, first, {
    close: () => host.tell({ type: 'close' }),
    widen: (on) => host.tell({ type: 'wide', on }),
    forget: () => memory.forget(),
    spoke: (words) => look(words),
    sound: {
      get isOn() {
        return memory.hasSound;
      },
      toggle: () => memory.setSound(!memory.hasSound),
    },
  });
  document.body.append(app);
  chat.subscribe(follow);
  document.addEventListener('visibilitychange', () => chat && follow(chat.state));
  if (isOpen) app.show();
  // The conversation goes on where it was; a phone's whole screen is not taken without being asked.
  else if (chat.resume() && memory.wasOpen && screen.width > PHONE_PX) host.tell({ type: 'open' });
}

function heard(message: ToFrame): void {
  switch (message.type) {
    case 'hello':
      theme(message.theme);
      hasIdentity = message.identity;
      if (!chat) void begin(message.language);
      break;
    case 'show':
      isOpen = true;
      if (app.isConnected) app.show();
      memory.setOpen(true);
      break;
    case 'hide':
      isOpen = false;
      memory.setOpen(false);
      break;
    case 'language':
      if (app.isConnected) app.suggest(message.language);
      break;
    case 'theme':
      theme(message.theme);
      break;
    case 'signed':
      hasIdentity = true;
      chat?.identityChanged();
      break;
  }
}

/** Count what is unread, and ring where nobody looks. */
function follow(state: ChatState): void {
  const isSeen = isOpen && document.visibilityState === 'visible';
  if (isSeen && state.unread > 0) chat?.markSeen();
  host.tell({ type: 'unread', count: isSeen ? 0 : state.unread });
  const last = state.lines.at(-1);
  const isNew = last !== undefined && heardSeq > 0 && last.seq > heardSeq && last.author !== 'person';
  if (isNew && memory.hasSound && !(isSeen && document.hasFocus())) chime();
  heardSeq = last?.seq ?? heardSeq;
}

function look(words: Words): void {
  const labels = {
    open: words.say('open'),
    close: words.say('close'),
    unread: words.say('unread'),
    title: words.say('title', { name: config.name }),
  };
  host.look({ color, text: textOn(color), language: words.language, labels });
}

function theme(name: string): void {
  document.documentElement.dataset['theme'] = name === 'dark' || name === 'light' ? name : 'auto';
}

const root = document.documentElement.style;
root.setProperty('--brand', color);
root.setProperty('--on-brand', textOn(color));
root.setProperty('--accent-light', readableOn(color, PAPERS.light));
root.setProperty('--accent-dark', readableOn(color, PAPERS.dark));
theme('auto');
if (config.host === null) void begin(null);
else host.tell({ type: 'ready' });
