import type { Activity, ConversationReference, TurnContext } from 'botbuilder';
import { ClaimsIdentity } from 'botframework-connector';
import { LRUCache } from 'lru-cache';
import { messageParts } from '../attachments/message-parts.ts';
import { MAX_TEXT_CHARS, type MessageReference, type Scope, type UserMessage } from '../conversation/user-message.ts';
import { fieldsOf, textOf } from '../json-access.ts';
import { capabilitiesOf, channelOf } from './capabilities.ts';
import { chosenCommand } from './choice-card.ts';
import { textWithoutBot } from './mentions.ts';
import { quotedReplies } from './quoted-replies.ts';

/** What of the caller is needed to answer it later. */
export interface Caller {
  readonly identity: ClaimsIdentity;
  readonly audience: string | undefined;
  /** When its activity arrived, by the bot's clock. */
  readonly receivedAtMs: number;
}

/** What was found out of the sender of a message, by what its channel vouches for. */
export interface Sender {
  readonly isAllowed: boolean;
  readonly personKey: string;
  readonly vouchedIds: readonly string[];
}

/** What of an account and of a conversation an answer is addressed by: checked before, and small. */
const ACCOUNT_FIELDS = ['id', 'name', 'aadObjectId', 'role'] as const;
const CONVERSATION_FIELDS = ['id', 'name', 'isGroup', 'conversationType', 'tenantId'] as const;
/** Names and attachments are kept while a message waits: there are bounds to both. */
const MAX_NAME_CHARS = 256;
const MAX_ATTACHMENTS = 100;
const MAX_FIELD_CHARS = 2_048;
const MAX_LOCALE_CHARS = 64;
const MAX_LOCALES = 200;
const MAX_TEAM_CHARS = 256;

/** Names a conversation across channels. A channel id holds no slash, so two conversations never share a key. */
export function conversationKey(activity: Pick<Activity, 'channelId' | 'conversation'>): string {
  return `${channelOf(activity.channelId)}/${activity.conversation.id}`;
}

/** Whether two keys name conversations of the same people: the threads of a channel of Teams are told apart by a suffix. */
export function isSameTalk(key: string, other: string): boolean {
  return key.split(';messageid=', 1)[0] === other.split(';messageid=', 1)[0];
}

/** A message activity as a turn. Reads only; the activity may hold anything that passed the HTTP guard. */
export function toUserMessage(activity: Activity, caller: Caller, sender: Sender): UserMessage {
  const { text, attachments } = partsOf(activity);
  return {
    key: conversationKey(activity),
    activityId: activity.id ?? '',
    channel: channelOf(activity.channelId),
    scope: scopeOf(activity),
    user: {
      id: activity.from.id,
      name: activity.from.name?.slice(0, MAX_NAME_CHARS) || undefined,
      aadObjectId: activity.from.aadObjectId,
    },
    ...sender,
    locale: localeOf(activity),
    ...timeZoneOf(activity),
    isInBand: isInBand(activity),
    // One more than is read, so that it is refused for its length.
    text: text.slice(0, MAX_TEXT_CHARS + 1),
    attachments,
    reference: toReference(activity, caller),
    ...teamOf(activity),
  };
}

function timeZoneOf({ localTimezone }: { readonly localTimezone?: unknown }): { readonly timeZone?: string } {
  const timeZone = textOf(localTimezone, MAX_LOCALE_CHARS);
  return timeZone === undefined ? {} : { timeZone };
}

/** Whether a team of Microsoft Teams ends with all of its channels, or one of them. Nobody is removed from it then. */
export function isTeamDeleted(activity: Activity): boolean {
  const { eventType } = fieldsOf(activity.channelData);
  const isDeleted = eventType === 'teamDeleted' || eventType === 'teamHardDeleted';
  return teamOf(activity).team !== undefined && (isDeleted || deletedChannel(activity) !== undefined);
}

/** The key of a channel of Microsoft Teams that was deleted. The activity names another conversation. */
export function deletedChannel({ channelId, channelData }: Activity): string | undefined {
  const { eventType, channel } = fieldsOf(channelData);
  const id = eventType === 'channelDeleted' ? textOf(fieldsOf(channel)['id'], MAX_FIELD_CHARS) : '';
  return id ? conversationKey({ channelId, conversation: { id } as Activity['conversation'] }) : undefined;
}

/** The team of Microsoft Teams in whose channel an activity was sent. */
export function teamOf({ channelId, channelData }: Activity): { readonly team?: string } {
  const team =
    channelOf(channelId) === 'msteams' ? textOf(fieldsOf(fieldsOf(channelData)['team'])['id'], MAX_TEAM_CHARS) : '';
  return team ? { team } : {};
}

/** Language, script and region of a locale, which is told to the model: what else may stand in one could be a sentence. */
export function localeOf({ locale = '' }: Pick<Activity, 'locale'>): string | undefined {
  return locale.length > MAX_LOCALE_CHARS ? undefined : locales.memo(locale) || undefined;
}

/** Remembered: to read one takes as long as to read the rest of a message. */
const locales = new LRUCache<string, string>({ max: MAX_LOCALES, memoMethod: readLocale });

/** Empty for what is no locale. */
function readLocale(locale: string): string {
  try {
    const { language, script, region } = new Intl.Locale(locale.trim().split('.', 1)[0]?.replaceAll('_', '-') ?? '');
    return [language, script, region].filter((part) => part !== undefined).join('-');
  } catch {
    return '';
  }
}

/** Whether the caller wants the replies in the response to its request. */
export function isInBand({ deliveryMode }: Activity): boolean {
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

/** What was written, and what came along with it, in the order in which the model is to be given it. */
function partsOf(activity: Activity): Pick<UserMessage, 'text' | 'attachments'> {
  const { addressedBy, marksQuotes } = capabilitiesOf(activity.channelId, scopeOf(activity));
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

/** The way back to an activity's sender. */
export function toReference(activity: Activity, { identity, audience, receivedAtMs }: Caller): MessageReference {
  const { type, id, channelId, serviceUrl, locale, callerId, from, recipient, conversation } = activity;
  const sentAtMs = sentAtMsOf(activity);
  return {
    activity: {
      ...pick({ type, id, channelId, serviceUrl, locale, callerId }),
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

/**
 * When an activity was sent, by its own timestamp; `undefined` where that cannot be read. A wrong one moves the answer in
 * its own conversation's view, nothing else.
 */
export function sentAtMsOf({ timestamp }: { readonly timestamp?: unknown }): number | undefined {
  const sentAtMs = typeof timestamp === 'string' ? Date.parse(timestamp) : Number.NaN;
  return Number.isNaN(sentAtMs) ? undefined : sentAtMs;
}

/** The named fields that are there, short texts and flags by the guard's checks; a long text is cut. */
function pick<T extends object>(from: T, names: readonly (keyof T)[] = Object.keys(from) as (keyof T)[]): object {
  const there = names.map((name) => [name, from[name]] as const).filter(([, value]) => value !== undefined);
  return Object.fromEntries(
    there.map(([name, value]) => [name, typeof value === 'string' ? value.slice(0, MAX_FIELD_CHARS) : value]),
  );
}

/** The conversation that a reference leads back to. */
export function keyOf({ activity }: MessageReference): string {
  return conversationKey(activity as unknown as Activity);
}

/**
 * The way back from a reference: with the claims of the very request that brought the message, and to a newer address
 * than its own if there is one.
 */
export function fromReference(
  reference: MessageReference,
  newestUrl?: string,
): {
  identity: ClaimsIdentity;
  conversation: Partial<ConversationReference>;
  activity: Partial<Activity>;
} {
  // botbuilder may change what it is given: a copy, two levels deep as `toReference` makes it.
  const copies = Object.entries(reference.activity).map(([name, value]) => [
    name,
    typeof value === 'object' && value !== null ? { ...value } : value,
  ]);
  const activity: Partial<Activity> = Object.fromEntries(copies);
  if (newestUrl !== undefined) activity.serviceUrl = newestUrl;
  const { id, from, recipient, conversation, channelId, serviceUrl, locale } = activity;
  const address = { activityId: id, user: from, bot: recipient, conversation, channelId, serviceUrl, locale };
  return {
    identity: new ClaimsIdentity([...reference.claims], true),
    conversation: address as Partial<ConversationReference>,
    activity,
  };
}

/** Reads the caller from a live turn. */
export function callerOf(
  context: TurnContext,
  keys: { identity: symbol; audience: symbol },
  receivedAtMs: number,
): Caller {
  return {
    receivedAtMs,
    identity: context.turnState.get<ClaimsIdentity>(keys.identity) ?? new ClaimsIdentity([]),
    audience: context.turnState.get<string>(keys.audience),
  };
}
