import type { Activity, TaskModuleResponse } from 'botbuilder';
import type { Clock } from '../clock.ts';
import type { RecordingLinks } from '../conversation/recordings/recording-links.ts';
import { messagesFor } from '../messages/messages.ts';
import { recordingAccess, recordingUrl } from './recording-access.ts';
import { conversationKey, isInBand, isSameTalk, localeOf, scopeOf } from './user-message.ts';

/** What opening the dialog takes. */
export interface RecordingDialogDeps {
  readonly recordingLinks: Pick<RecordingLinks, 'find'>;
  readonly clock: Clock;
  readonly publicBaseUrl: () => string | undefined;
}

/** Room for the page with the longest of its sentences. */
const DIALOG_SIZE = { width: 420, height: 520 };

/** The page on which to speak, in a dialog of whoever was invited; or a word why not. */
export async function recordingDialog(
  activity: Activity,
  id: string,
  { recordingLinks, clock, publicBaseUrl }: RecordingDialogDeps,
): Promise<TaskModuleResponse['task']> {
  const { recording } = messagesFor(localeOf(activity));
  const say = (value: string) => ({ type: 'message', value }) as const;
  const recordingLink = await recordingLinks.find(id);
  const isHere = recordingLink !== undefined && isSameTalk(recordingLink.key, conversationKey(activity));
  if (!isHere || clock.now() >= recordingLink.opensUntilMs) return say(recording.ended);
  // Dialogs exist in Teams alone, whose service sets this id wherever anybody signs.
  if (recordingLink.user.id !== activity.from.id) return say(recording.notYours);
  const baseUrl = publicBaseUrl();
  const { channelId: channel, serviceUrl } = activity;
  const place = { channel, scope: scopeOf(activity), isInBand: isInBand(activity), serviceUrl, publicBaseUrl: baseUrl };
  if (baseUrl === undefined || recordingAccess(place) !== 'dialog') return say(recording.unreachable);
  const url = recordingUrl(baseUrl, recordingLink);
  return { type: 'continue', value: { title: recording.title, url, fallbackUrl: url, ...DIALOG_SIZE } };
}
