import { fieldsOf } from '../json-access.ts';
import type { UserMessage } from './user-message.ts';

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

/** Reads a message of any version; `undefined` for what no version of the bot has written. Fields may be left out. */
export function readMessage(json: unknown): UserMessage | undefined {
  const { message } = fieldsOf(json);
  const { key, activityId, channel, text, personKey, user, attachments, reference } = fieldsOf(message);
  // Checks what every version writes: nobody but the bot writes there.
  const areTexts = [key, activityId, channel, text, personKey].every((each) => typeof each === 'string');
  const areAttachments = Array.isArray(attachments) && attachments.every(isObject);
  return areTexts && isObject(user) && areAttachments && isReference(reference) ? (message as UserMessage) : undefined;
}

/** Whether it is a reference to where an answer goes. */
export function isReference(value: unknown): boolean {
  const { activity, claims } = fieldsOf(value);
  return isObject(activity) && Array.isArray(claims);
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null;
}
