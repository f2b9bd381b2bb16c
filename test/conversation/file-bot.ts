import { after, before } from 'node:test';
import type { Responder } from '../../dev/simulator/responder.ts';
import { simulatedResponder } from '../../dev/simulator/rules.ts';
import { encodeWav } from '../../src/audio/wav.ts';
import { type FileHost, startFileHost } from '../attachments/file-host.ts';
import { toneOf } from '../dev/simulator/sounds.ts';
import { inTime } from '../realtime/gathered.ts';
import { type BotUnderTest, type BotUnderTestOptions, startBot } from '../support/bot.ts';

type Files = Readonly<Record<string, Uint8Array>>;

/** A tone of 440 Hz by default. */
export function wavOf(ms: number, hz = 440): Promise<Buffer> {
  const pcm = Buffer.from(toneOf(hz, ms));
  return encodeWav({ chunks: [pcm], byteLength: pcm.byteLength });
}

/**
 * A bot whose user attaches local files; the simulator reports what it hears and sees. A suite starts it once, because
 * the thread that decodes audio is a good part of a start.
 */
export function fileBot(options: Pick<BotUnderTestOptions, 'env' | 'deps' | 'simulator'> = {}) {
  let bot: BotUnderTest;
  let host: FileHost;
  let served: Files = {};
  let answer: Responder = simulatedResponder;
  let count = 0;
  before(async () => {
    host = await startFileHost(() => {});
    bot = await startBot({ ...options, simulator: { responder: (context) => answer(context), ...options.simulator } });
  });
  after(async () => {
    await bot.close();
    await host[Symbol.asyncDispose]();
  });

  function serve({ url = '' }: { url?: string | undefined }, response: Parameters<FileHost['rule']>[1]): void {
    response.writeHead(served[url] === undefined ? 404 : 200);
    response.end(served[url]);
  }

  /** A new conversation with the bot, with these files; its responder answers until the next conversation begins. */
  return function talk(files: Files = {}, responder: Responder = simulatedResponder) {
    [served, answer, host.rule] = [files, responder, serve];
    const [events, messages, calls] = [bot.events.length, bot.connector.messages.length, bot.connector.calls.length];
    const conversation = { id: `files-${++count}` };
    const file = (path: string) => ({
      contentType: 'any/thing',
      contentUrl: host.url.replace('/file', path),
      name: path.slice(1),
    });
    let replies = 0;
    const posts = (text: string | undefined, attachments: readonly object[], fields: object = {}) =>
      bot.post(bot.message(text, { attachments, conversation, ...fields }));
    const texts = async (wanted: number): Promise<string[]> =>
      (await inTime(bot.connector.whenMessages(messages + wanted)))
        .slice(messages)
        .map(({ body }) => String(body.text));
    return {
      ...{ bot, host, conversation },
      /** Posts a message, in which the text or the attachments may be missing. */
      posts,
      /** Resolves with the texts of this many messages since the conversation began. */
      texts,
      /** Sends a message and resolves with the text of the reply. */
      async says(text: string | undefined, ...attachments: (string | object)[]): Promise<string> {
        await posts(
          text,
          attachments.map((each) => (typeof each === 'string' ? file(each) : each)),
        );
        return (await texts(++replies))[replies - 1] ?? '';
      },
      /** The messages to users, and the events on the model's socket. */
      messages: () => bot.connector.messages.slice(messages),
      calls: () => bot.connector.calls.slice(calls),
      events: () => bot.events.slice(events),
      itemsSent: () =>
        bot.events
          .slice(events)
          .filter(({ from, event }) => from === 'client' && String(event['type']).startsWith('conversation.item'))
          .map(({ event }) => (event['item'] as { content: { type: string; text?: string }[] }).content),
    };
  };
}
