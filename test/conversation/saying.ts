// Values for tests of stores: messages and conversation keys.
import type { UserMessage } from '../../src/conversation/user-message.ts';

/** A message with every optional field missing. */
export const saying = (activityId: string, fields: Partial<UserMessage> = {}): UserMessage => ({
  key: 'msteams/a',
  activityId,
  channel: 'msteams',
  scope: 'personal',
  user: { id: 'user', name: undefined },
  personKey: '["msteams","user"]',
  isAllowed: true,
  locale: undefined,
  expectsReplies: false,
  text: 'ü 日本 😀',
  attachments: [
    { kind: 'file', url: 'https://a.example/b', name: undefined, claimedType: 'image/png' },
    { kind: 'file', url: '', attachmentId: '0-x', name: undefined, claimedType: 'image/*' },
    { kind: 'recording', audioId: 'abc' },
  ],
  reference: { activity: { id: activityId }, claims: [{ type: 'aud', value: 'x' }], audience: undefined },
  ...fields,
});

/** Conversation keys that are hard to store. */
export const KEYS = ['a', '', 'ü/日本語?#%', 'x'.repeat(5_000), '../../etc/passwd', 'A'];
