import { type BotUnderBench, startBot } from './bot-under-bench.ts';
import type { FarEnds } from './far-ends.ts';
import { LIGHT_PREFIX } from './turn-frames.ts';

/** What idle conversations cost. */
export interface IdleMemory {
  readonly conversations: number;
  readonly turnsEach: number;
  /** All of it, the open sockets among it. The library was full before, so no audio of theirs is in it. */
  readonly bytesEach: number;
  /** Sockets to the model before and after; those that were opened in between are paid for by the conversations. */
  readonly socketsBefore: number;
  readonly socketsAfter: number;
  readonly rssBytes: number;
}

const TURNS_EACH = 10;
const USER_CHARS = 200;
const AT_ONCE = 25;
/** The least that can be set. The light turn's WAVs fill it during the warm-up. */
const LIBRARY_MB = 1;
/** V8 drops compiled code of the start after a while, megabytes of it, which would be taken off the conversations. */
const KEEP_CODE = ['--no-flush-bytecode'];
const WARM_UP = { conversations: 4, turnsEach: 100 };

/** A bot of its own, measured before and after so many conversations have come and gone silent. */
export async function measureIdleMemory(conversations: number, farEnds: FarEnds): Promise<IdleMemory> {
  const { model, modelUrl, connector } = farEnds;
  const env = { AUDIO_MEMORY_MB: String(LIBRARY_MB) };
  const bot = await startBot({ modelUrl, connector, env, nodeArgs: KEEP_CODE });
  await talk(bot, 'before', WARM_UP.conversations, WARM_UP.turnsEach);
  const before = await bot.probe.call('usage');
  const socketsBefore = await model.call('openSockets');
  await talk(bot, 'idle', conversations, TURNS_EACH);
  const after = await bot.probe.call('usage');
  const socketsAfter = await model.call('openSockets');
  await model.call('takeTurns');
  await bot.probe.stop();
  return {
    conversations,
    turnsEach: TURNS_EACH,
    bytesEach: (after.liveBytes - before.liveBytes) / conversations,
    socketsBefore,
    socketsAfter,
    rssBytes: after.rssBytes,
  };
}

/** Some conversations side by side, each to its end before the next begins. */
async function talk(bot: BotUnderBench, name: string, conversations: number, turnsEach: number): Promise<void> {
  for (let first = 0; first < conversations; first += AT_ONCE) {
    const several = Array.from({ length: Math.min(AT_ONCE, conversations - first) }, (_, index) => first + index);
    for (let turn = 0; turn < turnsEach; turn++) {
      await bot.ask(
        several.map((index) => ({
          id: `${name}-${index}-${turn}`,
          conversation: `${name}-${index}`,
          text: `${LIGHT_PREFIX}-${name}-${index}-${turn} `.padEnd(USER_CHARS, 'something to say, '),
        })),
      );
    }
  }
}
