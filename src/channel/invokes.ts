import type { Activity, InvokeResponse, TaskModuleResponse } from 'botbuilder';
import type { AudioStore, StoredAudio } from '../audio/audio-store.ts';
import { toLink } from '../audio/signed-links.ts';
import type { Clock } from '../clock.ts';
import type { RecordingLinks } from '../conversation/recordings/recording-links.ts';
import { RequestError } from '../errors.ts';
import type { Logger } from '../log.ts';
import { clockTime, type Messages, messagesFor } from '../messages/messages.ts';
import { canReach, pageUrl } from './audio-delivery.ts';
import { feedbackOf } from './feedback.ts';
import { type FileConsent, fileConsentOf } from './file-consent.ts';
import { audioToPlay } from './player-card.ts';
import { recordingLinkToOpen } from './recording-card.ts';
import { recordingDialog } from './recording-dialog.ts';
import { conversationKey, isSameTalk, localeOf } from './user-message.ts';

/** What a client is told at once about its invoke, and what is done after that, if anything. */
export interface InvokeAnswer {
  readonly response: InvokeResponse;
  /** What the user said to the offer of a file. */
  readonly consent?: FileConsent;
}

/** What answering an invoke takes. */
export interface InvokeDeps {
  readonly audioStore: AudioStore;
  readonly recordingLinks: RecordingLinks;
  readonly clock: Clock;
  readonly log: Logger;
  readonly publicBaseUrl: () => string | undefined;
}

/** Long enough to open a dialog and to load its sound. */
const DIALOG_LINK_MS = 10 * 60_000;
const DIALOG_SIZE = { width: 420, height: 360 };
const TAKEN: InvokeResponse = { status: 200, body: {} };

/** Answers what clients ask of the bot besides messages. `isAllowed`: whether this user may use the bot. */
export async function answerInvoke(activity: Activity, isAllowed: boolean, deps: InvokeDeps): Promise<InvokeAnswer> {
  switch (activity.name) {
    case 'message/submitAction': {
      const feedback = feedbackOf(activity);
      if (feedback === undefined) return { response: { status: 501 } };
      if (isAllowed) deps.log.info({ conversation: conversationKey(activity), ...feedback }, 'rated');
      return { response: TAKEN };
    }
    case 'task/fetch':
      return { response: { status: 200, body: { task: await dialog(activity, isAllowed, deps) } } };
    case 'task/submit':
      // The page in the dialog has done what it was for: by an empty answer it is closed.
      return { response: TAKEN };
    case 'fileConsent/invoke': {
      const consent = fileConsentOf(activity);
      if (consent === undefined)
        throw new RequestError('bad_request', 'The answer to the offer of a file cannot be read.');
      return { response: TAKEN, consent };
    }
    default:
      return { response: { status: 501 } };
  }
}

/** A page of the bot in a dialog of the client, or a word why not. */
async function dialog(activity: Activity, isAllowed: boolean, deps: InvokeDeps): Promise<TaskModuleResponse['task']> {
  if (!isAllowed) return { type: 'message', value: messagesFor(localeOf(activity)).notAllowed };
  const recordingLink = recordingLinkToOpen(activity.value);
  return recordingLink === undefined ? playerDialog(activity, deps) : recordingDialog(activity, recordingLink, deps);
}

async function playerDialog(activity: Activity, deps: InvokeDeps): Promise<TaskModuleResponse['task']> {
  const messages = messagesFor(localeOf(activity));
  const say = (value: string) => ({ type: 'message', value }) as const;
  const audio = await soundOf(activity, audioToPlay(activity.value), deps.audioStore);
  const baseUrl = deps.publicBaseUrl();
  if (audio === undefined || baseUrl === undefined || !canReach(baseUrl, activity.serviceUrl))
    return say(messages.audio.gone);
  const url = pageUrl(baseUrl, toLink(audio, deps.clock.now() + DIALOG_LINK_MS));
  return { type: 'continue', value: { title: titleOf(audio, messages), url, fallbackUrl: url, ...DIALOG_SIZE } };
}

function titleOf({ durationMs }: StoredAudio, { audioTitle }: Messages): string {
  return `${audioTitle} · ${clockTime(durationMs)}`;
}

/** The named sound, if it was said in this very conversation and is still there. */
export async function soundOf(
  activity: Activity,
  id: string | undefined,
  audioStore: AudioStore,
): Promise<StoredAudio | undefined> {
  const audio = id === undefined ? undefined : await audioStore.find(id);
  return audio !== undefined && isSameTalk(audio.conversation, conversationKey(activity)) ? audio : undefined;
}
