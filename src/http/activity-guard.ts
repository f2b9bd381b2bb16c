import { isIPv4 } from 'node:net';
import ipaddr from 'ipaddr.js';
import { isLoopbackHost } from '../config/env.ts';
import { RequestError } from '../errors.ts';

type Fields = Readonly<Record<string, unknown>>;

/** An activity whose fields have the types that the rest of the program counts on. */
export interface InboundActivity extends Fields {
  readonly type: string;
  /** Of messages and invokes at least. */
  readonly id?: string;
  readonly channelId: string;
  readonly serviceUrl: string;
}

/** Where the bot answers clients whose service URL no token vouches for. */
export interface CallerRules {
  readonly onlyLoopback: boolean;
}

/** Ids are kept and logged; no channel's are longer. */
const MAX_ID_CHARS = 1024;
const MAX_ENCODED_CHARS = 3 * MAX_ID_CHARS;

type Check = (value: unknown) => boolean;

const ACCOUNT: Check = hasFields({ id: isText, name: isText, aadObjectId: isText, role: isText });
const CONVERSATION: Check = hasFields({
  id: isText,
  name: isText,
  isGroup: (value) => typeof value === 'boolean',
  conversationType: isText,
  tenantId: isText,
});

/**
 * What the fields have to be when they are there. Anything else is a broken or a hostile sender, and would come back
 * as a reply that cannot be written.
 */
const FIELDS: Readonly<Record<string, Check>> = {
  // It may be compound, such as `msteams:COPILOT`.
  channelId: (value) => isText(value) && /^[\w.-]{1,64}(?::[\w.-]{1,64})?$/.test(String(value)),
  conversation: CONVERSATION,
  from: ACCOUNT,
  recipient: ACCOUNT,
  text: isText,
  locale: isText,
  deliveryMode: isText,
  channelData: (value) => isFields(value) || isText(value),
  entities: isListOf(isFields),
  attachments: isListOf(hasFields({ contentType: isText, name: isText })),
  membersAdded: isListOf(ACCOUNT),
  membersRemoved: isListOf(ACCOUNT),
  reactionsAdded: isListOf(isFields),
  reactionsRemoved: isListOf(isFields),
};

/** The types whose ids tell a delivery from the next one, and whose sender gets an answer. */
const ANSWERED: readonly string[] = ['message', 'invoke'];

/** Throws a RequestError that names the field. `null` counts as missing, as Bot Framework writes it. */
export function checkActivity(body: Fields, rules: CallerRules): InboundActivity {
  const activity = withoutNulls(body, ['conversation', 'from', 'recipient']);
  requireId(activity['type'], 'type');
  requireId(activity['serviceUrl'], 'serviceUrl');
  requireId(activity['channelId'], 'channelId');
  requireId(fieldsOf(activity['conversation'])['id'], 'conversation.id');
  // Channels send typing signs, events and news of members without an id, and without a sender.
  const requireSource = ANSWERED.includes(String(activity['type'])) ? requireId : requireGoodId;
  requireSource(activity['id'], 'id');
  requireSource(fieldsOf(activity['from'])['id'], 'from.id');
  for (const [name, isRight] of Object.entries(FIELDS)) {
    if (activity[name] !== undefined && !isRight(activity[name])) throw bad(name);
  }
  checkServiceUrl(String(activity['serviceUrl']), rules);
  return activity as InboundActivity;
}

/** Replies go to this address, with the bot's token where it has one. */
function checkServiceUrl(serviceUrl: string, { onlyLoopback }: CallerRules): void {
  const url = URL.canParse(serviceUrl) ? new URL(serviceUrl) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol)) throw bad('serviceUrl');
  if (onlyLoopback && !isLoopbackHost(url.hostname)) {
    throw new RequestError('forbidden', 'Without an app id this bot only answers clients on this machine.');
  }
  if (isMetadataService(url.hostname)) {
    throw new RequestError(
      'forbidden',
      'This bot does not post to metadata services, nor to other link-local addresses.',
    );
  }
  // botbuilder's HTTP client looks such an address up by its brackets, as a name, and never finds it.
  if (url.hostname.startsWith('[')) throw bad('serviceUrl');
}

/**
 * Where clouds tell a machine about itself, its credentials included: besides link-local addresses those of Azure, Alibaba
 * Cloud and Oracle, and the names in the networks of Google Cloud and AWS.
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

/** Without an app id whoever reaches the port has the bot post to an address of their choice. */
function isMetadataService(hostname: string): boolean {
  const isLinkLocal = isIPv4(hostname) && ipaddr.parse(hostname).range() === 'linkLocal';
  return isLinkLocal || METADATA_HOSTS.includes(hostname.replace(/\.$/, ''));
}

/** An id that may be missing. */
function requireGoodId(value: unknown, name: string): void {
  if (value !== undefined && value !== '') requireId(value, name);
}

function requireId(value: unknown, name: string): void {
  if (typeof value !== 'string' || value.trim() === '' || value.length > MAX_ID_CHARS) throw bad(name);
  // It comes back in the address of the reply, where half a character, line breaks and dots alone have no form.
  if (
    !value.isWellFormed() ||
    /\p{Cc}|^\.{1,2}$/u.test(value) ||
    encodeURIComponent(value).length > MAX_ENCODED_CHARS
  ) {
    throw bad(name);
  }
}

function bad(name: string): RequestError {
  return new RequestError('bad_request', `The activity's ${name} is missing or not what it has to be.`);
}

/** Without fields that are null, also inside of the fields named by `nested`. */
function withoutNulls(fields: Fields, nested: readonly string[] = []): Fields {
  const kept = Object.entries(fields).filter(([, value]) => value !== null);
  return Object.fromEntries(
    kept.map(([name, value]) => [name, nested.includes(name) && isFields(value) ? withoutNulls(value) : value]),
  );
}

function fieldsOf(value: unknown): Fields {
  return isFields(value) ? value : {};
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isText(value: unknown): boolean {
  return typeof value === 'string';
}

/** An object whose named fields, where they are there and not null, are right; others are not looked at. */
function hasFields(checks: Readonly<Record<string, Check>>): Check {
  return (value) => {
    if (!isFields(value)) return false;
    return Object.entries(checks).every(
      ([name, isRight]) => (value[name] ?? undefined) === undefined || isRight(value[name]),
    );
  };
}

function isListOf(isRight: Check): Check {
  return (value) => Array.isArray(value) && value.every(isRight);
}
