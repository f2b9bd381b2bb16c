import querystring from 'node:querystring';

/** An attachment at a channel's service, named by its address. */
export interface AttachmentPath {
  /** Such as `original`; `undefined` = the address is that of the attachment's description, in JSON. */
  readonly view: string | undefined;
}

/** A decoded segment without separators, percent signs or parameters. Telegram's ids contain a colon. */
const SEGMENT = /^[\w.~:@=+,!$-]+$/;
const DOTS = /^\.+$/;
const ATTACHMENT = /^(.*)\/v3\/attachments\/[^/]+(?:\/views\/([^/]+))?$/;

/**
 * Reads an address of the form `<service URL>/v3/attachments/<id>` or `<service URL>/v3/attachments/<id>/views/<view>`,
 * of the very origin of the service and without a query; `undefined` for any other. Repeated slashes count as one:
 * Slack's addresses have two (BotFramework-Services#279). Service URLs of Teams may end with a tenant
 * (`/emea/<tenant>/`) that the address lacks, so the path before `v3` is that of the service URL or of a folder above it.
 * https://learn.microsoft.com/azure/bot-service/rest-api/bot-framework-rest-connector-api-reference#attachment-operations
 */
export function attachmentPathOf(url: URL, serviceUrl: string): AttachmentPath | undefined {
  if (!URL.canParse(serviceUrl)) return undefined;
  const service = new URL(serviceUrl);
  const hasMore = url.username !== '' || url.password !== '' || url.search !== '';
  // All other schemes share the origin "null".
  if (hasMore || url.origin !== service.origin || !/^https?:$/.test(url.protocol)) return undefined;
  const [path, servicePath] = [plainPath(url), plainPath(service)];
  if (path === undefined || servicePath === undefined) return undefined;
  const [, base, view] = ATTACHMENT.exec(path) ?? [];
  return base === undefined || !`${servicePath}/`.startsWith(`${base}/`) ? undefined : { view };
}

/** Where a file is, by what its sender says. */
export interface FilePlace {
  readonly url: string;
  /** Its attachment at the channel's service, where its address is that of a store that the bot's token does not open. */
  readonly attachmentId?: string;
}

/**
 * The address at which a bot gets the file itself: the original view of the attachment, where it is known by its id or by
 * the address of its description; else its own address.
 * https://learn.microsoft.com/microsoftteams/platform/bots/how-to/agents-inline-images
 */
export function originalViewOf({ url: own, attachmentId }: FilePlace, serviceUrl: string): string {
  const address = attachmentId === undefined ? own : `${serviceUrl.replace(/\/+$/, '')}/v3/attachments/${attachmentId}`;
  if (!URL.canParse(address)) return own;
  const url = new URL(address);
  const path = attachmentPathOf(url, serviceUrl);
  if (path === undefined || path.view !== undefined) return own;
  return `${url.origin}${url.pathname.replace(/\/+$/, '')}/views/original`;
}

/** The path decoded once, with single slashes and none at its end; `undefined` if servers could read it differently. */
function plainPath({ pathname }: URL): string | undefined {
  const segments = pathname.split('/').filter((segment) => segment !== '');
  // A malformed escape stays as it is, or becomes U+FFFD: SEGMENT refuses both.
  const decoded = segments.map((segment) => querystring.unescape(segment));
  if (!decoded.every((segment) => SEGMENT.test(segment) && !DOTS.test(segment))) return undefined;
  return decoded.map((segment) => `/${segment}`).join('');
}
