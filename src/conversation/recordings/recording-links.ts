import { isSignatureValid, readLink, toLink } from '../../audio/signed-links.ts';
import type { Clock } from '../../clock.ts';
import type { Ids } from '../../ids.ts';
import { fieldsOf } from '../../json-access.ts';
import { conversationId, personId } from '../keys.ts';
import { isReference } from '../message-json.ts';
import type { LinkOwner, RecordingLink } from '../user-message.ts';

export type { LinkOwner, RecordingLink } from '../user-message.ts';

/** Long enough to find a quiet place; not so long that a link forgotten in a browser speaks for somebody the next day. */
export const OPENS_FOR_MS = 10 * 60_000;
/** A recording that was begun in time may be sent: three minutes of audio, and two to upload it. */
export const HOLDS_FOR_MS = OPENS_FOR_MS + 5 * 60_000;

/** Recording links until they are used, or too old. All calls but `claim` are safe to call again; they reject with a StoreError. */
export interface RecordingLinks {
  /** Ends the earlier one of the same person in the same conversation. */
  create(owner: LinkOwner): Promise<RecordingLink>;
  /** `undefined` when there is none, or not any more. */
  find(id: string): Promise<RecordingLink | undefined>;
  /** Uses it up. True for one call alone, on whichever instance. */
  claim(id: string): Promise<boolean>;
  /** Ends all of a conversation. */
  forget(key: string): Promise<void>;
}

/** The name of its page, which is the only key to it. */
export function recordingLinkName(recordingLink: RecordingLink): string {
  return toLink(recordingLink, recordingLink.opensUntilMs);
}

/** The recording link behind a link; `undefined` for one that nobody was given, or that has ended. */
export async function findRecordingLink(
  link: string,
  recordingLinks: RecordingLinks,
): Promise<RecordingLink | undefined> {
  const read = readLink(link);
  if (read === undefined) return undefined;
  const recordingLink = await recordingLinks.find(read.audioId);
  // The link's own end is that of its page; for sending, that of the recording link counts.
  return recordingLink !== undefined && isSignatureValid(read, recordingLink) ? recordingLink : undefined;
}

/** An id joins two digests and a secret, with 66 bits of each. */
const PART_CHARS = 11;

/** Names the one recording link of a person in a conversation, by its id: `<conversation>/<person>`. */
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

/** A recording link from now on. */
export function recordingLinkOf(owner: LinkOwner, ids: Ids, clock: Clock): RecordingLink {
  const parts = [conversationId(owner.key), personId(owner.personKey), ids.secret()];
  const nowMs = clock.now();
  return {
    ...ownerFields(owner),
    id: parts.map((part) => part.slice(0, PART_CHARS)).join(''),
    linkKey: ids.secret(),
    opensUntilMs: nowMs + OPENS_FOR_MS,
    expiresAtMs: nowMs + HOLDS_FOR_MS,
  };
}

/** Reads a recording link from JSON; `undefined` for what no version of the bot has written. */
export function readRecordingLink(json: unknown): RecordingLink | undefined {
  return isRecordingLink(json) ? json : undefined;
}

/** Checks what every version writes: nobody but the bot writes there. */
function isRecordingLink(value: unknown): value is RecordingLink {
  const { id, linkKey, key, channel, personKey, reference, opensUntilMs, expiresAtMs } = fieldsOf(value);
  const areTexts = [id, linkKey, key, channel, personKey].every((each) => typeof each === 'string');
  const areTimes = typeof opensUntilMs === 'number' && typeof expiresAtMs === 'number';
  return areTexts && areTimes && isReference(reference);
}
