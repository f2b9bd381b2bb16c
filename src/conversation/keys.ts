import { hash } from 'node:crypto';

/** This many characters of a digest have 132 bits, which no two conversations share by accident or on purpose. */
const NAME_CHARS = 22;

/** Stands for a key in a store: it may be long, and hold characters that no file or address can. */
export function conversationDigest(key: string): string {
  return digest(key);
}

/** Whether two keys name the same conversation, or threads of one channel in Teams, which differ only in a suffix. */
export function isSameOrSiblingThread(key: string, other: string): boolean {
  return key.split(';messageid=', 1)[0] === other.split(';messageid=', 1)[0];
}

/** Stands for a person in a store: see `personKey` of a message. */
export function personDigest(personKey: string): string {
  return digest(personKey);
}

/** Stands for an activity, within its conversation. */
export function activityDigest({ activityId }: { readonly activityId: string }): string {
  return digest(activityId);
}

/** The key of an activity among those of all conversations: activity ids are unique only within one. */
export function activityKey({ key, activityId }: { readonly key: string; readonly activityId: string }): string {
  return JSON.stringify([key, activityId]);
}

function digest(text: string): string {
  return hash('sha256', text, 'base64url').slice(0, NAME_CHARS);
}
