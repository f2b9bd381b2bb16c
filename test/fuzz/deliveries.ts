import fc, { type Arbitrary } from 'fast-check';
import { content } from './contents.ts';
import { type ByteEdit, byteEdit, type Edit, someEdits, withByteEdit, withEdits } from './hostile.ts';

/** One POST as a channel or an attacker could make it. Ids and addresses are filled in when it is sent. */
export interface Delivery {
  readonly activity: Readonly<Record<string, unknown>>;
  readonly edits: readonly Edit[];
  readonly bytes: readonly ByteEdit[];
  readonly contentType: string;
}

/** Placeholders for values that are only known when an activity is sent. */
const ID = '@id';
const SERVICE_URL = '@service';

const channel = fc.constantFrom('emulator', 'msteams', 'webchat', 'directline', 'directlinespeech', 'carrier-pigeon');
const delivery = fc.constantFrom(undefined, undefined, undefined, 'normal', 'expectReplies', 'stream', 'x');
const kind = fc.constantFrom(undefined, 'personal', 'groupChat', 'channel', 'x');

const activity = fc
  .tuple(content, channel, delivery, kind)
  .map(([[fields, conversation], channelId, deliveryMode, conversationType]) => ({
    ...fields,
    id: ID,
    timestamp: '2026-11-01T12:00:00.000Z',
    channelId,
    serviceUrl: SERVICE_URL,
    conversation: { id: conversation, conversationType, isGroup: conversationType === 'groupChat', tenantId: 't' },
    from: { id: 'user-1', name: 'Ada', aadObjectId: 'a-1', role: 'user' },
    recipient: { id: 'bot-1', name: 'Bot' },
    entities: [{ type: 'mention', mentioned: { id: 'bot-1', name: 'Bot' }, text: '<at>Bot</at>' }],
    locale: 'en-US',
    deliveryMode,
  }));

/** Accepted as a channel's address or not, but never one that answers. */
const ADDRESSES = [
  'http://localhost:1',
  'http://127.0.0.1:1/%zz?x#y',
  'HTTP://LocalHost:1/../..',
  'http://user:password@localhost:1/',
  'http://[::1]:1',
  'http://0x7f.1:1',
  'http://localhost.:1',
  'http://localhost:99999',
  'ftp://localhost',
  'https://smba.trafficmanager.net/teams',
  'localhost:1',
];

const TOP =
  'type id text name value action channelId serviceUrl conversation from recipient entities attachments locale ' +
  'deliveryMode channelData membersAdded membersRemoved reactionsAdded reactionsRemoved timestamp localTimestamp ' +
  'expiration replyToId relatesTo callerId inputHint speak suggestedActions code valueType topicName historyDisclosed ' +
  'listenFor textHighlights semanticAction importance summary label textFormat attachmentLayout __proto__ constructor';

const INNER = [
  ...['id', 'name', 'isGroup', 'conversationType', 'tenantId', 'properties', 'aadObjectId', '__proto__'].map(
    (name) => ['conversation', name] as const,
  ),
  ...['id', 'name', 'aadObjectId', 'role', 'properties', '__proto__'].flatMap((name) => [
    ['from', name] as const,
    ['recipient', name] as const,
    ['membersAdded', '0', name] as const,
    ['membersRemoved', '0', name] as const,
  ]),
  ...['type', 'text', 'mentioned', 'length'].map((name) => ['entities', '0', name] as const),
  ['entities', '0', 'mentioned', 'id'],
  ['entities', '0', 'mentioned', 'name'],
  ...['contentType', 'name', 'content', 'contentUrl'].map((name) => ['attachments', '0', name] as const),
  ...['eventType', 'tenant', 'team', 'channel', 'settings'].map((name) => ['channelData', name] as const),
  ...['action', 'data', 'token', 'id', 'state'].map((name) => ['value', name] as const),
] as const;

const path: Arbitrary<readonly string[]> = fc.oneof(
  fc.constantFrom(...TOP.split(' ')).map((name) => [name]),
  fc.constantFrom<readonly string[]>(...INNER),
);

/**
 * Replies to an address where nobody listens are retried for seconds, and only their own conversation waits for that.
 */
const astray: Arbitrary<Edit[]> = fc
  .tuple(fc.integer({ min: 1, max: 30 }), fc.constantFrom(...ADDRESSES))
  .map(([number, value]) => [
    { path: ['conversation', 'id'], value: `astray-${number}` },
    { path: ['serviceUrl'], value },
  ]);

const byteEdits = fc.oneof(
  { weight: 7, arbitrary: fc.constant([]) },
  { weight: 1, arbitrary: fc.array(byteEdit, { minLength: 1, maxLength: 3 }) },
);

const contentType = fc.oneof(
  { weight: 20, arbitrary: fc.constant('application/json; charset=utf-8') },
  {
    weight: 1,
    arbitrary: fc.constantFrom('text/plain', 'application/x-www-form-urlencoded', '', 'application/jsonp', '*/*'),
  },
);

/** Deliveries from valid to hostile; about a third are like a channel's. */
export const anyDelivery: Arbitrary<Delivery> = activity.chain((good) => {
  const edits = fc.oneof(
    { weight: 2, arbitrary: fc.constant<readonly Edit[]>([]) },
    { weight: 3, arbitrary: someEdits(good, path) },
  );
  return fc.record({ activity: fc.constant(good), edits, bytes: byteEdits, contentType });
});

/** The same, and a few that are valid except for an address at which nobody can be answered. */
export const anyOrAstray: Arbitrary<Delivery> = fc.oneof(
  { weight: 60, arbitrary: anyDelivery },
  { weight: 1, arbitrary: fc.tuple(anyDelivery, astray).map(([good, edits]) => ({ ...good, edits, bytes: [] })) },
);

/** The bytes of a delivery with this id and this channel address. */
export function bodyOf(delivery: Delivery, id: string, serviceUrl: string): Buffer {
  const edited = JSON.stringify(withEdits(delivery.activity, delivery.edits));
  const text = edited.replaceAll(`"${ID}"`, JSON.stringify(id)).replaceAll(`"${SERVICE_URL}"`, `"${serviceUrl}"`);
  return delivery.bytes.reduce(withByteEdit, Buffer.from(text));
}
