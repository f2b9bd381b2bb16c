import type { Activity, InvokeResponse } from 'botbuilder';
import { RequestError } from '../errors.ts';
import { fieldsOf, textOf } from '../json-access.ts';
import type { Logger } from '../log.ts';
import { type DialogDeps, openDialog } from './dialogs.ts';
import { type FileConsent, fileConsentOf } from './file-consent.ts';
import { capabilitiesIn, conversationKey } from './user-message.ts';

export interface InvokeDeps extends DialogDeps {
  readonly log: Logger;
}

/** The response to an invoke, and the consent to a file upload that came with it. */
export interface InvokeAnswer {
  readonly response: InvokeResponse;
  readonly consent?: FileConsent;
}

const MAX_ID_CHARS = 256;
const ACCEPTED: InvokeResponse = { status: 200, body: {} };
const NOT_IMPLEMENTED: InvokeResponse = { status: 501 };

/** Answers what clients ask of the bot besides messages. `isAllowed`: whether this user may use the bot. */
export async function answerInvoke(activity: Activity, isAllowed: boolean, deps: InvokeDeps): Promise<InvokeAnswer> {
  switch (activity.name) {
    case 'message/submitAction':
      return { response: rate(activity, isAllowed, deps.log) };
    case 'task/fetch':
      return { response: { status: 200, body: { task: await openDialog(activity, isAllowed, deps) } } };
    case 'task/submit':
      // The recording page is done. An empty response closes its dialog.
      return { response: ACCEPTED };
    case 'fileConsent/invoke': {
      const consent = fileConsentOf(activity);
      if (consent === undefined) throw new RequestError('bad_request', 'The file consent cannot be read.');
      return { response: ACCEPTED, consent };
    }
    default:
      return { response: NOT_IMPLEMENTED };
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
