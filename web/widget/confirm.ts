import { h } from '../chat/view/dom.ts';
import type { Words } from '../chat/view/words.ts';

/** Ask before something is done that cannot be taken back; true for yes. */
export function confirmed(question: string, words: Words): Promise<boolean> {
  return new Promise((resolve) => {
    const dialog = h(
      'dialog',
      { class: 'confirm', 'aria-labelledby': 'guichet-question' },
      h('p', { id: 'guichet-question' }, question),
      h(
        'div',
        { class: 'answers' },
        h('button', { type: 'button', class: 'choice', onclick: () => dialog.close('') }, words.say('no')),
        h(
          'button',
          { type: 'button', class: 'choice yes', onclick: () => dialog.close('yes') },
          words.say('yes'),
        ),
      ),
    );
    dialog.addEventListener('close', () => {
      dialog.remove();
      resolve(dialog.returnValue === 'yes');
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}
