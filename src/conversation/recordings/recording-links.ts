import { isSignatureValid, readLink, toLink } from '../../audio/signed-links.ts';
import type { Clock } from '../../clock.ts';
import type { Ids } from '../../ids.ts';
import { fieldsOf } from '../../json-access.ts';
import { keyDigest } from '../keys.ts';
import { isReference } from '../message-json.ts';
import type { LinkOwner, RecordingLink } from '../user-message.ts';

/**
 * Long enough to find a quiet place; not so long that a link forgotten in a browser speaks for somebody the next day.
 */
export const PAGE_LIFETIME_MS = 10 * 60_000;
/**
 * Recordings are accepted for longer than the page opens: three minutes to record, three to listen to it, two to upload
 * it, and two to spare.
 */
export const LINK_LIFETIME_MS = PAGE_LIFETIME_MS + 10 * 60_000;

/**
 * Recording links until they are used or expire. All calls but `claim` are safe to repeat. They reject with a
 * StoreError.
 */
export interface RecordingLinks {
  /** Replaces the earlier link of the same person in the same conversation. */
  create(owner: LinkOwner): Promise<RecordingLink>;
  /** Resolves with `undefined` for a link that is unknown, used or expired. */
  find(id: string): Promise<RecordingLink | undefined>;
  /** Deletes a link that is used. Resolves with true for one call only, over all instances. */
  claim(id: string): Promise<boolean>;
  /** Deletes the links of a conversation. */
  forget(key: string): Promise<void>;
}

/** The signed token in the URL of its page. Whoever has it can speak as the user. */
export function recordingLinkToken(recordingLink: RecordingLink): string {
  return toLink(recordingLink, recordingLink.opensUntilMs);
}

/** Finds a recording link by its token; `undefined` if the token is forged or the link has ended. */
export async function findRecordingLink(
  token: string,
  recordingLinks: RecordingLinks,
): Promise<RecordingLink | undefined> {
  const read = readLink(token);
  if (read === undefined) return undefined;
  const recordingLink = await recordingLinks.find(read.id);
  // The token expires with the page. Recordings are accepted for as long as the link is stored.
  return recordingLink !== undefined && isSignatureValid(read, recordingLink) ? recordingLink : undefined;
}

/** An id joins two digests and a secret, with 66 bits of each. */
const PART_CHARS = 11;

/** The slot of a recording link, `<conversation>/<person>`: a person has one in each conversation. */
export function slotOf(id: string): string {
  return `${id.slice(0, PART_CHARS)}/${id.slice(PART_CHARS, 2 * PART_CHARS)}`;
}

/** The fields of the owner alone. */
export function ownerFields({
  key,
  channel,
  scope,
  user,
  personKey,
  isAllowed,
  locale,
  reference,
}: LinkOwner): LinkOwner {
  return { key, channel, scope, user, personKey, isAllowed, locale, reference };
}

/** Creates a recording link that is valid from now on. */
export function recordingLinkOf(owner: LinkOwner, ids: Ids, clock: Clock): RecordingLink {
  const parts = [keyDigest(owner.key), keyDigest(owner.personKey), ids.secret()];
  const nowMs = clock.now();
  return {
    ...ownerFields(owner),
    id: parts.map((part) => part.slice(0, PART_CHARS)).join(''),
    linkKey: ids.secret(),
    opensUntilMs: nowMs + PAGE_LIFETIME_MS,
    expiresAtMs: nowMs + LINK_LIFETIME_MS,
  };
}

/** Reads a recording link from JSON; `undefined` for what no version of the bot has written. */
export function readRecordingLink(json: unknown): RecordingLink | undefined {
  const { id, linkKey, key, channel, personKey, reference, opensUntilMs, expiresAtMs } = fieldsOf(json);
  // Checks what every version writes: nobody but the bot writes there.
  const areTexts = [id, linkKey, key, channel, personKey].every((each) => typeof each === 'string');
  const areTimes = typeof opensUntilMs === 'number' && typeof expiresAtMs === 'number';
  return areTexts && areTimes && isReference(reference) ? (json as RecordingLink) : undefined;
}
