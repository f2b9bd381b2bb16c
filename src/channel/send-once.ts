import type { Activity, ResourceResponse, TurnContext } from 'botbuilder';
import { type Clock, within } from '../clock.ts';
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
/** Answers after which there is nobody to send to: the bot was blocked or removed, or the conversation is deleted. */
const GONE_STATUS: ReadonlySet<number> = new Set([403, 404]);

/** The text is never lost for its audio: a message that is refused as it is goes once more without attachments. */
export async function sendOnce(
  context: TurnContext,
  activity: Partial<Activity>,
  options: SendOptions,
): Promise<ResourceResponse | undefined> {
  try {
    return await limited(context.sendActivity(activity), options);
  } catch (err) {
    if (!isRefusedForItsContent(err) || activity.attachments === undefined) throw err;
    options.log.warn({ err }, 'the channel refused the audio, sending the text alone');
    return sendOnce(context, withoutAttachments(activity), options);
  }
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
  return within(clock, sendLimitMs, send, () => new SendError('send_timeout', `not sent within ${sendLimitMs} ms`));
}
