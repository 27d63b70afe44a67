// What is said above the conversation: that the desk is away, to wait a little, or the place in the queue. Pure.

import type { ChatState } from '../chat/client/types.ts';
import type { Words } from '../chat/view/words.ts';

export function noticeOf(state: ChatState, words: Words): string {
  if (state.phase === 'offline') return words.say('offline');
  if (state.waitMs > 0) return words.say('slowDown');
  if (state.speaker !== 'waiting' || state.phase !== 'online') return '';
  const { position } = state;
  const place = position === 1 ? words.say('next') : position ? words.say('position', { position }) : '';
  return [place, words.say('waitingLong')].filter(Boolean).join('. ').replace('..', '.');
}
