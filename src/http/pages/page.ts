import { randomBytes } from 'node:crypto';
import type { Request, Response } from 'restify';
import type { Messages } from '../../messages/messages.ts';
import { type BrowserFile, browserFile } from './browser-file.ts';
import { TEAMS_LIBRARY_PATH } from './teams-library.ts';

interface Page {
  /** Default: 200. */
  readonly status?: 200 | 404;
  readonly title: string;
  /** HTML. Text from elsewhere must be escaped. */
  readonly body: string;
  readonly messages: Messages;
  readonly style: Extract<BrowserFile, `${string}.css`>;
  /** The scripts run in this order, after the body. Default: none. */
  readonly scripts?: readonly Extract<BrowserFile, `${string}.js`>[];
  /** For a page that Teams may frame: the directives of its Content-Security-Policy that name what its scripts load. */
  readonly teamsPolicy?: readonly string[];
  /** Headers besides those of every page. */
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * The hosts that may frame a page: the clients that show Teams' dialog, including those of Microsoft's government
 * clouds. The same names are among the valid origins of Teams' client library.
 */
export const FRAMING_HOSTS =
  'https://*.cloud.microsoft https://teams.microsoft.com https://*.teams.microsoft.com ' +
  'https://*.microsoft365.com https://*.office.com ' +
  'https://teams.microsoft.us https://*.teams.microsoft.us https://*.office365.us';

/**
 * Answers GET and HEAD with a page. Its address may be a key: it stays out of referrers, caches and search engines.
 * Rejects if a style sheet or a script cannot be read.
 */
export async function sendPage(request: Request, response: Response, page: Page): Promise<void> {
  // Each response has a new nonce, so that only this page's own style and scripts may run.
  const nonce = randomBytes(16).toString('base64');
  const html = await htmlOf(page, nonce);
  const { status = 200, teamsPolicy, headers } = page;
  const framing =
    teamsPolicy === undefined
      ? ["frame-ancestors 'none'"]
      : [`script-src 'nonce-${nonce}'`, `frame-ancestors ${FRAMING_HOSTS}`, ...teamsPolicy];
  response.writeHead(status, {
    'Content-Type': 'text/html; charset=utf-8',
    'Content-Length': Buffer.byteLength(html),
    'Content-Security-Policy': [...commonPolicy(nonce), ...framing].join('; '),
    'Cache-Control': 'private, no-store',
    'Referrer-Policy': 'no-referrer',
    'X-Content-Type-Options': 'nosniff',
    'X-Robots-Tag': 'noindex, nofollow',
    ...headers,
  });
  response.end(request.method === 'HEAD' ? undefined : html);
}

/** The empty icon keeps browsers from asking for one. Addresses are relative: the bot may be served below any path. */
async function htmlOf({ title, body, messages, style, scripts = [] }: Page, nonce: string): Promise<string> {
  const texts = await Promise.all(scripts.map(browserFile));
  return `<!doctype html>
<html lang="${messages.language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escaped(title)}</title>
<link rel="icon" href="data:,">
<style nonce="${nonce}">${await browserFile(style)}</style>
</head>
<body>
<main>
<h1>${escaped(title)}</h1>
${body}
</main>
${texts.map((text) => `<script nonce="${nonce}" data-library="..${TEAMS_LIBRARY_PATH}">${text}</script>`).join('\n')}
</body>
</html>
`;
}

function commonPolicy(nonce: string): readonly string[] {
  return ["default-src 'none'", `style-src 'nonce-${nonce}'`, 'img-src data:', "base-uri 'none'", "form-action 'none'"];
}

export function firstLanguage(request: Request): string | undefined {
  return request.headers['accept-language']?.split(/[,;]/, 1)[0]?.trim();
}

/** Returns a paragraph of HTML, with commands as code. */
export function paragraph(text: string): string {
  return `<p>${escaped(text).replace(/(?<=^|\s)\/[a-z]+\b/g, '<code>$&</code>')}</p>`;
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Escapes text for content and quoted attributes. A transcript holds whatever a user makes the model say. */
export function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (char) => ENTITIES[char] ?? '');
}
