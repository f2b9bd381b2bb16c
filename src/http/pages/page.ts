import { randomBytes } from 'node:crypto';
import type { Request, Response } from 'restify';
import type { Messages } from '../../messages/messages.ts';
import { PAGE_STYLE } from './page-style.ts';

/** A page of the bot's own. */
export interface PageParts {
  readonly title: string;
  /** HTML; whatever came from elsewhere is escaped in it. */
  readonly body: string;
  readonly messages: Messages;
  /** Lets this answer's own scripts and style run, and no others. */
  readonly nonce: string;
  /** The look of what only this page has. */
  readonly style: string;
}

const NONCE_BYTES = 16;

/** A new one for each answer. */
export function newNonce(): string {
  return randomBytes(NONCE_BYTES).toString('base64');
}

/** The whole page. The icon is there so that browsers do not ask for one. */
export function htmlPage({ title, body, messages, nonce, style }: PageParts): string {
  return `<!doctype html>
<html lang="${messages.language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escaped(title)}</title>
<link rel="icon" href="data:,">
<style nonce="${nonce}">${PAGE_STYLE}${style}</style>
</head>
<body>
<main>
${body}
</main>
</body>
</html>
`;
}

/** What is sent with a page. */
export interface SendOptions {
  readonly status: number;
  readonly nonce: string;
  /** What this page may do, besides its own style. */
  readonly policy: readonly string[];
  /** What of the device it may use, as in the header `Permissions-Policy`. */
  readonly permissions?: string;
}

/** Answers GET and HEAD with a page. Its address may be a key: it stays out of referrers, caches and search engines. */
export function sendPage(request: Request, response: Response, page: string, options: SendOptions): void {
  response.writeHead(options.status, {
    'Content-Type': 'text/html; charset=utf-8',
    'Content-Length': Buffer.byteLength(page),
    'Content-Security-Policy': policyOf(options),
    'Cache-Control': 'private, no-store',
    'Referrer-Policy': 'no-referrer',
    'X-Content-Type-Options': 'nosniff',
    'X-Robots-Tag': 'noindex, nofollow',
    ...(options.permissions === undefined ? {} : { 'Permissions-Policy': options.permissions }),
  });
  response.end(request.method === 'HEAD' ? undefined : page);
}

function policyOf({ nonce, policy }: SendOptions): string {
  return [
    "default-src 'none'",
    `style-src 'nonce-${nonce}'`,
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
    ...policy,
  ].join('; ');
}

/** What the browser asks for first. */
export function firstLanguage(request: Request): string | undefined {
  return request.headers['accept-language']?.split(/[,;]/, 1)[0]?.trim();
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Safe between tags and in quoted attributes. A transcript says whatever a user made the model say. */
export function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (char) => ENTITIES[char] ?? '');
}
