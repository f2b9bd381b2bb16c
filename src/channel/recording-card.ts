import { type Activity, type Attachment, CardFactory } from 'botbuilder';
import type { RecordingLink } from '../conversation/recordings/recording-links.ts';
import { fieldsOf } from '../json-access.ts';
import type { Messages } from '../messages/messages.ts';
import { recordingAccess, recordingUrl } from './recording-access.ts';
import { isInBand, scopeOf } from './user-message.ts';

/** What decides how a recording link is shown. */
export interface RecordingLinkStyle {
  readonly publicBaseUrl: () => string | undefined;
  /** Whether cards carry a link that opens outside of the client. */
  readonly browserLinks: boolean;
  readonly messages: Messages;
}

/** The message with the recording link in the channel's way; as it is where there is none. */
export function withRecordingLink(
  message: Partial<Activity>,
  recordingLink: RecordingLink,
  activity: Activity,
  { publicBaseUrl, browserLinks, messages }: RecordingLinkStyle,
): Partial<Activity> {
  const baseUrl = publicBaseUrl();
  if (baseUrl === undefined) return message;
  const { channelId: channel, serviceUrl } = activity;
  const scope = scopeOf(activity);
  const url = recordingUrl(baseUrl, recordingLink);
  switch (recordingAccess({ channel, scope, isInBand: isInBand(activity), serviceUrl, publicBaseUrl: baseUrl })) {
    case 'dialog': {
      // Where others see the card, they would have the link as well.
      const link = browserLinks && scope === 'personal' ? url : undefined;
      return { ...message, attachments: [recordingCard(recordingLink, link, messages)] };
    }
    case 'link':
      return { ...message, text: `${message.text ?? ''}\n\n[${messages.recording.open}](${url})` };
    case 'shared':
    case 'unreachable':
      return message;
  }
}

/**
 * The card that opens the page in a dialog of the client. What comes back names the recording link by its id, which by
 * itself opens nothing: who presses is held against whom it is for.
 */
function recordingCard({ id }: RecordingLink, url: string | undefined, { card, recording }: Messages): Attachment {
  return CardFactory.adaptiveCard({
    $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
    type: 'AdaptiveCard',
    version: '1.4',
    fallbackText: recording.title,
    body: [{ type: 'TextBlock', text: recording.title, isSubtle: true, size: 'Small', wrap: true }],
    actions: [
      { type: 'Action.Submit', title: recording.open, data: { msteams: { type: 'task/fetch' }, recording: id } },
      ...(url === undefined ? [] : [{ type: 'Action.OpenUrl', title: card.openInBrowser, url }]),
    ],
  });
}

/** The recording link that a press of the card's button names, which may be anything that fits in an activity. */
export function recordingLinkToOpen(taskFetch: unknown): string | undefined {
  const { recording } = fieldsOf(fieldsOf(taskFetch)['data']);
  return typeof recording === 'string' && recording !== '' ? recording : undefined;
}
