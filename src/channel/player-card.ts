import { type Activity, type Attachment, CardFactory } from 'botbuilder';
import type { StoredAudio } from '../audio/audio-store.ts';
import { fieldsOf } from '../json-access.ts';
import { clockTime, type Messages } from '../messages/messages.ts';
import { canSaveFiles, capabilitiesOf } from './capabilities.ts';
import { scopeOf } from './user-message.ts';

/** What the card offers besides playing. */
export interface PlayerCardOptions {
  readonly pageUrl: string;
  readonly browserLinks: boolean;
  readonly savesFiles: boolean;
  readonly messages: Messages;
}

/**
 * The card below an answer: plays it in a dialog of the client, opens it in a browser, saves it as a file. What comes
 * back names the audio by its id, which by itself opens nothing: who asks is held against its conversation.
 * https://learn.microsoft.com/microsoftteams/platform/task-modules-and-cards/task-modules/invoking-task-modules
 */
export function playerCard(
  audio: StoredAudio,
  { pageUrl, browserLinks, savesFiles, messages }: PlayerCardOptions,
): Attachment {
  const { card, audioTitle } = messages;
  const play = { msteams: { type: 'task/fetch' }, play: audio.id };
  return CardFactory.adaptiveCard({
    $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
    type: 'AdaptiveCard',
    version: '1.4',
    fallbackText: audioTitle,
    body: [{ type: 'TextBlock', text: audioTitle, isSubtle: true, size: 'Small', wrap: true }],
    actions: [
      { type: 'Action.Submit', title: card.play(clockTime(audio.durationMs)), data: play },
      ...(browserLinks ? [{ type: 'Action.OpenUrl', title: card.openInBrowser, url: pageUrl }] : []),
      ...(savesFiles ? [{ type: 'Action.Submit', title: card.save, data: { save: audio.id } }] : []),
    ],
  });
}

/** The audio that a press of "Play" names, which may be anything that fits in an activity. */
export function audioToPlay(taskFetch: unknown): string | undefined {
  return idOf(fieldsOf(fieldsOf(taskFetch)['data'])['play']);
}

/** The audio that a press of "Save" names: a message without text, from where there is such a button. */
export function audioToSave(activity: Activity): string | undefined {
  const isOffered = canSaveFiles(capabilitiesOf(activity.channelId, scopeOf(activity)), activity.serviceUrl);
  return isOffered && !activity.text?.trim() ? idOf(fieldsOf(activity.value)['save']) : undefined;
}

function idOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
