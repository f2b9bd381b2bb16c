import { fieldsOf } from '../json-access.ts';
import type { MessageAttachment, UserMessage } from './user-message.ts';

/** An accepted message as the data of a job. */
export interface MessageJson {
  readonly version: number;
  readonly message: UserMessage;
}

/** The version of the messages that are written. */
const MESSAGE_VERSION = 1;

/** The message as JSON data. */
export function writeMessage(message: UserMessage): MessageJson {
  return { version: MESSAGE_VERSION, message };
}

/** Reads a message of any version; `undefined` for what no version of the bot has written. */
export function readMessage(json: unknown): UserMessage | undefined {
  const { message } = fieldsOf(json);
  return isMessage(message) ? restored(message) : undefined;
}

/** Checks what every version writes. The rest was written by the bot, and nobody else may write there. */
function isMessage(value: unknown): value is UserMessage {
  const { key, activityId, channel, text, user, attachments, reference } = fieldsOf(value);
  const texts = [key, activityId, channel, text, fieldsOf(user)['id']];
  const areTexts = texts.every((each) => typeof each === 'string');
  const isWhole = areTexts && Array.isArray(attachments) && attachments.every((each) => isObject(each));
  return isWhole && isObject(fieldsOf(reference)['activity']) && Array.isArray(fieldsOf(reference)['claims']);
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null;
}

/** JSON leaves out what is `undefined`. */
function restored(message: UserMessage): UserMessage {
  const { user, reference, attachments } = message;
  return {
    ...message,
    locale: message.locale,
    user: { ...user, name: user.name, aadObjectId: user.aadObjectId },
    personKey: message.personKey ?? message.key,
    // A kind that this version does not know was written by a newer one, and is not read.
    attachments: attachments.flatMap((attachment) => restoredAttachment(attachment) ?? []),
    reference: { ...reference, audience: reference.audience },
  };
}

function restoredAttachment(attachment: MessageAttachment): MessageAttachment | undefined {
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
  return undefined;
}
