import { fieldsOf } from '../../fields.ts';
import type { PendingMessage } from '../pending-store.ts';
import type { TurnAttachment, UserMessage } from '../user-message.ts';
import { objectIn } from './record-json.ts';

type Written = Omit<PendingMessage, 'tries'>;

/** An accepted message as it is stored. */
export function writePending({ turn, acceptedAtMs }: Written): Buffer {
  return Buffer.from(JSON.stringify({ turn, acceptedAtMs }));
}

/** `undefined` for what no version of the bot has written. */
export function readPending(body: Buffer): Written | undefined {
  const { turn, acceptedAtMs } = objectIn(body) ?? {};
  return isTurn(turn) && typeof acceptedAtMs === 'number' ? { turn: restored(turn), acceptedAtMs } : undefined;
}

/** Only what every version writes is asked for; the rest was written by us, and nobody else may write here. */
function isTurn(value: unknown): value is UserMessage {
  const { key, activityId, channel, text, user, attachments, reference } = fieldsOf(value);
  const texts = [key, activityId, channel, text, fieldsOf(user)['id']];
  const isWhole = texts.every((each) => typeof each === 'string') && Array.isArray(attachments);
  return isWhole && typeof fieldsOf(reference)['activity'] === 'object' && Array.isArray(fieldsOf(reference)['claims']);
}

/** JSON leaves out what is `undefined`. */
function restored(turn: UserMessage): UserMessage {
  const { user, reference, attachments } = turn;
  return {
    ...turn,
    locale: turn.locale,
    user: { ...user, name: user.name, aadObjectId: user.aadObjectId },
    // Older versions did not write it.
    personKey: turn.personKey ?? turn.key,
    // Those of an older version have no kind: they were not read then, either.
    attachments: attachments.filter(({ kind }) => typeof kind === 'string').map(restoredAttachment),
    reference: { ...reference, audience: reference.audience },
  };
}

function restoredAttachment(attachment: TurnAttachment): TurnAttachment {
  switch (attachment.kind) {
    case 'file':
      return { ...attachment, name: attachment.name, fileType: attachment.fileType };
    case 'quote':
      return { ...attachment, author: attachment.author };
    case 'recording':
    case 'teamsVoiceClip':
    case 'teamsVideoClip':
    case 'tooManyFiles':
    case 'keptBack':
    case 'loop':
    case 'unreadable':
      return attachment;
  }
}
