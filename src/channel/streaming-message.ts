import { type Activity, ActivityTypes } from 'botbuilder';
import { type Clock, sleep } from '../clock.ts';
import type { StreamRecord } from '../conversation/reply.ts';
import type { Logger } from '../log.ts';
import type { StreamRules } from './capabilities.ts';
import { type ChannelCalls, withoutAttachments } from './channel-calls.ts';
import { errorOf, isContentRefused, isNotAccepted, requestedWaitMs, streamFailureOf } from './channel-errors.ts';
import { safeMarkdown } from './safe-markdown.ts';
import { remainderOf } from './split-markdown.ts';
import { type StreamType, toChunk } from './stream-chunk.ts';

/** When the next chunk may be sent. One for each conversation, since its answers follow each other. */
export interface Pace {
  nextAtMs: number;
}

export interface StreamingMessageOptions {
  readonly rules: StreamRules;
  readonly streamRecord: StreamRecord | undefined;
  readonly pace: Pace;
  readonly clock: Clock;
  /**
   * The channel's time, in milliseconds since the epoch: not before the question, and not ahead of the channel's clock.
   */
  readonly channelNow: () => number;
  readonly log: Logger;
  readonly calls: Pick<ChannelCalls, 'send' | 'sendText' | 'update'>;
  /** Called when the user presses Stop. */
  readonly onStopped: () => void;
  /** Called when the channel does not stream here: the answer is one message, and a typing indicator may precede it. */
  readonly onUnsupported: () => void;
}

/** The longest wait that a channel is granted: the user waits for the answer. */
const MAX_WAIT_MS = 15_000;

/**
 * `open`: chunks may be sent. `awaitingFinal`: only the final one may follow. `replaceOnly`: the channel has the
 * message, but no chunk may follow, not even a final one: it refuses them, or the time of the stream is over.
 * `unsupported`: there is no stream: the channel has none here, or none began in time.
 */
type State = 'open' | 'awaitingFinal' | 'replaceOnly' | 'unsupported' | 'stoppedByUser';

/**
 * One message that grows while its text is made, by the rules of Teams, which Web Chat shares: each chunk has the whole
 * text so far, chunks are numbered, each waits for the response to the one before, and there is a minimum interval.
 * https://learn.microsoft.com/microsoftteams/platform/bots/streaming-ux
 */
export class StreamingMessage {
  /** Whether the user may have seen any of the answer. */
  mayHaveBeenSeen = false;
  readonly #options: StreamingMessageOptions;
  readonly #startedAtMs: number;
  #state: State = 'open';
  #streamId: string | undefined;
  #sequence = 1;
  /** The text that the channel has accepted. */
  #shown = '';
  /** Gives all of the text so far. Undefined when the channel has all of it. */
  #read: (() => string) | undefined;
  #inFlight: Promise<void> | undefined;
  #announcement = '';
  /** Whether there is more text than may be shown before the end. */
  #isFull = false;
  #isFinished = false;
  #cancelTimer: () => void = () => {};

  constructor(options: StreamingMessageOptions) {
    this.#options = options;
    this.#startedAtMs = options.clock.now();
    // The answer replaces the stream of an earlier attempt, so nothing more of it is shown.
    this.#streamId = options.streamRecord?.earlierId;
    if (this.isBegun) this.#state = 'replaceOnly';
  }

  /** The part of the answer that the user has seen. */
  get shown(): string {
    return this.#shown;
  }

  get isStopped(): boolean {
    return this.#state === 'stoppedByUser';
  }

  /** Whether the channel has a message of this stream. */
  get isBegun(): boolean {
    return this.#streamId !== undefined;
  }

  /** Whether the channel has the beginning of this stream and not its end. */
  get lacksEnd(): boolean {
    return this.isBegun && !this.#isFinished && !this.isStopped;
  }

  get isUnsupported(): boolean {
    return this.#state === 'unsupported';
  }

  /** Shows what the bot does, until there is any text. */
  announce(text: string): void {
    if (this.mayHaveBeenSeen) return;
    this.#announcement = text;
    this.#pump();
  }

  /** Shows the text so far. `read` gives all of it; it is called when the next chunk may be sent. */
  show(read: () => string): void {
    if (this.#isFull) return;
    this.#read = read;
    this.#pump();
  }

  /** Shows nothing more. Resolves once it is known what the user has seen. */
  async settle(): Promise<void> {
    this.#cancelTimer();
    if (this.#state === 'open') this.#state = 'awaitingFinal';
    await this.#inFlight;
  }

  /** Ends the stream with the whole answer. Rejects when the channel did not accept it. */
  async finish(message: Partial<Activity>): Promise<void> {
    await this.settle();
    if (this.isStopped) return;
    this.#isFinished = true;
    if (!this.isBegun) await this.#options.calls.sendText(message);
    else if (this.#state === 'awaitingFinal') await this.#sendFinal(message);
    else await this.#replace(message);
  }

  async #sendFinal(message: Partial<Activity>): Promise<void> {
    const { calls, clock, log, rules, pace } = this.#options;
    const waitMs = pace.nextAtMs - clock.now();
    if (rules.isPacedThroughout && waitMs > 0) await sleep(clock, waitMs);
    const error = await errorOf(calls.send(this.#marked(message, 'final')));
    this.#scheduleNext();
    if (error === undefined) return;
    switch (streamFailureOf(error)) {
      case 'stopped':
        return this.#stop();
      case 'unknown':
        return this.#replaceUnconfirmed(message, error);
      case 'refused':
        if (message.attachments === undefined || !isContentRefused(error)) return this.#replace(message);
        log.warn({ err: error }, 'reply rejected by the channel: sent again without attachments');
        return this.#sendFinal(withoutAttachments(message));
    }
  }

  /**
   * It is unknown whether the final chunk arrived. To replace a message with itself is safe; to send the rest is not,
   * since the channel may have it.
   */
  async #replaceUnconfirmed(message: Partial<Activity>, reason: unknown): Promise<void> {
    let error = await errorOf(this.#update(message));
    if (message.attachments !== undefined && isContentRefused(error)) {
      error = await errorOf(this.#update(withoutAttachments(message)));
    }
    if (error !== undefined) throw reason;
  }

  #update(message: Partial<Activity>): Promise<void> {
    return this.#options.calls.update({ ...message, id: this.#streamId ?? '' });
  }

  /**
   * The channel accepts no more of the stream, so its message is replaced by the whole answer. The rest follows only
   * where the channel refuses that: otherwise it may have the whole answer already.
   */
  async #replace(message: Partial<Activity>): Promise<void> {
    const { calls, log } = this.#options;
    const err = await errorOf(this.#update(message));
    if (err === undefined) return;
    if (!isNotAccepted(err)) throw err;
    log.warn({ err }, 'streaming message not completed: rest sent apart');
    // On its own, the rest may mean something else than below the text before it.
    const text = safeMarkdown(remainderOf(this.#shown, (message.text ?? '').slice(this.#shown.length)).trimEnd());
    if (text !== '') await calls.sendText({ ...message, text });
    else if (message.attachments !== undefined) await calls.send({ ...message, text });
  }

  #pump(): void {
    const { clock, rules, pace } = this.#options;
    const hasNews = this.#read !== undefined || this.#announcement !== '';
    if (this.#state !== 'open' || this.#inFlight !== undefined || !hasNews) return;
    if (clock.now() - this.#startedAtMs >= rules.maxMs) {
      // Unlike `#giveUp`, keeps `mayHaveBeenSeen`: a chunk whose fate is unknown may have been seen.
      this.#state = this.isBegun ? 'replaceOnly' : 'unsupported';
      return;
    }
    this.#cancelTimer();
    const waitMs = pace.nextAtMs - clock.now();
    if (waitMs > 0) this.#cancelTimer = clock.after(waitMs, () => this.#pump());
    else this.#sendNews();
  }

  #sendNews(): void {
    const text = this.#read?.() ?? '';
    // The text only grows. To read it again would cost time with every word of a long answer.
    this.#isFull = text.length > this.#options.rules.maxChars;
    if (text.length > this.#shown.length && !this.#isFull) this.#inFlight = this.#sendChunk(text, 'streaming');
    else if (this.#announcement !== '') this.#inFlight = this.#sendChunk(this.#announcement, 'informative');
    else this.#read = undefined;
  }

  async #sendChunk(text: string, type: StreamType): Promise<void> {
    const read = this.#read;
    this.#read = undefined;
    this.#announcement = '';
    this.mayHaveBeenSeen ||= type === 'streaming';
    const chunk = this.#marked({ type: ActivityTypes.Typing, text }, type);
    const [sent] = await Promise.allSettled([this.#options.calls.send(chunk)]);
    this.#inFlight = undefined;
    this.#scheduleNext(sent.status === 'rejected' ? sent.reason : undefined);
    if (sent.status === 'fulfilled') {
      this.#chunkAccepted(text, type, sent.value?.id);
    } else {
      // The text of this chunk is still to be shown.
      this.#read ??= read;
      this.#chunkFailed(sent.reason);
    }
    this.#pump();
  }

  #chunkAccepted(text: string, type: StreamType, id: string | undefined): void {
    if (!this.isBegun && id) {
      this.#streamId = id;
      this.#options.streamRecord?.onBegun(id);
    }
    if (type === 'streaming') this.#shown = text;
    // A channel that gives no id knows no streams: it took this for a typing indicator.
    if (!this.isBegun) this.#giveUp();
  }

  #chunkFailed(error: unknown): void {
    const failure = streamFailureOf(error);
    if (failure === 'stopped') this.#stop();
    else if (failure === 'refused') {
      if (!this.isBegun) this.#giveUp();
      else if (this.#state === 'open' || this.#state === 'awaitingFinal') this.#state = 'replaceOnly';
    }
    // A stream that has not begun begins with its first chunk, however often that is sent.
    if (!this.isBegun) this.#sequence = 1;
  }

  /**
   * The interval counts from the response, so chunks keep it wherever it is measured. `error`: of the chunk that
   * failed.
   */
  #scheduleNext(error?: unknown): void {
    const { clock, rules, pace } = this.#options;
    const requestedMs = Math.min(requestedWaitMs(error, clock.now()), MAX_WAIT_MS);
    pace.nextAtMs = clock.now() + Math.max(rules.intervalMs, requestedMs);
  }

  #stop(): void {
    this.#state = 'stoppedByUser';
    this.#options.onStopped();
  }

  #giveUp(): void {
    const wasOpen = this.#state === 'open';
    this.#state = 'unsupported';
    this.#shown = '';
    this.mayHaveBeenSeen = false;
    if (wasOpen) this.#options.onUnsupported();
  }

  #marked(activity: Partial<Activity>, streamType: StreamType): Partial<Activity> {
    const { rules, channelNow } = this.#options;
    const streamSequence = streamType === 'final' ? undefined : this.#sequence++;
    return toChunk(activity, { streamId: this.#streamId, streamType, streamSequence }, rules, channelNow);
  }
}
