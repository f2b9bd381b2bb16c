import { isGenuine, type LinkedAudio, readLink, toLink } from '../audio/links.ts';
import type { Clock } from '../clock.ts';
import type { UserTurn } from './turn.ts';

/** Who is invited to speak, and where the answer goes. */
export type Guest = Pick<
  UserTurn,
  'key' | 'channel' | 'scope' | 'user' | 'personKey' | 'isAllowed' | 'locale' | 'reference'
>;

/**
 * An invitation to one user of one conversation: what is spoken by it is that user's next message. Its id opens nothing
 * by itself, and may stand on a card that others see; whoever has its link may speak for the user.
 */
export interface Invitation extends Guest, LinkedAudio {
  /** Until then its page is shown. */
  readonly opensUntilMs: number;
  /** Until then what was spoken is taken. */
  readonly expiresAtMs: number;
}

/** Long enough to find a quiet place; not so long that a link forgotten in a browser speaks for somebody the next day. */
export const OPENS_FOR_MS = 10 * 60_000;
/** What was begun in time may be sent: three minutes of sound, and two for its way. */
export const HOLDS_FOR_MS = OPENS_FOR_MS + 5 * 60_000;

/** Invitations until they are used, or too old. All calls but `take` are safe to call again; they reject with a StoreError. */
export interface Invitations {
  create(guest: Guest): Promise<Invitation>;
  /** `undefined` when there is none, or not any more. */
  find(id: string): Promise<Invitation | undefined>;
  /** Uses it up. True for one call alone, on whichever instance. */
  take(id: string): Promise<boolean>;
  /** Ends all of a conversation. */
  forget(key: string): Promise<void>;
}

/** The name of its page, which is the only key to it. */
export function invitationLink(invitation: Invitation): string {
  return toLink(invitation, invitation.opensUntilMs);
}

/** The invitation behind a link; `undefined` for one that nobody was given, or that has ended. */
export async function findInvitation(link: string, invitations: Invitations): Promise<Invitation | undefined> {
  const read = readLink(link);
  if (read === undefined) return undefined;
  const invitation = await invitations.find(read.audioId);
  // The link's own end is that of its page; for sending, that of the invitation counts.
  return invitation !== undefined && isGenuine(read, invitation, 0) ? invitation : undefined;
}

/** An invitation from now on. */
export function invitationOf(guest: Guest, names: LinkedAudio, clock: Clock): Invitation {
  const { key, channel, scope, user, personKey, isAllowed, locale, reference } = guest;
  const nowMs = clock.now();
  return {
    ...{ key, channel, scope, user, personKey, isAllowed, locale, reference },
    ...{ id: names.id, linkKey: names.linkKey },
    opensUntilMs: nowMs + OPENS_FOR_MS,
    expiresAtMs: nowMs + HOLDS_FOR_MS,
  };
}
