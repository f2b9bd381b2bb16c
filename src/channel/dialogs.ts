import type { Activity, TaskModuleResponse } from 'botbuilder';
import type { AudioStore, StoredAudio } from '../audio/audio-store.ts';
import type { Clock } from '../clock.ts';
import { isSameConversation } from '../conversation/keys.ts';
import type { RecordingLinks } from '../conversation/recordings/recording-links.ts';
import { fieldsOf } from '../json-access.ts';
import { clockTime, messagesFor } from '../messages/messages.ts';
import { playerUrl } from './audio-delivery.ts';
import { recordingUrl } from './recording-page.ts';
import { capabilitiesIn, conversationKey, localeOf } from './user-message.ts';

export interface DialogDeps {
  readonly audioStore: AudioStore;
  readonly recordingLinks: Pick<RecordingLinks, 'find'>;
  readonly clock: Clock;
  readonly publicBaseUrl: () => string | undefined;
}

type Dialog = TaskModuleResponse['task'];

/** Long enough to open a dialog and to load its audio. */
const DIALOG_LINK_MS = 10 * 60_000;
const WIDTH = 420;
const PLAYER_HEIGHT = 360;
/** Room for the recording page with the longest of its sentences. */
const RECORDING_HEIGHT = 520;

/** A page of the bot in a dialog of the client, or a message why not. `isAllowed`: whether this user may use the bot. */
export async function openDialog(activity: Activity, isAllowed: boolean, deps: DialogDeps): Promise<Dialog> {
  if (!isAllowed) return message(messagesFor(localeOf(activity)).notAllowed);
  const { play, recording } = fieldsOf(fieldsOf(activity.value)['data']);
  return typeof recording === 'string' && recording !== ''
    ? recordingDialog(activity, recording, deps)
    : playerDialog(activity, play, deps);
}

async function playerDialog(activity: Activity, id: unknown, deps: DialogDeps): Promise<Dialog> {
  const { audioTitle, audio: texts } = messagesFor(localeOf(activity));
  const audio = await findAudio(activity, id, deps.audioStore);
  const expiresAtMs = deps.clock.now() + DIALOG_LINK_MS;
  const url = audio && playerUrl(audio, expiresAtMs, deps.publicBaseUrl(), activity.serviceUrl);
  if (url === undefined) return message(texts.gone);
  return page(`${audioTitle} · ${clockTime(audio?.durationMs ?? 0)}`, url, PLAYER_HEIGHT);
}

/** The recording page, for the user to whom the recording link belongs. */
async function recordingDialog(activity: Activity, id: string, deps: DialogDeps): Promise<Dialog> {
  const { recording } = messagesFor(localeOf(activity));
  const link = await deps.recordingLinks.find(id);
  if (link === undefined || !isSameConversation(link.key, conversationKey(activity))) return message(recording.ended);
  if (deps.clock.now() >= link.opensUntilMs) return message(recording.ended);
  // Only Teams has dialogs, and its service sets this id.
  if (link.user.id !== activity.from.id) return message(recording.notYours);
  const url = capabilitiesIn(activity).opensDialogs ? recordingUrl(link, deps.publicBaseUrl(), activity) : undefined;
  return url === undefined ? message(recording.unreachable) : page(recording.title, url, RECORDING_HEIGHT);
}

/** Finds a reply's audio by its id, which may be anything. Only people of the audio's own conversation find it. */
export async function findAudio(
  activity: Activity,
  id: unknown,
  audioStore: AudioStore,
): Promise<StoredAudio | undefined> {
  const audio = typeof id === 'string' && id !== '' ? await audioStore.find(id) : undefined;
  return audio && isSameConversation(audio.conversation, conversationKey(activity)) ? audio : undefined;
}

function message(value: string): Dialog {
  return { type: 'message', value };
}

function page(title: string, url: string, height: number): Dialog {
  return { type: 'continue', value: { title, url, fallbackUrl: url, width: WIDTH, height } };
}
