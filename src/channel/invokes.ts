import type { Activity, InvokeResponse, TaskModuleResponse } from 'botbuilder';
import type { AudioStore } from '../audio/audio-store.ts';
import type { Clock } from '../clock.ts';
import { isSameOrSiblingThread } from '../conversation/keys.ts';
import type { RecordingLinks } from '../conversation/recordings/recording-links.ts';
import { fieldsOf, textOf } from '../json-access.ts';
import type { Logger } from '../log.ts';
import { clockTime } from '../messages/messages.ts';
import { findAudio, playerUrl } from './audio-delivery.ts';
import { recordingUrl } from './recording-page.ts';
import { capabilitiesIn, conversationKey, messagesOf } from './user-message.ts';

export interface InvokeDeps {
  readonly audioStore: AudioStore;
  readonly recordingLinks: Pick<RecordingLinks, 'find'>;
  readonly clock: Clock;
  readonly publicBaseUrl: () => string | undefined;
  readonly log: Logger;
}

type Dialog = TaskModuleResponse['task'];

/** Long enough to open a dialog and to load its audio. */
const DIALOG_LINK_MS = 10 * 60_000;
const WIDTH = 420;
const PLAYER_HEIGHT = 360;
/** Room for the recording page with the longest of its sentences. */
const RECORDING_HEIGHT = 520;
const MAX_ID_CHARS = 256;
export const ACCEPTED: InvokeResponse = { status: 200, body: {} };
const NOT_IMPLEMENTED: InvokeResponse = { status: 501 };

/** Answers what clients ask of the bot besides messages. `isAllowed`: whether this user may use the bot. */
export async function answerInvoke(activity: Activity, isAllowed: boolean, deps: InvokeDeps): Promise<InvokeResponse> {
  switch (activity.name) {
    case 'message/submitAction':
      return rate(activity, isAllowed, deps.log);
    case 'task/fetch':
      return { status: 200, body: { task: await openDialog(activity, isAllowed, deps) } };
    case 'task/submit':
      // The recording page is done. An empty response closes its dialog.
      return ACCEPTED;
    default:
      return NOT_IMPLEMENTED;
  }
}

/** Logs the thumbs below a message in Teams. The text that a user may add to them is not read. */
function rate(activity: Activity, isAllowed: boolean, log: Logger): InvokeResponse {
  const { actionName, actionValue } = fieldsOf(activity.value);
  const { reaction } = fieldsOf(actionValue);
  if (actionName !== 'feedback' || (reaction !== 'like' && reaction !== 'dislike')) return NOT_IMPLEMENTED;
  const replyToId = textOf(activity.replyToId, MAX_ID_CHARS);
  if (isAllowed) log.info({ conversation: conversationKey(activity), reaction, replyToId }, 'reply rated');
  return ACCEPTED;
}

/** The id of the audio of a pressed "Save" button: a message without text, on a channel that has such a button. */
export function audioToSave(activity: Activity): string | undefined {
  const { save } = fieldsOf(activity.value);
  if (typeof save !== 'string' || save === '' || activity.text?.trim()) return undefined;
  return capabilitiesIn(activity).savesFiles ? save : undefined;
}

/**
 * A page of the bot in a dialog of the client, or a message why not. `isAllowed`: whether this user may use the bot.
 */
async function openDialog(activity: Activity, isAllowed: boolean, deps: InvokeDeps): Promise<Dialog> {
  if (!isAllowed) return message(messagesOf(activity).notAllowed);
  const { play, recording } = fieldsOf(fieldsOf(activity.value)['data']);
  return typeof recording === 'string' && recording !== ''
    ? recordingDialog(activity, recording, deps)
    : playerDialog(activity, play, deps);
}

async function playerDialog(activity: Activity, id: unknown, deps: InvokeDeps): Promise<Dialog> {
  const { audioTitle, audio: texts } = messagesOf(activity);
  const audio = await findAudio(activity, id, deps.audioStore);
  const expiresAtMs = deps.clock.now() + DIALOG_LINK_MS;
  const url = audio && playerUrl(audio, expiresAtMs, deps.publicBaseUrl(), activity.serviceUrl);
  if (audio === undefined || url === undefined) return message(texts.gone);
  return page(`${audioTitle} · ${clockTime(audio.durationMs)}`, url, PLAYER_HEIGHT);
}

/** The recording page, for the user to whom the recording link belongs. */
async function recordingDialog(activity: Activity, id: string, deps: InvokeDeps): Promise<Dialog> {
  const { recording } = messagesOf(activity);
  const link = await deps.recordingLinks.find(id);
  const isFound = link !== undefined && isSameOrSiblingThread(link.key, conversationKey(activity));
  if (!isFound || deps.clock.now() >= link.opensUntilMs) return message(recording.ended);
  // Only Teams has dialogs, and its service sets this id.
  if (link.user.id !== activity.from.id) return message(recording.notYours);
  const url = capabilitiesIn(activity).opensDialogs ? recordingUrl(link, deps.publicBaseUrl(), activity) : undefined;
  return url === undefined ? message(recording.unreachable) : page(recording.title, url, RECORDING_HEIGHT);
}

function message(value: string): Dialog {
  return { type: 'message', value };
}

function page(title: string, url: string, height: number): Dialog {
  return { type: 'continue', value: { title, url, fallbackUrl: url, width: WIDTH, height } };
}
