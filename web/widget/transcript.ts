// The conversation as a text file of the person's own.

import type { ChatState } from '../chat/client/types.ts';
import { h } from '../chat/view/dom.ts';
import { authorName } from '../chat/view/line.ts';
import type { Words } from '../chat/view/words.ts';

/** Every line with its moment and author, as plain text. */
export function transcript(state: ChatState, name: string, words: Words): Blob {
  const lines = state.lines.map((line) => {
    const sources = line.sources.map(
      (source) => `  ${words.say('sources')}: ${source.title} <${new URL(source.url, location.origin).href}>`,
    );
    const picture = line.file ? [`  [${words.say('screenshot')}: ${line.file.name}]`] : [];
    const said = `${words.moment(new Date(line.at))} — ${authorName(line, words)}\n${line.text}`;
    return [said, ...picture, ...sources].join('\n');
  });
  const text = `${[words.say('transcript', { name }), ...lines].join('\n\n')}\n`;
  return new Blob(['\ufeff', text], { type: 'text/plain;charset=utf-8' });
}

/** Hand a file over. */
export function save(file: Blob, name: string): void {
  const href = URL.createObjectURL(file);
  h('a', { href, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(href), 60_000);
}
