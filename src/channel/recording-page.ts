import type { Activity } from 'botbuilder';
import { recordingLinkToken } from '../conversation/recordings/recording-links.ts';
import type { RecordingAccess } from '../conversation/reply.ts';
import type { RecordingLink, UserMessage } from '../conversation/user-message.ts';
import { paragraphs } from '../paragraphs.ts';
import { canReach } from './audio-delivery.ts';
import { capabilitiesOf } from './capabilities.ts';
import { recordingCard } from './cards.ts';
import type { ReplyContext } from './reply-context.ts';
import { activityOf, scopeOf } from './user-message.ts';

/** How the sender of a message gets to the recording page. */
export function recordingAccessOf(
  { channel, scope, expectsReplies, reference }: UserMessage,
  publicBaseUrl: string | undefined,
): RecordingAccess {
  // A recording is answered by a call to the channel. A channel that takes answers in the response may accept none.
  if (expectsReplies || !canReach(publicBaseUrl, activityOf(reference).serviceUrl)) return 'unreachable';
  if (capabilitiesOf(channel, scope).opensDialogs) return 'dialog';
  return scope === 'personal' ? 'link' : 'shared';
}

/** The address of the recording page. Everyone who has it can speak for the user. */
export function recordingUrl(
  recordingLink: RecordingLink,
  publicBaseUrl: string | undefined,
  { serviceUrl }: Activity,
): string | undefined {
  return canReach(publicBaseUrl, serviceUrl)
    ? `${publicBaseUrl}/record/${recordingLinkToken(recordingLink)}`
    : undefined;
}

/**
 * Adds a recording link to a message: on a card that opens a dialog where the channel has dialogs, else in the text.
 */
export function withRecordingLink(
  message: Partial<Activity>,
  recordingLink: RecordingLink,
  { activity, capabilities, messages, options }: ReplyContext,
): Partial<Activity> {
  const isPersonal = scopeOf(activity) === 'personal';
  const url = recordingUrl(recordingLink, options.publicBaseUrl(), activity);
  if (url === undefined) return message;
  if (capabilities.opensDialogs) {
    // Everyone in a group sees the card, so a link on it would be shared.
    const browserUrl = options.browserLinks && isPersonal ? url : undefined;
    return { ...message, attachments: [recordingCard(recordingLink, browserUrl, messages)] };
  }
  if (!isPersonal) return message;
  return { ...message, text: paragraphs(message.text ?? '', `[${messages.recording.open}](${url})`) };
}
