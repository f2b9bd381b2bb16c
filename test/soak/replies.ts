import { en as wording } from '../../src/messages/en.ts';
import { linkIn } from '../support/kit/drivers.ts';
import type { Send } from './ledger.ts';

/** What a user got. `refused`: too many messages wait; `other`: nothing that the bot is known to say. */
export type ReplyKind = 'spoken' | 'text' | 'cutShort' | 'filtered' | 'apology' | 'refused' | 'restarting' | 'other';

/** What the bot says, by its own words. */
export function replyKind({ text, hasAudio }: Pick<Send, 'text' | 'hasAudio'>): ReplyKind {
  if (text === wording.queueFull) return 'refused';
  if (text === wording.shuttingDown) return 'restarting';
  // What was shown of it before stands above.
  if (text.includes(wording.cutShort.filter)) return 'filtered';
  if (/\(incident [0-9a-f]{8}\)$/.test(text)) return text.includes(wording.shuttingDown) ? 'restarting' : 'apology';
  if (text.includes(wording.cutShort.length) || text.includes(wording.cutShort.lost)) return 'cutShort';
  if (!/^c\d+-m\d+ /.test(text)) return 'other';
  return hasAudio || linkIn(text) !== undefined ? 'spoken' : 'text';
}

const NOTICES = {
  'the answer comes later': wording.storage.lasting,
  'please send that again': wording.storage.notKept,
  'the stream ends, the answer follows': wording.interrupted,
} as const;

/** What is said beside the answer, which is still to come, or was never accepted. */
export function noticeIn(text: string): string | undefined {
  // What was shown of the answer before stands above.
  return Object.entries(NOTICES).find(([, notice]) => text.endsWith(notice))?.[0];
}
