import type { Activity } from 'botbuilder';
import type { ClaimsIdentity } from 'botframework-connector';
import { messageParts } from '../attachments/message-parts.ts';
import { MAX_TEXT_CHARS, type MessageReference, type Scope, type UserMessage } from '../conversation/user-message.ts';
import { fieldsOf, textOf } from '../json-access.ts';
import { type Messages, messagesFor } from '../messages/messages.ts';
import { type Capabilities, capabilitiesOf, channelOf, hasFileConsent } from './capabilities.ts';
import { chosenCommand } from './cards.ts';
import { textWithoutBot } from './mentions.ts';
import { quotedReplies } from './quoted-replies.ts';

/** What is needed of a request's caller to answer it later. */
export interface Caller {
  readonly identity: ClaimsIdentity;
  readonly audience: string | undefined;
  /** When its activity arrived, by the bot's clock. */
  readonly receivedAtMs: number;
}

/** The author of a message, as far as its channel verifies it. */
export interface Author {
  readonly isAllowed: boolean;
  readonly personKey: string;
  readonly verifiedIds: readonly string[];
}

/** The fields by which an answer is addressed. The HTTP guard has checked them. */
const ACTIVITY_FIELDS = ['type', 'id', 'channelId', 'serviceUrl', 'locale', 'callerId'] as const;
const ACCOUNT_FIELDS = ['id', 'name', 'aadObjectId', 'role'] as const;
const CONVERSATION_FIELDS = ['id', 'name', 'isGroup', 'conversationType', 'tenantId'] as const;
/** Names and attachments take memory while a message waits. */
const MAX_NAME_CHARS = 256;
const MAX_ATTACHMENTS = 100;
const MAX_FIELD_CHARS = 2_048;
const MAX_LOCALE_CHARS = 64;
const MAX_TEAM_CHARS = 256;

/** Names a conversation across channels. A channel id holds no slash, so two conversations never share a key. */
export function conversationKey(activity: Pick<Activity, 'channelId' | 'conversation'>): string {
  return `${channelOf(activity.channelId)}/${activity.conversation.id}`;
}

/** Reads a message activity, which may hold anything that passed the HTTP guard. */
export function toUserMessage(activity: Activity, caller: Caller, author: Author): UserMessage {
  const { text, attachments } = partsOf(activity);
  return {
    key: conversationKey(activity),
    activityId: activity.id ?? '',
    channel: channelOf(activity.channelId),
    scope: scopeOf(activity),
    user: { id: activity.from.id, name: activity.from.name?.slice(0, MAX_NAME_CHARS) || undefined },
    ...author,
    locale: localeOf(activity),
    timeZone: textOf(activity.localTimezone, MAX_LOCALE_CHARS),
    expectsReplies: expectsReplies(activity),
    // One more character than is allowed, so that the message is refused for its length.
    text: text.slice(0, MAX_TEXT_CHARS + 1),
    attachments,
    reference: toReference(activity, caller),
    team: teamOf(activity),
  };
}

/** Whether a team was deleted, or a channel of a team. Teams sends no `membersRemoved` for it. */
export function isTeamDeleted(activity: Activity): boolean {
  const { eventType } = fieldsOf(activity.channelData);
  const isDeleted = eventType === 'teamDeleted' || eventType === 'teamHardDeleted';
  return teamOf(activity) !== undefined && (isDeleted || deletedTeamChannelKey(activity) !== undefined);
}

/** The conversation key of a deleted channel of a team. The activity itself is in another conversation. */
export function deletedTeamChannelKey({ channelId, channelData }: Activity): string | undefined {
  const { eventType, channel } = fieldsOf(channelData);
  const id = eventType === 'channelDeleted' ? textOf(fieldsOf(channel)['id'], MAX_FIELD_CHARS) : '';
  return id ? conversationKey({ channelId, conversation: { id } as Activity['conversation'] }) : undefined;
}

/** The id of the team in whose channel an activity was sent. */
export function teamOf(activity: Activity): string | undefined {
  const { team } = fieldsOf(activity.channelData);
  const { hasTeams } = capabilitiesOf(activity.channelId, scopeOf(activity));
  return hasTeams ? textOf(fieldsOf(team)['id'], MAX_TEAM_CHARS) || undefined : undefined;
}

/** The texts in the language of an activity's user. */
export function messagesOf(activity: Activity): Messages {
  return messagesFor(localeOf(activity));
}

/**
 * Language, script and region of a locale; `undefined` if it is malformed or names none. The model is given it, and any
 * other part could be a sentence.
 */
function localeOf({ locale = '' }: Pick<Activity, 'locale'>): string | undefined {
  if (locale.length > MAX_LOCALE_CHARS) return undefined;
  try {
    const { language, script, region } = new Intl.Locale(locale.trim().split('.', 1)[0]?.replaceAll('_', '-') ?? '');
    // V8 reads no language in `und`.
    return [language, script, region].filter((part) => part !== undefined).join('-') || undefined;
  } catch {
    return undefined;
  }
}

/** Whether the caller wants the replies in the response to its request. */
export function expectsReplies({ deliveryMode }: Activity): boolean {
  return deliveryMode === 'expectReplies';
}

/** Whether one person or several talk with the bot, and where. */
export function scopeOf({ conversation }: Activity): Scope {
  switch (conversation.conversationType) {
    case 'channel':
      return 'channel';
    case 'groupChat':
      return 'group';
    case 'personal':
      return 'personal';
    default:
      return conversation.isGroup ? 'group' : 'personal';
  }
}

/** What the channel of an activity can take in its conversation. */
export function capabilitiesIn(activity: Activity): Capabilities {
  const capabilities = capabilitiesOf(activity.channelId, scopeOf(activity));
  return { ...capabilities, savesFiles: capabilities.savesFiles && hasFileConsent(activity.serviceUrl) };
}

/** The text and the attachments, in the order in which the model gets them. */
function partsOf(activity: Activity): Pick<UserMessage, 'text' | 'attachments'> {
  const { addressedBy, marksQuotes } = capabilitiesIn(activity);
  const withoutMentions = (text = '') => textWithoutBot({ ...activity, text }, addressedBy);
  const written = withoutMentions(activity.text) || chosenCommand(activity.value) || '';
  const parts = messageParts(written, (activity.attachments ?? []).slice(0, MAX_ATTACHMENTS), {
    quoted: quotedReplies(activity.entities),
    withoutMentions,
    hasMarkers: marksQuotes,
  });
  const attachments = parts.filter((part) => part.kind !== 'text');
  return { text: parts.find((part) => part.kind === 'text')?.text ?? '', attachments };
}

/** Where an activity is answered. */
export function toReference(activity: Activity, { identity, audience, receivedAtMs }: Caller): MessageReference {
  const { from, recipient, conversation } = activity;
  const sentAtMs = sentAtMsOf(activity);
  return {
    activity: {
      ...pick(activity, ACTIVITY_FIELDS),
      conversation: pick(conversation, CONVERSATION_FIELDS),
      ...(from === undefined ? {} : { from: pick(from, ACCOUNT_FIELDS) }),
      ...(recipient === undefined ? {} : { recipient: pick(recipient, ACCOUNT_FIELDS) }),
    },
    claims: identity.claims.map(({ type, value }) => ({ type, value })),
    audience,
    clockLeadMs: sentAtMs === undefined ? 0 : receivedAtMs - sentAtMs,
    ...(sentAtMs === undefined ? {} : { sentAtMs }),
  };
}

/** The activity that a reference leads back to, with the fields that `toReference` keeps. */
export function activityOf(reference: MessageReference): Activity {
  return reference.activity as unknown as Activity;
}

/**
 * When an activity was sent, by its own timestamp; `undefined` for a malformed one. A wrong one harms its own
 * conversation only.
 */
export function sentAtMsOf({ timestamp }: { readonly timestamp?: unknown }): number | undefined {
  const sentAtMs = typeof timestamp === 'string' ? Date.parse(timestamp) : Number.NaN;
  return Number.isNaN(sentAtMs) ? undefined : sentAtMs;
}

/** The named fields that are present. Long strings are cut. */
function pick<T extends object>(from: T, names: readonly (keyof T)[]): object {
  const short = (value: unknown) =>
    typeof value === 'string' ? value.slice(0, MAX_FIELD_CHARS).toWellFormed() : value;
  const present = names.filter((name) => from[name] !== undefined);
  return Object.fromEntries(present.map((name) => [name, short(from[name])]));
}
