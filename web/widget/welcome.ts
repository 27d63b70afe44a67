// What a conversation begins with: a greeting, and what people often ask.

import type { ChatState } from '../chat/client/types.ts';
import { h, toggle } from '../chat/view/dom.ts';
import type { Words } from '../chat/view/words.ts';
import type { Config } from './config.ts';

export class WidgetWelcome {
  readonly top = h('p', { class: 'greeting' });
  readonly bottom = h('div', { class: 'often' });

  constructor(words: Words, config: Config, ask: (text: string) => void) {
    const { language } = words;
    const requests = config.requests[language] ?? [];
    this.top.append(config.greeting[language] ?? words.say('greeting'));
    if (requests.length === 0) return;
    const chips = requests.map((text) =>
      h('li', {}, h('button', { type: 'button', class: 'choice', onclick: () => ask(text) }, text)),
    );
    this.bottom.append(
      h('h2', { id: 'guichet-often' }, words.say('frequent')),
      h('ul', { 'aria-labelledby': 'guichet-often' }, ...chips),
    );
  }

  /** Suggestions come after the notices, and go when somebody has spoken. */
  draw(state: ChatState): void {
    const hasSpoken = state.pending.length > 0 || state.lines.some((line) => line.author === 'person');
    toggle(this.bottom, state.conversation !== null && !hasSpoken && this.bottom.childElementCount > 0);
  }
}
