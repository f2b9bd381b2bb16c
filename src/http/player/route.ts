import { randomBytes } from 'node:crypto';
import type { Request, Response } from 'restify';
import { wordingFor } from '../../wording.ts';
import { findLinked, type LinkOptions } from '../linked-audio.ts';
import { notFoundPage, playerPage } from './page.ts';

/** Those in whose clients Teams shows the dialog; nobody else frames the page. */
const HOSTS =
  'https://*.cloud.microsoft https://teams.microsoft.com https://*.teams.microsoft.com ' +
  'https://*.microsoft365.com https://*.office.com';

const NONCE_BYTES = 16;

/** `GET` and `HEAD /audio/<link>`: plays the sound and shows its transcript, in a browser and in Teams' dialog. */
export function playerRoute(options: LinkOptions) {
  return async function servePlayer(request: Request, response: Response): Promise<void> {
    const link = String(request.params.file);
    // The page's own addresses are relative, and lead nowhere behind a slash.
    const found = request.path().endsWith('/') ? undefined : await findLinked(link, options);
    const nonce = randomBytes(NONCE_BYTES).toString('base64');
    const page =
      found === undefined
        ? notFoundPage(wordingFor(firstLanguage(request)), nonce)
        : playerPage({ audio: found.audio, link, words: wordingFor(found.audio.locale), nonce });
    response.writeHead(found === undefined ? 404 : 200, {
      ...headers(nonce),
      'Content-Length': Buffer.byteLength(page),
    });
    response.end(request.method === 'HEAD' ? undefined : page);
  };
}

/** The link is the key: it stays out of referrers, caches and search engines. */
function headers(nonce: string): Readonly<Record<string, string>> {
  return {
    'Content-Type': 'text/html; charset=utf-8',
    'Content-Security-Policy': policy(nonce),
    'Cache-Control': 'private, no-store',
    'Referrer-Policy': 'no-referrer',
    'X-Content-Type-Options': 'nosniff',
    'X-Robots-Tag': 'noindex, nofollow',
  };
}

/** What the page uses, and nothing else. Teams' client library fetches the list of its hosts from res.cdn.office.net. */
function policy(nonce: string): string {
  return [
    "default-src 'none'",
    `script-src 'nonce-${nonce}'`,
    `style-src 'nonce-${nonce}'`,
    "media-src 'self'",
    'img-src data:',
    'connect-src https://res.cdn.office.net',
    "base-uri 'none'",
    "form-action 'none'",
    `frame-ancestors ${HOSTS}`,
  ].join('; ');
}

/** What the browser asks for first. Whose sound it was is not known where there is none. */
function firstLanguage(request: Request): string | undefined {
  return request.headers['accept-language']?.split(/[,;]/, 1)[0]?.trim();
}
