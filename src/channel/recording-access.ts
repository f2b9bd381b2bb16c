import { type RecordingLink, recordingLinkName } from '../conversation/recordings/recording-links.ts';
import type { RecordingAccess } from '../conversation/reply.ts';
import type { Scope, UserMessage } from '../conversation/user-message.ts';
import { textOf } from '../json-access.ts';
import { canReach } from './audio-delivery.ts';
import { capabilitiesOf } from './capabilities.ts';

const MAX_URL_CHARS = 2_048;

/** Where a user would have to be led from. */
export interface RecordingPlace {
  readonly channel: string;
  readonly scope: Scope;
  readonly isInBand: boolean;
  /** The channel's address: a loopback one means that the user's client is on this machine, too. */
  readonly serviceUrl: string | undefined;
  /** The bot's own address for users, if it has one. */
  readonly publicBaseUrl: string | undefined;
}

/** How a user gets to the page on which to speak. */
export function recordingAccess({
  channel,
  scope,
  isInBand,
  serviceUrl,
  publicBaseUrl,
}: RecordingPlace): RecordingAccess {
  // What is spoken is answered by a call to the channel, which need not take any where answers go back in requests.
  if (isInBand || publicBaseUrl === undefined || !canReach(publicBaseUrl, serviceUrl)) return 'unreachable';
  if (capabilitiesOf(channel, scope).opensDialogs) return 'dialog';
  return scope === 'personal' ? 'link' : 'shared';
}

/** The same of whoever sent a message. */
export function recordingAccessOf(publicBaseUrl: () => string | undefined): (turn: UserMessage) => RecordingAccess {
  return ({ channel, scope, isInBand, reference }) => {
    const serviceUrl = textOf(reference.activity['serviceUrl'], MAX_URL_CHARS);
    return recordingAccess({ channel, scope, isInBand, serviceUrl, publicBaseUrl: publicBaseUrl() });
  };
}

/** Where the page of a recording link is. Whoever has this address speaks for the user. */
export function recordingUrl(publicBaseUrl: string, recordingLink: RecordingLink): string {
  return `${publicBaseUrl}/record/${recordingLinkName(recordingLink)}`;
}
