import { isLoopbackHost } from '../config/env.ts';
import { RequestError } from '../errors.ts';
import { fieldsOf } from '../json-access.ts';

type Fields = Readonly<Record<string, unknown>>;

/** An activity whose fields have the types that the rest of the program relies on. */
export interface InboundActivity extends Fields {
  readonly type: string;
  /** Always set for messages and invokes. */
  readonly id?: string;
  readonly channelId: string;
  readonly serviceUrl: string;
}

/** Ids are stored and logged. Every channel's ids are shorter. */
const MAX_ID_CHARS = 1024;
const MAX_ENCODED_CHARS = 3 * MAX_ID_CHARS;

type Check = (value: unknown) => boolean;

const isText: Check = (value) => typeof value === 'string';
const isObject: Check = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);
const isListOf =
  (check: Check): Check =>
  (value) =>
    Array.isArray(value) && value.every(check);
/** Checks that the named fields of an object are valid, missing or null; other fields may be anything. */
const isObjectWith =
  (checks: Readonly<Record<string, Check>>): Check =>
  (value) =>
    isObject(value) &&
    Object.entries(checks).every(
      ([name, check]) => (fieldsOf(value)[name] ?? undefined) === undefined || check(fieldsOf(value)[name]),
    );

const isAccount = isObjectWith({ id: isText, name: isText, aadObjectId: isText, role: isText });

/**
 * The checks of fields that are present. An invalid field comes from a broken or hostile sender, and would make the
 * reply impossible to write.
 */
const FIELDS: Readonly<Record<string, Check>> = {
  // A channel id may be compound, such as `msteams:COPILOT`.
  channelId: (value) => isText(value) && /^[\w.-]{1,64}(?::[\w.-]{1,64})?$/.test(String(value)),
  conversation: isObjectWith({
    id: isText,
    name: isText,
    isGroup: (value) => typeof value === 'boolean',
    conversationType: isText,
    tenantId: isText,
  }),
  from: isAccount,
  recipient: isAccount,
  text: isText,
  locale: isText,
  deliveryMode: isText,
  channelData: (value) => isObject(value) || isText(value),
  entities: isListOf(isObject),
  attachments: isListOf(isObjectWith({ contentType: isText, name: isText })),
  membersAdded: isListOf(isAccount),
  membersRemoved: isListOf(isAccount),
  reactionsAdded: isListOf(isObject),
  reactionsRemoved: isListOf(isObject),
};

/** The types whose ids deduplicate deliveries, and whose sender gets a reply. */
const ANSWERED_TYPES: readonly unknown[] = ['message', 'invoke'];

/**
 * Throws a RequestError that names the field. `null` counts as missing, as Bot Framework writes it. With
 * `onlyLoopback`, no token verifies the service URL, so it has to be on this machine.
 */
export function checkActivity(body: Fields, { onlyLoopback }: { onlyLoopback: boolean }): InboundActivity {
  const activity = withoutNulls(body);
  for (const name of ['conversation', 'from', 'recipient']) {
    if (isObject(activity[name])) activity[name] = withoutNulls(fieldsOf(activity[name]));
  }
  const { type, serviceUrl, channelId, id, conversation, from } = activity;
  const required = { type, serviceUrl, channelId, 'conversation.id': fieldsOf(conversation)['id'] };
  // Channels send typing signs, events and changes of members without an id or a sender.
  const requiredInMessages = { id, 'from.id': fieldsOf(from)['id'] };
  for (const [name, value] of Object.entries(required)) if (!isId(value)) throw invalid(name);
  for (const [name, value] of Object.entries(requiredInMessages)) {
    const mayBeMissing = !ANSWERED_TYPES.includes(type) && (value === undefined || value === '');
    if (!mayBeMissing && !isId(value)) throw invalid(name);
  }
  for (const [name, isRight] of Object.entries(FIELDS)) {
    if (activity[name] !== undefined && !isRight(activity[name])) throw invalid(name);
  }
  checkServiceUrl(String(serviceUrl), onlyLoopback);
  return activity as InboundActivity;
}

/** Checks the address that gets the replies, with the bot's token if it has one. */
function checkServiceUrl(serviceUrl: string, onlyLoopback: boolean): void {
  const url = URL.parse(serviceUrl);
  if (url === null || !/^https?:$/.test(url.protocol)) throw invalid('serviceUrl');
  if (onlyLoopback && !isLoopbackHost(url.hostname)) {
    throw new RequestError('forbidden', 'Without an app id this bot only answers clients on this machine.');
  }
  if (isMetadataService(url.hostname)) {
    throw new RequestError('forbidden', 'This bot posts to no metadata services or other link-local addresses.');
  }
  // botbuilder's HTTP client would look up the brackets of IPv6 as part of a name.
  if (url.hostname.startsWith('[')) throw invalid('serviceUrl');
}

/**
 * The services that give a cloud machine its metadata and credentials, besides link-local addresses: addresses of
 * Azure, Alibaba Cloud and Oracle, and names in the networks of Google Cloud and AWS.
 */
const METADATA_HOSTS: readonly string[] = [
  '168.63.129.16',
  '100.100.100.200',
  '192.0.0.192',
  'metadata',
  'metadata.google.internal',
  'instance-data',
  'instance-data.ec2.internal',
];

/** In the form in which URLs hold every IPv4 address. */
const LINK_LOCAL = /^169\.254\.\d+\.\d+$/;

/**
 * If the operator has opened a bot without an app id to others, any client chooses the address to which the bot posts.
 */
function isMetadataService(hostname: string): boolean {
  return LINK_LOCAL.test(hostname) || METADATA_HOSTS.includes(hostname.replace(/\.$/, ''));
}

/** An id becomes part of the reply's address, which cannot hold lone surrogates, line breaks or only dots. */
function isId(value: unknown): boolean {
  if (typeof value !== 'string' || value.trim() === '' || value.length > MAX_ID_CHARS) return false;
  if (!value.isWellFormed() || /\p{Cc}|^\.{1,2}$/u.test(value)) return false;
  return encodeURIComponent(value).length <= MAX_ENCODED_CHARS;
}

function invalid(name: string): RequestError {
  return new RequestError('bad_request', `The activity's ${name} is missing or invalid.`);
}

function withoutNulls(fields: Fields): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null));
}
