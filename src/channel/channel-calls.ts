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

type Sent = Promise<ResourceResponse | undefined>;

/** With these a channel refuses a message for its content: it may accept it without its attachments. */
const REFUSED_STATUS: ReadonlySet<number> = new Set([400, 413, 415]);
/** The response to formatting that the channel does not understand. */
const BAD_REQUEST = 400;
/** Nobody is there to send to: the bot was blocked or removed, or the conversation is deleted. */
const GONE_STATUS: ReadonlySet<number> = new Set([403, 404]);

/**
 * The calls of one turn to its channel. Each call, all of its retries included, has `limitMs`; getting the bot's own token
 * counts, too, since it may hang.
 */
export class ChannelCalls {
  readonly #context: TurnContext;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #limitMs: number;

  constructor(context: TurnContext, clock: Clock, log: Logger, limitMs: number) {
    this.#context = context;
    this.#clock = clock;
    this.#log = log;
    this.#limitMs = limitMs;
  }

  send(activity: string | Partial<Activity>): Sent {
    return this.limit(this.#context.sendActivity(activity));
  }

  /** Shows the typing indicator. */
  async sendTyping(): Promise<void> {
    await this.send({ type: ActivityTypes.Typing });
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
   * Sends a message whose text matters more than its attachments and its formatting: one that is refused for its content
   * goes once more without attachments, and then as plain text.
   */
  async sendText(activity: Partial<Activity>): Promise<void> {
    try {
      await this.send(activity);
    } catch (err) {
      if (!isContentRefused(err)) throw err;
      if (activity.attachments !== undefined) {
        this.#log.warn({ err }, 'reply rejected by the channel: sent again without attachments');
        return this.sendText(withoutAttachments(activity));
      }
      // Telegram, for one, refuses Markdown with an odd `_` ("can't parse entities").
      if (statusOf(err) !== BAD_REQUEST || activity.textFormat !== TextFormatTypes.Markdown) throw err;
      this.#log.warn({ err }, 'reply rejected by the channel: sent again as plain text');
      const { id: _, ...unsent } = activity;
      return this.sendText({ ...unsent, textFormat: TextFormatTypes.Plain });
    }
  }

  /** Settles like a call to the channel, or rejects with a SendError when it takes too long. */
  limit<T>(call: Promise<T>): Promise<T> {
    const late = () => new SendError('send_timeout', `not sent within ${this.#limitMs} ms`);
    return withDeadline({ clock: this.#clock, limitMs: this.#limitMs, late }, () => call);
  }
}

/** Whether the channel might accept the message without its attachments. */
export function isContentRefused(error: unknown): boolean {
  return REFUSED_STATUS.has(statusOf(error));
}

export function withoutAttachments({ attachments: _, id: __, ...textOnly }: Partial<Activity>): Partial<Activity> {
  return textOnly;
}

/** The error itself, or a SendError where nobody is there to send to. */
export function sendErrorOf(cause: unknown): unknown {
  if (!GONE_STATUS.has(statusOf(cause))) return cause;
  return new SendError('conversation_gone', 'the channel has no such conversation', { cause });
}

/** The status with which the channel answered; 0 when it did not. */
function statusOf(error: unknown): number {
  const { statusCode } = (error ?? {}) as { statusCode?: unknown };
  return typeof statusCode === 'number' ? statusCode : 0;
}
