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
  return isMessage(message) ? message : undefined;
}

/** Checks what every version writes: nobody but the bot writes there. */
function isMessage(value: unknown): value is UserMessage {
  const { key, activityId, channel, text, personKey, user, attachments, reference } = fieldsOf(value);
  const areTexts = [key, activityId, channel, text, personKey].every((each) => typeof each === 'string');
  return (
    areTexts && isObject(user) && Array.isArray(attachments) && attachments.every(isObject) && isReference(reference)
  );
}

/** Whether it is a reference to where an answer goes. */
export function isReference(value: unknown): boolean {
  const { activity, claims } = fieldsOf(value);
  return isObject(activity) && Array.isArray(claims);
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null;
}
