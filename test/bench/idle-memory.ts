import { type BotUnderBench, startBot } from './bot-under-bench.ts';
import type { FarEnds } from './far-ends.ts';
import { LIGHT_PREFIX } from './turn-frames.ts';

/** The cost of idle conversations. */
export interface IdleMemory {
  readonly conversations: number;
  readonly turnsEach: number;
  /** Including open sockets, without audio: the audio store was full before. */
  readonly bytesEach: number;
  /** Sockets to the model before and after; the difference is part of the cost. */
  readonly socketsBefore: number;
  readonly socketsAfter: number;
  readonly rssBytes: number;
}

const TURNS_EACH = 10;
const USER_CHARS = 200;
const AT_ONCE = 25;
/** The minimum of the setting. The light turn's audio fills it during the warm-up. */
const LIBRARY_MB = 1;
/** V8 drops megabytes of compiled start-up code after a while, which would distort the difference. */
const KEEP_CODE = ['--no-flush-bytecode'];
const WARM_UP = { conversations: 4, turnsEach: 100 };

/** Measures a separate bot before and after a number of conversations. */
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

/** Runs conversations, a few in parallel. */
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
