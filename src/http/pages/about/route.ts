import type { Request, Response } from 'restify';
import type { Config } from '../../../config/config.ts';
import { messagesFor } from '../../../messages/messages.ts';
import { firstLanguage, newNonce, sendPage } from '../page.ts';
import { type AboutFacts, aboutPage } from './page.ts';

/** Of the settings, what everybody may know. */
export function aboutFacts({ recordRetentionMs, audioRetentionMs, database, azureStorageBlobUrl }: Config): AboutFacts {
  const isStored = database !== undefined;
  return { recordRetentionMs, audioRetentionMs, isStored, isAudioInAccount: azureStorageBlobUrl !== undefined };
}

/**
 * `GET` and `HEAD /about`: what the bot is and what it keeps, for everybody. The app in Teams leads here for its website,
 * its privacy policy and its terms of use. In the language of `?lang`, else in that of the browser.
 */
export function aboutRoute(facts: AboutFacts) {
  return async function serveAbout(request: Request, response: Response): Promise<void> {
    const wanted = new URLSearchParams(request.getQuery()).get('lang') ?? firstLanguage(request);
    const nonce = newNonce();
    const page = aboutPage(facts, messagesFor(wanted), nonce);
    sendPage(request, response, page, { status: 200, nonce, policy: ["frame-ancestors 'none'"] });
  };
}
