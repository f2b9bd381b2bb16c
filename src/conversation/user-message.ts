import type { MessagePart, SentFile } from '../attachments/message-parts.ts';
import type { LinkSecret } from '../audio/signed-links.ts';

/** A longer message is refused: it would crowd out the history. */
export const MAX_TEXT_CHARS = 20_000;

/** Whether one person or several talk with the bot, and where. */
export type Scope = 'personal' | 'group' | 'channel';

export interface MessageUser {
  readonly id: string;
  readonly name: string | undefined;
}

/** What came along with the text of a message, not fetched and not read yet. */
export type MessageAttachment =
  | Exclude<MessagePart, { readonly kind: 'text' }>
  /** Recorded on the bot's own page; it is in the audio store. */
  | { readonly kind: 'recording'; readonly audioId: string };

/** Gets a file that somebody sent, with the channel's own rules. Rejects with an AttachmentError. */
export type FetchFile = (file: SentFile, reference: MessageReference, signal: AbortSignal) => Promise<Uint8Array>;

/**
 * Where the answer goes. Plain JSON, so that it can be stored and used by another process; only `channel/` looks
 * inside.
 */
export interface MessageReference {
  readonly activity: Readonly<Record<string, unknown>>;
  readonly claims: readonly { readonly type: string; readonly value: string }[];
  readonly audience: string | undefined;
  /**
   * How far the bot's clock was ahead of the channel's when the message arrived, in milliseconds, plus the time it took
   * to arrive. Negative if the clock was behind. Default 0: the channel gave no time.
   */
  readonly clockLeadMs?: number;
  /** When the message was sent, by the channel's clock, in milliseconds since the epoch. */
  readonly sentAtMs?: number;
}

/** A user's message, with nothing of Bot Framework in it but the reference. */
export interface UserMessage {
  /** Names the conversation across all channels. */
  readonly key: string;
  readonly activityId: string;
  readonly channel: string;
  readonly scope: Scope;
  readonly user: MessageUser;
  /**
   * Limits per person count by this key: the verified person's, the same in all conversations, or the conversation's if
   * the channel verifies nobody. Not `user.id`, which the client may claim.
   */
  readonly personKey: string;
  /** False for people whom the operator has not let in: their messages are refused. */
  readonly isAllowed: boolean;
  /**
   * The ids of the user that the channel verifies, as `ALLOWED_USERS` may name them; the object id of Entra ID is the
   * last, if there is one. Default: none.
   */
  readonly verifiedIds?: readonly string[];
  readonly locale: string | undefined;
  /** The IANA name of the user's time zone; `undefined` where the channel does not give it. */
  readonly timeZone?: string | undefined;
  /** Whether the reply goes back in the response to the request (`deliveryMode`), and not by a call to the channel. */
  readonly expectsReplies: boolean;
  /** Without the bot's mentions, trimmed; empty if there was no text. */
  readonly text: string;
  readonly attachments: readonly MessageAttachment[];
  /** Set for a decision about a call, which has no other content: the id of the approval. */
  readonly approvalId?: string;
  /** Whether the card shows that decision, so that the answer does not begin with it. Default: false. */
  readonly isDecisionShown?: boolean;
  readonly reference: MessageReference;
  /**
   * The team of Microsoft Teams whose channel it was written in. A bot that is removed from it forgets all of its
   * threads.
   */
  readonly team?: string | undefined;
}

/** Whom a recording link belongs to, and where the answer goes. */
export type LinkOwner = Pick<
  UserMessage,
  'key' | 'channel' | 'scope' | 'user' | 'personKey' | 'isAllowed' | 'locale' | 'reference'
>;

/**
 * Lets one user record messages for one conversation, on the bot's page. The id is not secret. The signed token in the
 * URL is: whoever has it can speak as the user.
 */
export interface RecordingLink extends LinkOwner, LinkSecret {
  /** The end of the time in which its page is shown. */
  readonly opensUntilMs: number;
  /** The end of the time in which recordings are accepted. */
  readonly expiresAtMs: number;
}
