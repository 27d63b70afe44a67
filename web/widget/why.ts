// Why something did not work, in words. Pure.

import { ChatError } from '../chat/client/errors.ts';
import type { Words } from '../chat/view/words.ts';
import { fill } from '../texts/texts.ts';
import type { Config } from './config.ts';

export function whyOf(error: unknown, config: Config, words: Words): string {
  const { code, waitMs } = error instanceof ChatError ? error : { code: 'other', waitMs: 0 };
  const megabytes = Math.round((config.files?.max_bytes ?? 0) / 1_048_576);
  return fill(words.of('why_', code, 'why_other'), { megabytes, seconds: Math.ceil(waitMs / 1_000) });
}
