import { en as texts } from '../../src/messages/en.ts';
import { linkIn } from '../support/kit/fake-servers.ts';
import type { Send } from './ledger.ts';

/** What a user got. `refused`: the queue was full; `other`: an unknown text. */
export type ReplyKind = 'spoken' | 'text' | 'cutShort' | 'filtered' | 'apology' | 'refused' | 'restarting' | 'other';

/** Classifies a reply by the bot's texts. */
export function replyKind({ text, hasAudio }: Pick<Send, 'text' | 'hasAudio'>): ReplyKind {
  if (text === texts.queueFull) return 'refused';
  if (text === texts.apologies.restarting) return 'restarting';
  // The text shown before the filter comes first.
  if (text.includes(texts.cutShort.filter)) return 'filtered';
  if (/\(incident [0-9a-f]{8}\)$/.test(text))
    return text.includes(texts.apologies.restarting) ? 'restarting' : 'apology';
  if (text.includes(texts.cutShort.length) || text.includes(texts.cutShort.lost)) return 'cutShort';
  if (!/^c\d+-m\d+ /.test(text)) return 'other';
  return hasAudio || linkIn(text) !== undefined ? 'spoken' : 'text';
}

const NOTICES = {
  'the answer comes later': texts.storage.delayed,
  'please send that again': texts.storage.notStored,
  'the stream ends, the answer follows': texts.interrupted,
} as const;

/** The kind of notice at the end of a text, if any. A notice is no answer. */
export function noticeIn(text: string): string | undefined {
  // The part of the answer shown before comes first.
  return Object.entries(NOTICES).find(([, notice]) => text.endsWith(notice))?.[0];
}
