import querystring from 'node:querystring';

/** A decoded segment without separators, percent signs or parameters. Telegram's ids contain a colon. */
const SEGMENT = /^[\w.~:@=+,!$-]+$/;
const DOTS = /^\.+$/;
const ATTACHMENT = /^(.*)\/v3\/attachments\/[^/]+(?:\/views\/([^/]+))?$/;

/**
 * Returns what is at an address of an attachment at a channel's service; `undefined` for any other address.
 * - `description`: its JSON, at `<service URL>/v3/attachments/<id>`.
 * - `view`: its content, at `<service URL>/v3/attachments/<id>/views/<view>`. Another origin or a query makes it
 *   another address. Repeated slashes count as one: Slack's addresses have two (BotFramework-Services#279). Service
 *   URLs of Teams may end with a tenant (`/emea/<tenant>/`) that the address lacks, so the path before `v3` is that of
 *   the service URL or of a folder above it.
 *   https://learn.microsoft.com/azure/bot-service/rest-api/bot-framework-rest-connector-api-reference#attachment-operations
 */
function kindOfAttachmentUrl(url: URL, serviceUrl: string): 'description' | 'view' | undefined {
  if (!URL.canParse(serviceUrl)) return undefined;
  const service = new URL(serviceUrl);
  const hasExtras = url.username !== '' || url.password !== '' || url.search !== '';
  // All other schemes share the origin "null".
  if (hasExtras || url.origin !== service.origin || !/^https?:$/.test(url.protocol)) return undefined;
  const [path, servicePath] = [plainPath(url), plainPath(service)];
  if (path === undefined || servicePath === undefined) return undefined;
  const [, base, view] = ATTACHMENT.exec(path) ?? [];
  if (base === undefined || !`${servicePath}/`.startsWith(`${base}/`)) return undefined;
  return view === undefined ? 'description' : 'view';
}

/** The location of a file, according to its sender. */
export interface FileLocation {
  readonly url: string;
  /** The attachment at the channel's service, set if the file's own address refuses the bot's token. */
  readonly attachmentId?: string;
}

/**
 * Returns the address at which a bot gets the file: the original view of an attachment whose id or description address
 * is known, or else the file's own address.
 * https://learn.microsoft.com/microsoftteams/platform/bots/how-to/agents-inline-images
 */
export function originalViewOf({ url: own, attachmentId }: FileLocation, serviceUrl: string): string {
  const address = attachmentId === undefined ? own : `${serviceUrl.replace(/\/+$/, '')}/v3/attachments/${attachmentId}`;
  if (!URL.canParse(address)) return own;
  const url = new URL(address);
  if (kindOfAttachmentUrl(url, serviceUrl) !== 'description') return own;
  return `${url.origin}${url.pathname.replace(/\/+$/, '')}/views/original`;
}

/**
 * The `Authorization` header for an address: the channel's token if the address is a view of an attachment at the
 * channel's service, over https at the default port; `undefined` for any other. Addresses come from users, and the
 * token also gives access to the rest of the service, such as the members of other conversations. `serviceUrl` has to
 * be that of an authenticated activity. `token` is called only if it is needed.
 */
export async function authorizationFor(
  url: URL,
  serviceUrl: string,
  token: () => Promise<string>,
): Promise<string | undefined> {
  const isSafe = url.protocol === 'https:' && url.port === '';
  const isView = kindOfAttachmentUrl(url, serviceUrl) === 'view';
  return isSafe && isView ? `Bearer ${await token()}` : undefined;
}

/** Decodes the path once, with single slashes and none at the end; `undefined` if servers may read it differently. */
function plainPath({ pathname }: URL): string | undefined {
  const segments = pathname.split('/').filter((segment) => segment !== '');
  // A malformed escape stays as it is, or becomes U+FFFD: SEGMENT refuses both.
  const decoded = segments.map((segment) => querystring.unescape(segment));
  if (!decoded.every((segment) => SEGMENT.test(segment) && !DOTS.test(segment))) return undefined;
  return decoded.map((segment) => `/${segment}`).join('');
}
