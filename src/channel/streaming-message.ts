import { type Activity, ActivityTypes, type ResourceResponse } from 'botbuilder';
import { type Clock, sleep } from '../clock.ts';
import type { Logger } from '../log.ts';
import type { StreamRules } from './capabilities.ts';
import type { Pace } from './pace.ts';
import { safeMarkdown } from './safe-markdown.ts';
import { isRefusedForItsContent, withoutAttachments } from './send-once.ts';
import { isNotTaken, type StreamError, streamErrorOf } from './stream-errors.ts';
import { markedPiece, type StreamType } from './stream-mark.ts';

/** What a live message is made with. */
export interface StreamingMessageOptions {
  readonly rules: StreamRules;
  /** The stream of an earlier attempt, which the answer takes the place of: nothing more is shown of it. */
  readonly earlierId?: string | undefined;
  /** Gets the id of the stream, once it has begun. */
  readonly onBegun?: (streamId: string) => void;
  readonly pace: Pace;
  readonly clock: Clock;
  /** The channel's time, in milliseconds since the epoch: not before the question, and not ahead of the channel's clock. */
  readonly channelNow: () => number;
  readonly log: Logger;
  /** One piece, the last among them, as it is. */
  readonly sendPiece: (activity: Partial<Activity>) => Promise<ResourceResponse | undefined>;
  /** A message of its own, which loses what hangs on it rather than its text. */
  readonly sendWhole: (activity: Partial<Activity>) => Promise<unknown>;
  readonly update: (activity: Partial<Activity>) => Promise<unknown>;
  /** The user pressed Stop. */
  readonly onStopped: () => void;
  /** The channel does not stream here: the answer will be one message, and other signs may be shown until then. */
  readonly onOff: () => void;
}

/** A channel that wants to wait longer is asked again: somebody sits there and waits for the answer. */
const MAX_WAIT_MS = 15_000;

/** `off`: the channel knows of no stream. `ended`: it takes no more, but the message is there. `stopped`: by the user. */
type State = 'open' | 'off' | 'ended' | 'stopped' | 'closed';

/**
 * One message that grows while its text is made, by the rules of Teams, which Web Chat shares: each piece has the whole
 * text so far, pieces are numbered, none is sent before the one before was answered, and not too many a second.
 * https://learn.microsoft.com/microsoftteams/platform/bots/streaming-ux
 */
export class StreamingMessage {
  /** Whether the user may have seen any of the answer. */
  hasShown = false;
  readonly #options: StreamingMessageOptions;
  readonly #startedAtMs: number;
  #state: State = 'open';
  #streamId: string | undefined;
  #sequence = 1;
  /** What the channel has taken, and what it is to get. */
  #shown = '';
  /** All of the text so far, where there is more of it than was sent. */
  #read: (() => string) | undefined;
  #inFlight: Promise<void> | undefined;
  #announcement = '';
  /** Whether there is more text than may be shown before the end. */
  #isFull = false;
  #isFinished = false;
  #forgetTimer: () => void = () => {};

  constructor(options: StreamingMessageOptions) {
    this.#options = options;
    this.#startedAtMs = options.clock.now();
    this.#streamId = options.earlierId;
    if (options.earlierId !== undefined) this.#state = 'ended';
  }

  /** What the user has seen of the answer. */
  get shown(): string {
    return this.#shown;
  }

  /** Whether the user has seen any of it and wants no more. */
  get isStopped(): boolean {
    return this.#state === 'stopped';
  }

  /** Whether the channel has a message of it. */
  get isBegun(): boolean {
    return this.#streamId !== undefined;
  }

  /** Whether the channel has the beginning of it, and was not given an end. */
  get lacksEnd(): boolean {
    return this.isBegun && !this.#isFinished && !this.isStopped;
  }

  get isOff(): boolean {
    return this.#state === 'off';
  }

  /** Says what the bot is about, until there is any text. */
  inform(text: string): void {
    if (this.hasShown) return;
    this.#announcement = text;
    this.#pump();
  }

  /** There is more text: `read` gives all of it, when the channel may be told. */
  show(read: () => string): void {
    if (this.#isFull) return;
    this.#read = read;
    this.#pump();
  }

  /** Shows nothing more. Resolves once it is known what the user has seen. */
  async settle(): Promise<void> {
    this.#forgetTimer();
    if (this.#state === 'open') this.#state = 'closed';
    await this.#inFlight;
  }

  /** Ends it with the whole answer. Rejects when the channel did not take that. */
  async finish(message: Partial<Activity>): Promise<void> {
    await this.settle();
    if (this.isStopped) return;
    this.#isFinished = true;
    if (this.#streamId === undefined) await this.#options.sendWhole(message);
    else if (this.#state === 'closed') await this.#sendLast(message);
    else await this.#replace(message);
  }

  async #sendLast(message: Partial<Activity>): Promise<void> {
    const { clock, log, rules, pace, sendPiece } = this.#options;
    const waitMs = pace.nextAtMs - clock.now();
    if (rules.isPacedThroughout && waitMs > 0) await sleep(clock, waitMs);
    try {
      await sendPiece(this.#marked(message, 'final'));
      this.#waitAfter(0);
    } catch (error) {
      this.#waitAfter(0);
      const { kind } = streamErrorOf(error, clock.now());
      if (kind === 'stopped') this.#stop();
      else if (kind !== 'refused') await this.#replaceUnconfirmed(message, error);
      else if (message.attachments === undefined || !isRefusedForItsContent(error)) await this.#replace(message);
      else {
        log.warn({ err: error }, 'the channel refused the audio, sending the text alone');
        await this.#sendLast(withoutAttachments(message));
      }
    }
  }

  /**
   * Nobody knows whether the end arrived. To exchange a message for the same does no harm, to send the rest would.
   */
  async #replaceUnconfirmed(message: Partial<Activity>, reason: unknown): Promise<void> {
    try {
      await this.#update(message);
    } catch (error) {
      if (message.attachments === undefined || !isRefusedForItsContent(error)) throw reason;
      await this.#update(withoutAttachments(message)).catch(() => Promise.reject(reason));
    }
  }

  #update(message: Partial<Activity>): Promise<unknown> {
    return this.#options.update({ ...message, id: this.#streamId ?? '' });
  }

  /**
   * The channel takes no more of the stream: its message is exchanged for the whole. The rest follows it only where the
   * channel has refused that: otherwise the whole may be there already.
   */
  async #replace(message: Partial<Activity>): Promise<void> {
    try {
      await this.#update(message);
    } catch (err) {
      if (!isNotTaken(err, this.#options.clock.now())) throw err;
      await this.#sendRest(message, err);
    }
  }

  async #sendRest(message: Partial<Activity>, err: unknown): Promise<void> {
    const { log, sendPiece, sendWhole } = this.#options;
    log.warn({ err }, 'a live message could not be completed, sending the rest of it');
    // Alone it may mean something else than below what was shown: code that began there is none here.
    const text = safeMarkdown((message.text ?? '').slice(this.#shown.length).trim());
    if (text !== '') await sendWhole({ ...message, text });
    // Without text to fall back to: what hangs on it goes as it is, or not at all.
    else if (message.attachments !== undefined) await sendPiece({ ...message, text });
  }

  #pump(): void {
    const { clock, rules, pace } = this.#options;
    const hasNews = this.#read !== undefined || this.#announcement !== '';
    if (this.#state !== 'open' || this.#inFlight !== undefined || !hasNews) return;
    if (clock.now() - this.#startedAtMs >= rules.maxMs) {
      this.#state = this.#streamId === undefined ? 'off' : 'ended';
      return;
    }
    this.#forgetTimer();
    const waitMs = pace.nextAtMs - clock.now();
    if (waitMs > 0) this.#forgetTimer = clock.after(waitMs, () => this.#pump());
    else this.#sendNews();
  }

  #sendNews(): void {
    const text = this.#read?.() ?? '';
    // It only grows: to look at it again would cost time with every word of a long answer.
    this.#isFull = text.length > this.#options.rules.maxChars;
    const isText = text.length > this.#shown.length && !this.#isFull;
    if (isText) this.#sendPiece(text, 'streaming');
    else if (this.#announcement !== '') this.#sendPiece(this.#announcement, 'informative');
    else this.#read = undefined;
  }

  #sendPiece(text: string, type: StreamType): void {
    const { clock, sendPiece } = this.#options;
    const read = this.#read;
    this.#read = undefined;
    this.#announcement = '';
    this.hasShown ||= type === 'streaming';
    this.#inFlight = sendPiece(this.#marked({ type: ActivityTypes.Typing, text }, type)).then(
      (taken) => this.#pieceTaken(text, type, taken?.id),
      (error) => {
        // Its text is still to be shown.
        this.#read ??= read;
        this.#pieceFailed(streamErrorOf(error, clock.now()));
      },
    );
  }

  #pieceTaken(text: string, type: StreamType, id: string | undefined): void {
    this.#inFlight = undefined;
    this.#waitAfter(0);
    if (this.#streamId === undefined && id) this.#options.onBegun?.(id);
    this.#streamId ??= id || undefined;
    if (type === 'streaming') this.#shown = text;
    // A channel that gives no id knows no streams: it took this for a typing sign.
    if (this.#streamId === undefined) this.#turnOff();
    this.#pump();
  }

  #pieceFailed(fault: StreamError): void {
    this.#inFlight = undefined;
    this.#waitAfter(fault.kind === 'tooFast' ? fault.waitMs : 0);
    switch (fault.kind) {
      case 'stopped':
        this.#stop();
        break;
      case 'refused':
        if (this.#streamId === undefined) this.#turnOff();
        else if (this.#state === 'open' || this.#state === 'closed') this.#state = 'ended';
        break;
      case 'tooFast':
      case 'unknown':
        break;
    }
    // A stream that has not begun begins with its first piece, however often that is tried.
    if (this.#streamId === undefined) this.#sequence = 1;
    this.#pump();
  }

  /** Counted from the answer: pieces then keep their distance wherever they are counted. */
  #waitAfter(askedMs: number): void {
    const { clock, rules, pace } = this.#options;
    pace.nextAtMs = clock.now() + Math.max(rules.intervalMs, Math.min(askedMs, MAX_WAIT_MS));
  }

  #stop(): void {
    this.#state = 'stopped';
    this.#options.onStopped();
  }

  #turnOff(): void {
    const wasOpen = this.#state === 'open';
    this.#state = 'off';
    this.#shown = '';
    this.hasShown = false;
    if (wasOpen) this.#options.onOff();
  }

  #marked(activity: Partial<Activity>, streamType: StreamType): Partial<Activity> {
    const { rules, channelNow } = this.#options;
    const sequence = streamType === 'final' ? undefined : this.#sequence++;
    const mark = { streamType, streamId: this.#streamId, sequence };
    return markedPiece(activity, mark, rules.isInChannelData ? channelNow : undefined);
  }
}
