import { isLoopbackHost } from '../env.ts';
import { RequestError } from '../errors.ts';

type Fields = Readonly<Record<string, unknown>>;

/** An activity whose fields have the types that the rest of the program counts on. */
export interface InboundActivity extends Fields {
  readonly type: string;
  readonly id: string;
  readonly channelId: string;
  readonly serviceUrl: string;
}

/** Ids are kept and logged; no channel's are longer. */
const MAX_ID_CHARS = 1024;

/** What the fields have to be when they are there. Anything else is a broken or a hostile sender. */
const OPTIONAL: Readonly<Record<string, (value: unknown) => boolean>> = {
  text: isText,
  locale: isText,
  deliveryMode: isText,
  recipient: isAccount,
  channelData: (value) => isFields(value) || isText(value),
  entities: isListOf(isFields),
  attachments: isListOf(isFields),
  membersAdded: isListOf(isAccount),
  membersRemoved: isListOf(isAccount),
  reactionsAdded: isListOf(isFields),
  reactionsRemoved: isListOf(isFields),
};

/** Throws a RequestError that names the field. `null` counts as missing, as Bot Framework writes it. */
export function checkActivity(body: Fields, { onlyLoopback }: { onlyLoopback: boolean }): InboundActivity {
  const activity = withoutNulls(body);
  requireId(activity['type'], 'type');
  requireId(activity['id'], 'id');
  requireId(activity['serviceUrl'], 'serviceUrl');
  requireId(fieldsOf(activity['conversation'])['id'], 'conversation.id');
  requireId(fieldsOf(activity['from'])['id'], 'from.id');
  if (!/^[\w.-]{1,64}$/.test(String(activity['channelId']))) throw bad('channelId');
  for (const [name, isRight] of Object.entries(OPTIONAL)) {
    if (activity[name] !== undefined && !isRight(activity[name])) throw bad(name);
  }
  checkServiceUrl(String(activity['serviceUrl']), onlyLoopback);
  return activity as InboundActivity;
}

/** Replies go to this address, with the bot's token where it has one. */
function checkServiceUrl(serviceUrl: string, onlyLoopback: boolean): void {
  const url = URL.canParse(serviceUrl) ? new URL(serviceUrl) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol)) throw bad('serviceUrl');
  if (onlyLoopback && !isLoopbackHost(url.hostname)) {
    throw new RequestError('forbidden', 'Without an app id this bot only answers clients on this machine.');
  }
}

function requireId(value: unknown, name: string): void {
  if (typeof value !== 'string' || value.trim() === '' || value.length > MAX_ID_CHARS) throw bad(name);
}

function bad(name: string): RequestError {
  return new RequestError('bad_request', `The activity's ${name} is missing or not what it has to be.`);
}

function withoutNulls(body: Fields): Fields {
  return Object.fromEntries(Object.entries(body).filter(([, value]) => value !== null));
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

function isAccount(value: unknown): boolean {
  return isFields(value) && (value['id'] === undefined || typeof value['id'] === 'string');
}

function isListOf(isRight: (value: unknown) => boolean): (value: unknown) => boolean {
  return (value) => Array.isArray(value) && value.every(isRight);
}
