import { hash } from 'node:crypto';

/** This many characters of a digest have 132 bits, which no two keys share by accident or on purpose. */
const DIGEST_CHARS = 22;

/**
 * Stands for the key of a conversation or a person in a store: a key may be long, and hold characters that no file or
 * address can.
 */
export function keyDigest(key: string): string {
  return hash('sha256', key, 'base64url').slice(0, DIGEST_CHARS);
}

/** Whether two keys name the same conversation, or threads of one channel in Teams, which differ only in a suffix. */
export function isSameOrSiblingThread(key: string, other: string): boolean {
  return key.split(';messageid=', 1)[0] === other.split(';messageid=', 1)[0];
}

/** Stands for an activity, within its conversation. */
export function activityDigest({ activityId }: { readonly activityId: string }): string {
  return keyDigest(activityId);
}
