import { type Activity, ActivityTypes, type TurnContext } from 'botbuilder';
import type { ConnectorClient } from 'botframework-connector';
import { sleep } from '../clock.ts';
import type { Reply, ReplySender, StreamRecord } from '../conversation/reply.ts';
import { TurnError } from '../errors.ts';
import { paragraphs } from '../paragraphs.ts';
import { approvalCard, approvalInWords } from './approval-card.ts';
import { isLoopbackUrl, WAV_TYPE } from './audio-delivery.ts';
import { ChannelCalls } from './channel-calls.ts';
import { isContentRefused, sendErrorOf } from './channel-errors.ts';
import { replyActivities, toActivity } from './reply-activities.ts';
import type { ReplyContext, ReplyOptions } from './reply-context.ts';
import { safeMarkdown, safeMarkdownSoFar } from './safe-markdown.ts';
import { type Pace, StreamingMessage } from './streaming-message.ts';
import { TypingIndicator } from './typing.ts';
import { capabilitiesIn, messagesOf } from './user-message.ts';

/** The route of a reply that is sent by calls to the channel. */
export interface ReplyRoute {
  /** `undefined`: there is no earlier stream, and the new one is not stored. */
  readonly streamRecord: StreamRecord | undefined;
  /** The pace of this conversation's streaming messages. */
  readonly pace: Pace;
  /** See MessageReference. */
  readonly clockLeadMs: number;
  readonly connector: ConnectorClient;
  /** Whether the channel's address has changed since the turn began. */
  hasMoved(): boolean;
  /** Sends a reply with a context of its own, to the newest address. */
  sendSeparately(reply: Reply): Promise<void>;
}

const MAX_TYPING_WAIT_MS = 1_000;

/** Shows and sends one turn's answer in the form of its channel. */
export class ChannelReplySender implements ReplySender {
  readonly #context: ReplyContext;
  readonly #options: ReplyOptions;
  readonly #route: ReplyRoute | undefined;
  readonly #calls: ChannelCalls;
  readonly #stopped = new AbortController();
  #typing: TypingIndicator | undefined;
  #streaming: StreamingMessage | undefined;
  #notified: Promise<void> | undefined;
  #isAbandoned = false;

  /** `route`: `undefined` where the replies go back in the response. */
  constructor(context: TurnContext, options: ReplyOptions, route: ReplyRoute | undefined) {
    const { activity } = context;
    // Replies in the response come all at once: nobody would see a typing indicator or a stream before them.
    const responseLimits = route === undefined ? { showsTyping: false, streamRules: undefined } : {};
    this.#context = {
      activity,
      capabilities: { ...capabilitiesIn(activity), ...responseLimits },
      messages: messagesOf(activity),
      options,
      upload: (wav) => this.#uploadToChannel(wav),
    };
    this.#options = options;
    this.#route = route;
    this.#calls = new ChannelCalls(context, options);
    // An earlier attempt has begun a stream: this one's answer replaces it, even if nothing is shown before.
    if (this.#hasEarlierStream) this.#openStream();
  }

  get showsText(): boolean {
    return !this.#hasEarlierStream && this.#streaming !== undefined && !this.#streaming.isUnsupported;
  }

  get mayHaveBeenSeen(): boolean {
    return this.#streaming?.mayHaveBeenSeen ?? false;
  }

  get stopped(): AbortSignal {
    return this.#stopped.signal;
  }

  showActivity(): void {
    this.#openStream();
    if (this.#context.capabilities.streamRules?.isAnnounced && !this.#hasEarlierStream)
      this.#streaming?.announce(this.#context.messages.working);
    else this.#showTyping();
  }

  showProgress(text: string): void {
    this.#streaming?.announce(text);
  }

  showText(read: () => string): void {
    if (this.#streaming === undefined) return;
    if (!this.#streaming.isUnsupported) this.#typing?.stop();
    this.#streaming.show(() => safeMarkdownSoFar(read()));
  }

  abandon(): void {
    this.#isAbandoned = true;
  }

  /** Ends what was shown of the answer with the notice. */
  notify(text: string): Promise<void> {
    this.#notified ??= this.#sendHere({ text, addsToShown: true });
    return this.#notified;
  }

  /**
   * Sends the answer in one of three ways: here, continuing what was shown; separately, if a notice has ended what was
   * shown or the address has changed; or not at all, if the user stopped it: then a confirmation goes instead.
   */
  async send(reply: Reply): Promise<void> {
    await this.#notified?.catch(() => {});
    await this.#settle();
    // The user may have written from a new address while the model spoke. A stream ends where it began.
    const isSeparate = this.#notified !== undefined || (!this.#streaming?.isBegun && this.#route?.hasMoved());
    if (!this.#streaming?.isStopped) {
      if (isSeparate && this.#route) await this.#route.sendSeparately(reply);
      else await this.#sendHere(reply);
    }
    // The user may have pressed Stop before the stream ended, or at its end.
    if (this.#streaming?.isStopped) await this.#confirmStop(reply);
  }

  /**
   * Teams shows a stream as unfinished until it gets its end. A stream without a reply, because the turn failed or was
   * released to another instance, gets its end here. A superseded attempt has called `abandon`: its stream belongs to
   * the attempt that has the turn, which ends it. Never rejects. Safe to call twice.
   */
  async close(): Promise<void> {
    await this.#settle();
    if (this.#streaming?.lacksEnd !== true || this.#isAbandoned) return;
    const notice = { text: this.#context.messages.interrupted, addsToShown: true };
    await this.#sendHere(notice).catch((err: unknown) => this.#options.log.warn({ err }, 'stream not ended'));
  }

  /** Shows nothing more. Resolves once it is known whether the channel has a message of the answer. */
  async #settle(): Promise<void> {
    this.#typing?.stop();
    await this.#streaming?.settle();
  }

  async #sendHere(reply: Reply): Promise<void> {
    await this.#settle();
    const whole = this.#withShown(reply);
    if (this.#typing) await Promise.race([this.#typing.settled, sleep(this.#options.clock, MAX_TYPING_WAIT_MS)]);
    if (this.#streaming?.isStopped || whole.text === '') return;
    await this.#sendActivities(await replyActivities(whole, this.#context), reply, this.#streaming);
  }

  /** Confirms the stop in a separate message. It repeats only the audio: the streamed text stays visible. */
  async #confirmStop({ audio, approvals }: Reply): Promise<void> {
    const reply = {
      text: this.#context.messages.apologies.cancelled,
      audio,
      approvals,
      isFromModel: audio !== undefined,
    };
    await this.#sendActivities(await replyActivities(reply, this.#context), reply, undefined);
  }

  /**
   * The whole answer: what was shown of it stays. An empty text means that the turn was cancelled before it had one: a
   * stream that has begun ends with a text all the same.
   */
  #withShown(reply: Reply): Reply {
    const shown = this.#streaming?.shown ?? '';
    if (reply.text === '' && this.#streaming?.isBegun) {
      return { ...reply, text: this.#context.messages.apologies.cancelled, isFromModel: false };
    }
    return reply.addsToShown && shown !== ''
      ? // What was shown may end within code.
        { ...reply, text: paragraphs(safeMarkdown(shown), reply.text), isFromModel: true }
      : reply;
  }

  /**
   * A card of its own for each question, so that a decision replaces that card alone; in words if the channel refuses
   * it.
   */
  async #askOnCards({ approvals = [] }: Reply): Promise<void> {
    const { capabilities, messages } = this.#context;
    if (capabilities.cards === 'none') return;
    for (const approval of approvals) {
      try {
        await this.#calls.sendAttachments([approvalCard(approval, capabilities.cards, messages)]);
      } catch (err) {
        if (!isContentRefused(err)) throw err;
        this.#options.log.warn({ err }, 'card refused: asked in words');
        const text = approvalInWords(approval, messages.approval.howToDecide, messages);
        await this.#calls.sendText(toActivity({ text }, capabilities));
      }
    }
  }

  /** The first activity continues what the streaming message has shown. */
  async #sendActivities(
    activities: readonly Partial<Activity>[],
    reply: Reply,
    streaming: StreamingMessage | undefined,
  ): Promise<void> {
    try {
      for (const [at, activity] of activities.entries()) {
        if (streaming?.isStopped) return;
        if (streaming !== undefined && at === 0) await this.#endStream(streaming, activity);
        else await this.#calls.sendText(activity);
      }
      if (!streaming?.isStopped) await this.#askOnCards(reply);
    } catch (err) {
      throw sendErrorOf(err);
    }
  }

  async #endStream(streaming: StreamingMessage, activity: Partial<Activity>): Promise<void> {
    const { attachments, ...text } = activity;
    // Agents Playground loses the attachments of the final chunk of a stream. WEBCHAT_AUDIO=card exists for it, and it
    // runs on this machine.
    const isPlayground = this.#options.webchatAudio === 'card' && isLoopbackUrl(this.#context.activity.serviceUrl);
    if (attachments === undefined || !streaming.isBegun || !isPlayground) return streaming.finish(activity);
    await streaming.finish(text);
    // The text is sent: audio that fails costs nothing else.
    await this.#calls
      .sendAttachments(attachments)
      .catch((err: unknown) => this.#options.log.warn({ err }, 'audio not sent'));
  }

  /** Resolves with the address of the audio at the channel's service, or with nothing where it was not uploaded. */
  async #uploadToChannel(wav: Buffer): Promise<string | undefined> {
    const { serviceUrl, conversation } = this.#context.activity;
    const connector = this.#route?.connector;
    if (connector === undefined) return undefined;
    const file = { type: WAV_TYPE, name: 'reply.wav', originalBase64: wav, thumbnailBase64: new Uint8Array() };
    try {
      const { id } = await this.#calls.limit(connector.conversations.uploadAttachment(conversation.id, file));
      return id ? `${serviceUrl}/v3/attachments/${encodeURIComponent(id)}/views/original` : undefined;
    } catch (err) {
      this.#options.log.warn({ err }, 'audio not uploaded');
      return undefined;
    }
  }

  /** Whether an earlier attempt has begun a stream. This attempt shows nothing of its answer before the whole. */
  get #hasEarlierStream(): boolean {
    return this.#route?.streamRecord?.earlierId !== undefined;
  }

  #openStream(): void {
    const { streamRules: rules } = this.#context.capabilities;
    const { clock, log } = this.#options;
    if (rules === undefined || this.#route === undefined || this.#streaming !== undefined) return;
    const { streamRecord, pace, clockLeadMs } = this.#route;
    this.#streaming = new StreamingMessage({
      rules,
      streamRecord,
      channelNow: () => clock.now() - clockLeadMs,
      pace: rules.isPacedThroughout ? pace : { nextAtMs: 0 },
      clock,
      log,
      calls: this.#calls,
      onStopped: () => this.#stopped.abort(new TurnError('cancelled', 'the user stopped the answer')),
      onUnsupported: () => this.#showTyping(),
    });
  }

  #showTyping(): void {
    if (!this.#context.capabilities.showsTyping) return;
    // One may run, if the stream was given up before it showed any text.
    this.#typing?.stop();
    this.#typing = new TypingIndicator(() => this.#calls.send({ type: ActivityTypes.Typing }), this.#options.clock);
  }
}
