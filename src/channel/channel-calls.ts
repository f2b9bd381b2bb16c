import {
  type Activity,
  ActivityTypes,
  type Attachment,
  type ResourceResponse,
  TextFormatTypes,
  type TurnContext,
} from 'botbuilder';
import type { Clock } from '../clock.ts';
import { withDeadline } from '../deadline.ts';
import { SendError } from '../errors.ts';
import type { Logger } from '../log.ts';
import { isContentRefused, isFormatRefused } from './channel-errors.ts';

type Sent = Promise<ResourceResponse | undefined>;

export interface CallOptions {
  readonly clock: Clock;
  readonly log: Logger;
  /** The time of one call to the channel, all of its retries included. */
  readonly sendLimitMs: number;
}

/**
 * The calls of one turn to its channel. Each call, all of its retries included, has `sendLimitMs`; getting the bot's
 * own token counts, too, since it may hang.
 */
export class ChannelCalls {
  readonly #context: TurnContext;
  readonly #options: CallOptions;

  constructor(context: TurnContext, options: CallOptions) {
    this.#context = context;
    this.#options = options;
  }

  /**
   * Rejects, but never throws: botbuilder's context throws after its turn, and a timer that throws ends the process.
   */
  async send(activity: string | Partial<Activity>): Sent {
    return this.limit(this.#context.sendActivity(activity));
  }

  async sendAttachments(attachments: Attachment[]): Promise<void> {
    await this.send({ type: ActivityTypes.Message, attachments });
  }

  /** Replaces the message whose id the activity has. */
  async update(activity: Partial<Activity>): Promise<void> {
    await this.limit(this.#context.updateActivity(activity));
  }

  async remove(activityId: string): Promise<void> {
    await this.limit(this.#context.deleteActivity(activityId));
  }

  /**
   * Sends a message whose text matters more than its attachments and its formatting: one that is refused for its
   * content goes once more without attachments, and then as plain text.
   */
  async sendText(activity: Partial<Activity>): Promise<void> {
    try {
      await this.send(activity);
    } catch (err) {
      if (!isContentRefused(err)) throw err;
      if (activity.attachments !== undefined) {
        this.#options.log.warn({ err }, 'reply rejected by the channel: sent again without attachments');
        return this.sendText(withoutAttachments(activity));
      }
      // Telegram, for one, refuses Markdown with an odd `_` ("can't parse entities").
      if (!isFormatRefused(err) || activity.textFormat !== TextFormatTypes.Markdown) throw err;
      this.#options.log.warn({ err }, 'reply rejected by the channel: sent again as plain text');
      return this.sendText({ ...activity, textFormat: TextFormatTypes.Plain });
    }
  }

  /** Settles like a call to the channel, or rejects with a SendError when it takes too long. */
  limit<T>(call: Promise<T>): Promise<T> {
    const { clock, sendLimitMs } = this.#options;
    const late = () => new SendError('send_timeout', `not sent within ${sendLimitMs} ms`);
    return withDeadline({ clock, limitMs: sendLimitMs, late }, () => call);
  }
}

export function withoutAttachments({ attachments: _, ...textOnly }: Partial<Activity>): Partial<Activity> {
  return textOnly;
}
