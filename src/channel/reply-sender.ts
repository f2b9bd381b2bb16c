import { type Activity, ActivityTypes, type TurnContext } from 'botbuilder';
import { sleep } from '../clock.ts';
import type { RecordingLink } from '../conversation/recordings/recording-links.ts';
import type { ChannelStream, Choice, Reply, ReplySender } from '../conversation/reply.ts';
import { TurnError } from '../errors.ts';
import { messagesFor } from '../messages/messages.ts';
import { isLoopbackUrl } from './audio-delivery.ts';
import { type Capabilities, canSaveFiles, capabilitiesOf } from './capabilities.ts';
import { choiceCard, choiceList } from './choice-card.ts';
import type { Pace } from './pace.ts';
import { withRecordingLink } from './recording-card.ts';
import { type ReplyStyle, toMessage, withSound } from './reply-activity.ts';
import { safeMarkdown, safeMarkdownSoFar } from './safe-markdown.ts';
import { limited, orGone, sendOnce } from './send-once.ts';
import { type SoundSourceOptions, soundSource } from './sound-source.ts';
import { withSources } from './sources.ts';
import { splitText } from './split-text.ts';
import { StreamingMessage } from './streaming-message.ts';
import { TypingSign } from './typing.ts';
import { localeOf, scopeOf } from './user-message.ts';

/** What a way back needs besides its turn. */
export interface ReplySenderOptions extends SoundSourceOptions, Omit<ReplyStyle, 'messages'> {
  /** The pace of this conversation's live messages. */
  readonly pace: Pace;
  /** See TurnReference. */
  readonly clockLeadMs: number;
  readonly stream: ChannelStream;
}

const MAX_TYPING_WAIT_MS = 1_000;
/** Room for a link below the last part of a text. */
const LINK_CHARS = 400;

/** The way back over a live turn context. */
export function openReplySender(context: TurnContext, options: ReplySenderOptions): ChannelReplySender {
  const { activity } = context;
  const row = capabilitiesOf(activity.channelId, scopeOf(activity));
  const capabilities = { ...row, savesFiles: canSaveFiles(row, activity.serviceUrl) };
  // Replies that go back in the HTTP answer come all at once: a sign before them would never be seen as one.
  return activity.deliveryMode === 'expectReplies'
    ? new ChannelReplySender(
        context,
        { ...capabilities, showsTyping: false, stream: undefined },
        { ...options, connector: undefined },
      )
    : new ChannelReplySender(context, capabilities, options);
}

/** Shows and sends one turn's answer in the way of its channel. */
export class ChannelReplySender implements Omit<ReplySender, 'notify'> {
  readonly #context: TurnContext;
  readonly #capabilities: Capabilities;
  readonly #options: ReplySenderOptions;
  readonly #style: ReplyStyle;
  readonly #stopping = new AbortController();
  #typing: TypingSign | undefined;
  #live: StreamingMessage | undefined;
  #isAbandoned = false;

  constructor(context: TurnContext, capabilities: Capabilities, options: ReplySenderOptions) {
    this.#context = context;
    this.#capabilities = capabilities;
    this.#options = options;
    this.#style = { ...options, messages: messagesFor(localeOf(context.activity)) };
    // Of an answer that goes out without being shown first, such as one that is sent again.
    if (capabilities.stream !== undefined && options.stream.earlierId !== undefined)
      this.#live = this.#openLive(capabilities.stream);
  }

  /** Whether the channel has a message of the answer already. */
  get isBegun(): boolean {
    return this.#live?.isBegun ?? false;
  }

  get hasShown(): boolean {
    return this.#live?.hasShown ?? false;
  }

  get stopped(): AbortSignal {
    return this.#stopping.signal;
  }

  showActivity(): void {
    const { stream } = this.#capabilities;
    if (stream !== undefined) this.#live ??= this.#openLive(stream);
    // Nothing more is shown of a stream that an earlier attempt has begun.
    const isNew = this.#options.stream.earlierId === undefined;
    if (stream?.isAnnounced && isNew) this.#live?.inform(this.#style.messages.working);
    else this.#showTyping();
  }

  showProgress(text: string): void {
    this.#live?.inform(text);
  }

  showText(read: () => string): void {
    if (this.#live === undefined) return;
    if (!this.#live.isOff) this.#typing?.stop();
    this.#live.show(() => safeMarkdownSoFar(read()));
  }

  /** Shows nothing more. Resolves once it is known whether the channel has a message of the answer. */
  async settle(): Promise<void> {
    this.#typing?.stop();
    await this.#live?.settle();
  }

  abandon(): void {
    this.#isAbandoned = true;
  }

  /**
   * Teams shows a stream as unfinished until it gets its end: one that got none from `send`, because the answer is left to
   * another instance or failed on the way, gets it here. Never rejects. Safe to call twice.
   */
  async close(): Promise<void> {
    await this.settle();
    if (this.#live?.lacksEnd !== true || this.#isAbandoned) return;
    const notice = { text: this.#style.messages.interrupted, audio: undefined, addsToShown: true };
    await this.send(notice).catch((err: unknown) => this.#options.log.warn({ err }, 'stream not ended'));
  }

  async send(reply: Reply): Promise<void> {
    await this.settle();
    const { text, isFromModel } = this.#whole(this.#notEmpty(reply));
    if (this.#typing) await Promise.race([this.#typing.settled, sleep(this.#options.clock, MAX_TYPING_WAIT_MS)]);
    if (this.#live?.isStopped || text === '') return;
    const messages = await this.#messagesOf({ ...reply, text, isFromModel });
    await orGone(this.#sendAll(messages));
  }

  /** Text that is too long for one message goes in several; the sound goes with the last. */
  async #messagesOf(reply: Reply): Promise<Partial<Activity>[]> {
    if (reply.choice !== undefined) return [this.#choiceMessage(reply, reply.choice)];
    if (reply.recordingLink !== undefined) return [this.#recordingMessage(reply, reply.recordingLink)];
    const { audio } = reply;
    const { audio: delivery, maxTextChars } = this.#capabilities;
    const maxChars = maxTextChars - (delivery === 'link' ? LINK_CHARS : 0);
    const texts = splitText(reply.text, maxChars, (part) => safeMarkdown(part).length);
    const lastLength = texts.at(-1)?.length ?? 0;
    const source = audio && (await soundSource(this.#context, audio, lastLength, this.#capabilities, this.#options));
    const messages = texts.map((text) => toMessage({ ...reply, text }, this.#capabilities));
    return messages.map((message, index) => {
      const isLast = index === messages.length - 1;
      if (!isLast) return message;
      const { sources: style } = this.#capabilities;
      const withAll = withSources(message, reply.sources ?? [], style, this.#style.messages);
      return withSound(withAll, audio, source, this.#capabilities, this.#style);
    });
  }

  #choiceMessage(reply: Reply, choice: Choice): Partial<Activity> {
    if (this.#capabilities.showsChoices) {
      return { ...toMessage(reply, this.#capabilities), attachments: [choiceCard(choice)] };
    }
    return toMessage({ text: `${reply.text}\n\n${choiceList(choice)}` }, this.#capabilities);
  }

  #recordingMessage(reply: Reply, recordingLink: RecordingLink): Partial<Activity> {
    const message = toMessage(reply, this.#capabilities);
    return withRecordingLink(message, recordingLink, this.#context.activity, { ...this.#options, ...this.#style });
  }

  /** The first continues what was shown live. */
  async #sendAll([first = {}, ...others]: Partial<Activity>[]): Promise<void> {
    if (this.#live === undefined) await this.#sendWhole(first);
    else await this.#end(this.#live, first);
    for (const message of others) {
      if (this.#live?.isStopped) return;
      await this.#sendWhole(message);
    }
  }

  async #end(live: StreamingMessage, message: Partial<Activity>): Promise<void> {
    const { attachments, ...text } = message;
    // Agents Playground, for which the cards are, loses what hangs on the last piece of a stream.
    const isPlayground = this.#style.webchatAudio === 'card' && isLoopbackUrl(this.#context.activity.serviceUrl);
    const isApart = attachments !== undefined && live.isBegun && isPlayground;
    await live.finish(isApart ? text : message);
    if (isApart) await this.#sendSound({ type: ActivityTypes.Message, attachments });
  }

  /** The text is out: sound that fails costs nothing more than itself. */
  async #sendSound(sound: Partial<Activity>): Promise<void> {
    try {
      await limited(this.#context.sendActivity(sound), this.#options);
    } catch (err) {
      this.#options.log.warn({ err }, 'the channel did not take the audio');
    }
  }

  #sendWhole(message: Partial<Activity>): Promise<unknown> {
    return sendOnce(this.#context, message, this.#options);
  }

  /** A message that was announced has to end with a text, also where nothing was said. */
  #notEmpty(reply: Reply): Reply {
    const { messages } = this.#style;
    return reply.text === '' && this.isBegun ? { text: messages.apologies.cancelled, audio: undefined } : reply;
  }

  /** What was shown stays, and what is sent at the end begins with it: it is the model's, then. */
  #whole({ text, addsToShown, isFromModel = false }: Reply): { text: string; isFromModel: boolean } {
    const shown = this.#live?.shown ?? '';
    return addsToShown && shown !== '' ? { text: `${shown}\n\n${text}`, isFromModel: true } : { text, isFromModel };
  }

  #openLive(rules: NonNullable<Capabilities['stream']>): StreamingMessage {
    const { clock, clockLeadMs, log, pace, stream } = this.#options;
    return new StreamingMessage({
      rules,
      earlierId: stream.earlierId,
      onBegun: stream.onBegun,
      channelNow: () => clock.now() - clockLeadMs,
      pace: rules.isPacedThroughout ? pace : { nextAtMs: 0 },
      clock,
      log,
      sendPiece: (piece) => limited(this.#context.sendActivity(piece), this.#options),
      sendWhole: (message) => this.#sendWhole(message),
      update: (message) => limited(this.#context.updateActivity(message), this.#options),
      onStopped: () => this.#stopping.abort(new TurnError('cancelled', 'the user stopped the answer')),
      onOff: () => this.#showTyping(),
    });
  }

  #showTyping(): void {
    if (!this.#capabilities.showsTyping) return;
    const sign: Partial<Activity> = { type: ActivityTypes.Typing };
    this.#typing = new TypingSign(() => limited(this.#context.sendActivity(sign), this.#options), this.#options.clock);
  }
}
