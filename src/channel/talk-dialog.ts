import type { Activity, TaskModuleResponse } from 'botbuilder';
import type { Clock } from '../clock.ts';
import type { Invitations } from '../conversation/recordings/invitations.ts';
import { wordingFor } from '../messages/messages.ts';
import { talkUrl, wayToTalk } from './talk-way.ts';
import { conversationKey, isInBand, isSameTalk, localeOf, scopeOf } from './user-message.ts';

/** What opening the dialog takes. */
export interface TalkDialogDeps {
  readonly invitations: Pick<Invitations, 'find'>;
  readonly clock: Clock;
  readonly publicBaseUrl: () => string | undefined;
}

/** Room for the page with the longest of its sentences. */
const DIALOG_SIZE = { width: 420, height: 520 };

/** The page on which to speak, in a dialog of whoever was invited; or a word why not. */
export async function talkDialog(
  activity: Activity,
  id: string,
  { invitations, clock, publicBaseUrl }: TalkDialogDeps,
): Promise<TaskModuleResponse['task']> {
  const { talk } = wordingFor(localeOf(activity));
  const say = (value: string) => ({ type: 'message', value }) as const;
  const invitation = await invitations.find(id);
  const isHere = invitation !== undefined && isSameTalk(invitation.key, conversationKey(activity));
  if (!isHere || clock.now() >= invitation.opensUntilMs) return say(talk.ended);
  // Dialogs exist in Teams alone, whose service sets this id wherever anybody signs.
  if (invitation.user.id !== activity.from.id) return say(talk.notYours);
  const baseUrl = publicBaseUrl();
  const { channelId: channel, serviceUrl } = activity;
  const place = { channel, scope: scopeOf(activity), isInBand: isInBand(activity), serviceUrl, publicBaseUrl: baseUrl };
  if (baseUrl === undefined || wayToTalk(place) !== 'dialog') return say(talk.unreachable);
  const url = talkUrl(baseUrl, invitation);
  return { type: 'continue', value: { title: talk.title, url, fallbackUrl: url, ...DIALOG_SIZE } };
}
