import type { Request, Response } from 'restify';
import type { Clock } from '../../../clock.ts';
import type { Recordings } from '../../../conversation/recordings/recordings.ts';
import { messagesFor } from '../../../messages/messages.ts';
import { firstLanguage, newNonce, sendPage } from '../page.ts';
import { FRAMING_HOSTS } from '../player/route.ts';
import { endedPage, recordingPage } from './page.ts';

/** What showing the page needs. */
export interface RecordingPageOptions {
  readonly recordings: Pick<Recordings, 'guestOf'>;
  readonly clock: Clock;
}

/** `GET` and `HEAD /record/<link>`: the page on which the user who was invited speaks, in a browser and in Teams' dialog. */
export function recordingPageRoute({ recordings, clock }: RecordingPageOptions) {
  return async function serveTalk(request: Request, response: Response): Promise<void> {
    const link = String(request.params.link);
    // The page's own addresses are relative, and lead nowhere behind a slash.
    const recordingLink = request.path().endsWith('/') ? undefined : await recordings.guestOf(link);
    const nonce = newNonce();
    const page =
      recordingLink === undefined
        ? // Who was invited is not known where there is no recordingLink.
          endedPage(messagesFor(firstLanguage(request)), nonce)
        : await recordingPage({
            link,
            leftMs: recordingLink.expiresAtMs - clock.now(),
            messages: messagesFor(recordingLink.locale),
            nonce,
          });
    const status = recordingLink === undefined ? 404 : 200;
    sendPage(request, response, page, { status, nonce, policy: policy(nonce), permissions: 'microphone=(self)' });
  };
}

/**
 * What the page uses, and nothing else. The recorder cannot carry a nonce. Teams' client library fetches the list of its
 * hosts from res.cdn.office.net.
 */
function policy(nonce: string): readonly string[] {
  return [
    `script-src 'nonce-${nonce}' 'self'`,
    'media-src blob:',
    "connect-src 'self' https://res.cdn.office.net",
    `frame-ancestors ${FRAMING_HOSTS}`,
  ];
}
