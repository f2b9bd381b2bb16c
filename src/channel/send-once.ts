import { type Activity, type ResourceResponse, TextFormatTypes, type TurnContext } from 'botbuilder';
import type { Clock } from '../clock.ts';
import { withDeadline } from '../deadline.ts';
import { SendError } from '../errors.ts';
import type { Logger } from '../log.ts';

/** How long and by which log. */
export interface SendOptions {
  readonly clock: Clock;
  readonly log: Logger;
  /** One send with all of its tries, and with the bot's own token, which may hang, too. */
  readonly sendLimitMs: number;
}

/** Answers with which a channel refuses a message for what is in it: without its audio it may be taken. */
const REFUSED_STATUS: ReadonlySet<number> = new Set([400, 413, 415]);
/** What a channel answers to formatting that it does not understand. */
const BAD_REQUEST = 400;
/** Answers after which there is nobody to send to: the bot was blocked or removed, or the conversation is deleted. */
const GONE_STATUS: ReadonlySet<number> = new Set([403, 404]);

/**
 * The text is never lost for its audio or its formatting: a message that is refused for its content goes once more without
 * attachments, and then as plain text.
 */
export async function sendOnce(
  context: TurnContext,
  activity: Partial<Activity>,
  options: SendOptions,
): Promise<ResourceResponse | undefined> {
  try {
    return await limited(context.sendActivity(activity), options);
  } catch (err) {
    if (!isRefusedForItsContent(err)) throw err;
    if (activity.attachments !== undefined) {
      options.log.warn({ err }, 'the channel refused the audio, sending the text alone');
      return sendOnce(context, withoutAttachments(activity), options);
    }
    if (statusOf(err) !== BAD_REQUEST || activity.textFormat !== TextFormatTypes.Markdown) throw err;
    options.log.warn({ err }, 'message refused: sending it as plain text');
    return sendOnce(context, asPlainText(activity), options);
  }
}

/** Telegram, for one, refuses Markdown with an odd `_` ("can't parse entities"). Channels name the reason each in its own way. */
function asPlainText({ id: _, ...activity }: Partial<Activity>): Partial<Activity> {
  return { ...activity, textFormat: TextFormatTypes.Plain };
}

/** Whether the channel might have taken the message without what hangs on it. */
export function isRefusedForItsContent(error: unknown): boolean {
  return REFUSED_STATUS.has(statusOf(error));
}

export function withoutAttachments({ attachments: _, id: __, ...textOnly }: Partial<Activity>): Partial<Activity> {
  return textOnly;
}

/** Settles like `sending`, with a failure of its own where there is nobody to send to. */
export async function orGone(sending: Promise<unknown>): Promise<void> {
  try {
    await sending;
  } catch (err) {
    if (!GONE_STATUS.has(statusOf(err))) throw err;
    throw new SendError('conversation_gone', 'the channel has no such conversation for us', { cause: err });
  }
}

/** The status with which the channel answered; 0 when it did not. */
function statusOf(error: unknown): number {
  const { statusCode } = error as { statusCode?: unknown };
  return typeof statusCode === 'number' ? statusCode : 0;
}

/** A call to the channel within its time. */
export function limited<T>(send: Promise<T>, { clock, sendLimitMs }: SendOptions): Promise<T> {
  const late = () => new SendError('send_timeout', `not sent within ${sendLimitMs} ms`);
  return withDeadline({ clock, limitMs: sendLimitMs, late }, () => send);
}
