import type { Activity, ConversationReference, TurnContext } from 'botbuilder';
import { ClaimsIdentity } from 'botframework-connector';
import type { Scope, TurnAttachment, TurnReference, UserTurn } from '../conversation/turn.ts';
import { textWithoutBot } from './mentions.ts';

/** What of the caller's identity is needed to answer it later. */
export interface Caller {
  readonly identity: ClaimsIdentity;
  readonly audience: string | undefined;
}

/** The fields of an activity that an answer is addressed by. The rest (text, attachments) would only take memory. */
const ADDRESS_FIELDS = [
  'type',
  'id',
  'channelId',
  'serviceUrl',
  'conversation',
  'from',
  'recipient',
  'locale',
  'callerId',
] as const;

/** Names a conversation across channels. A channel id holds no slash, so two conversations never share a key. */
export function conversationKey(activity: Pick<Activity, 'channelId' | 'conversation'>): string {
  return `${activity.channelId}/${activity.conversation.id}`;
}

/** A message activity as a turn. Reads only; the activity may hold anything that passed the HTTP guard. */
export function toUserTurn(activity: Activity, caller: Caller, isAllowed: boolean): UserTurn {
  return {
    key: conversationKey(activity),
    activityId: activity.id ?? '',
    channel: activity.channelId,
    scope: scopeOf(activity),
    user: { id: activity.from.id, name: activity.from.name || undefined, aadObjectId: activity.from.aadObjectId },
    isAllowed,
    locale: activity.locale,
    text: textWithoutBot(activity),
    attachments: attachmentsOf(activity),
    reference: toReference(activity, caller),
  };
}

function scopeOf({ conversation }: Activity): Scope {
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

/** Teams sends every formatted message a second time, as a `text/html` attachment: that is not something attached. */
function attachmentsOf({ attachments = [] }: Activity): TurnAttachment[] {
  return attachments
    .filter(({ contentType }) => contentType !== 'text/html')
    .map(({ contentType, name }) => ({ contentType, name }));
}

/** The way back to an activity's sender. */
export function toReference(activity: Activity, { identity, audience }: Caller): TurnReference {
  const address = ADDRESS_FIELDS.map((field) => [field, activity[field]] as const);
  return {
    activity: Object.fromEntries(address.filter(([, value]) => value !== undefined)),
    claims: identity.claims.map(({ type, value }) => ({ type, value })),
    audience,
  };
}

/** The way back from a reference: with the claims of the very request that brought the message. */
export function fromReference(reference: TurnReference): {
  identity: ClaimsIdentity;
  conversation: Partial<ConversationReference>;
  activity: Partial<Activity>;
} {
  const activity = structuredClone(reference.activity) as Partial<Activity>;
  const { id, from, recipient, conversation, channelId, serviceUrl, locale } = activity;
  const address = { activityId: id, user: from, bot: recipient, conversation, channelId, serviceUrl, locale };
  return {
    identity: new ClaimsIdentity([...reference.claims], true),
    conversation: address as Partial<ConversationReference>,
    activity,
  };
}

/** Reads the caller from a live turn. */
export function callerOf(context: TurnContext, keys: { identity: symbol; audience: symbol }): Caller {
  return {
    identity: context.turnState.get<ClaimsIdentity>(keys.identity) ?? new ClaimsIdentity([]),
    audience: context.turnState.get<string>(keys.audience),
  };
}
