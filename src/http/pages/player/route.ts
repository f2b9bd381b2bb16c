import type { Request, Response } from 'restify';
import { messagesFor } from '../../../messages/messages.ts';
import { findLinked, type LinkOptions } from '../../linked-audio.ts';
import { firstLanguage, newNonce, sendPage } from '../page.ts';
import { notFoundPage, playerPage } from './page.ts';

/**
 * Those in whose clients Teams shows the dialog, in Microsoft's clouds for governments, too; nobody else frames the page.
 * The same names are among the valid origins of Teams' client library.
 */
export const FRAMING_HOSTS =
  'https://*.cloud.microsoft https://teams.microsoft.com https://*.teams.microsoft.com ' +
  'https://*.microsoft365.com https://*.office.com ' +
  'https://teams.microsoft.us https://*.teams.microsoft.us https://*.office365.us';

/** `GET` and `HEAD /audio/<link>`: plays the sound and shows its transcript, in a browser and in Teams' dialog. */
export function playerRoute(options: LinkOptions) {
  return async function servePlayer(request: Request, response: Response): Promise<void> {
    const link = String(request.params.file);
    // The page's own addresses are relative, and lead nowhere behind a slash.
    const found = request.path().endsWith('/') ? undefined : await findLinked(link, options);
    const nonce = newNonce();
    // Whose sound it was is not known where there is none.
    const page =
      found === undefined
        ? notFoundPage(messagesFor(firstLanguage(request)), nonce)
        : await playerPage({ audio: found.audio, link, messages: messagesFor(found.audio.locale), nonce });
    sendPage(request, response, page, { status: found === undefined ? 404 : 200, nonce, policy: policy(nonce) });
  };
}

/** What the page uses, and nothing else. Teams' client library fetches the list of its hosts from res.cdn.office.net. */
function policy(nonce: string): readonly string[] {
  return [
    `script-src 'nonce-${nonce}'`,
    "media-src 'self'",
    'connect-src https://res.cdn.office.net',
    `frame-ancestors ${FRAMING_HOSTS}`,
  ];
}
