import { type Activity, ActivityTypes, type TurnContext } from 'botbuilder';
import type { ConnectorClient } from 'botframework-connector';
import { type Clock, sleep, within } from '../clock.ts';
import type { Reply, ReplyAudio, ReplySink } from '../conversation/turn.ts';
import { SendError } from '../errors.ts';
import type { Logger } from '../log.ts';
import { placeAudio } from './audio-place.ts';
import { type Capabilities, capabilitiesOf } from './capabilities.ts';
import { toActivity, urlOf, type WebchatAudio } from './reply-activity.ts';
import { TypingSign } from './typing.ts';

/** What a way back needs besides its turn. */
export interface SinkOptions {
  readonly clock: Clock;
  readonly log: Logger;
  readonly webchatAudio: WebchatAudio;
  readonly publicBaseUrl: () => string | undefined;
  /** The client of this turn, for uploads. */
  readonly connector: ConnectorClient | undefined;
  /** One send with all of its tries, and with the bot's own token, which may hang, too. */
  readonly sendLimitMs: number;
}

/** Answers with which a channel refuses a message for what is in it: without its audio it may be taken. */
const REFUSED_STATUS: ReadonlySet<number> = new Set([400, 413, 415]);
/** Answers after which there is nobody to send to: the bot was blocked or removed, or the conversation is deleted. */
const GONE_STATUS: ReadonlySet<number> = new Set([403, 404]);
const MOST_TYPING_WAIT_MS = 1_000;

/** The way back over a live turn context. */
export function openSink(context: TurnContext, options: SinkOptions): ReplySink {
  const capabilities = capabilitiesOf(context.activity.channelId);
  // Replies that go back in the HTTP answer come all at once: a sign before them would never be seen as one.
  const isBuffered = context.activity.deliveryMode === 'expectReplies';
  const connector = isBuffered ? undefined : options.connector;
  let typing: TypingSign | undefined;
  return {
    showActivity() {
      if (!capabilities.showsTyping || isBuffered) return () => {};
      const send = () => limited(context.sendActivity({ type: ActivityTypes.Typing }), options);
      const sign = new TypingSign(send, options.clock);
      typing = sign;
      return () => sign.stop();
    },
    async send(reply) {
      typing?.stop();
      await Promise.race([typing?.settled, sleep(options.clock, MOST_TYPING_WAIT_MS)]);
      const url = reply.audio && (await audioUrl(context, reply, reply.audio, capabilities, { ...options, connector }));
      await sendOnce(context, toActivity(reply, capabilities.audio, url, options.webchatAudio), options);
    },
  };
}

async function audioUrl(
  context: TurnContext,
  reply: Reply,
  audio: ReplyAudio,
  capabilities: Capabilities,
  options: SinkOptions,
): Promise<string | undefined> {
  const { publicBaseUrl, connector, log } = options;
  const { serviceUrl, conversation } = context.activity;
  const place = placeAudio({
    audio,
    textLength: reply.text.length,
    capabilities,
    publicBaseUrl: publicBaseUrl(),
    serviceUrl,
  });
  if (place.kind !== 'upload' || connector === undefined) return urlOf(place, audio);
  try {
    return await limited(upload(connector, serviceUrl, conversation.id, audio), options);
  } catch (err) {
    log.warn({ err }, 'the channel did not take the audio');
    return undefined;
  }
}

async function upload(connector: ConnectorClient, serviceUrl: string, conversationId: string, audio: ReplyAudio) {
  const { id } = await connector.conversations.uploadAttachment(conversationId, {
    type: 'audio/wav',
    name: 'reply.wav',
    originalBase64: audio.wav,
    thumbnailBase64: new Uint8Array(),
  });
  if (!id) return undefined;
  return `${serviceUrl.replace(/\/+$/, '')}/v3/attachments/${encodeURIComponent(id)}/views/original`;
}

/** The text is never lost for its audio: a message that is refused as it is goes once more without attachments. */
async function sendOnce(context: TurnContext, activity: Partial<Activity>, options: SinkOptions): Promise<void> {
  try {
    await limited(context.sendActivity(activity), options);
  } catch (err) {
    if (GONE_STATUS.has(statusOf(err))) {
      throw new SendError('conversation_gone', 'the channel has no such conversation for us', { cause: err });
    }
    if (!REFUSED_STATUS.has(statusOf(err)) || activity.attachments === undefined) throw err;
    options.log.warn({ err }, 'the channel refused the audio, sending the text alone');
    const { attachments: _, id: __, ...textOnly } = activity;
    await sendOnce(context, textOnly, options);
  }
}

/** The status with which the channel answered; 0 when it did not. */
function statusOf(error: unknown): number {
  const { statusCode } = error as { statusCode?: unknown };
  return typeof statusCode === 'number' ? statusCode : 0;
}

function limited<T>(send: Promise<T>, { clock, sendLimitMs }: SinkOptions): Promise<T> {
  return within(clock, sendLimitMs, send, () => new SendError('send_timeout', `not sent within ${sendLimitMs} ms`));
}
