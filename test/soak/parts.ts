import { type Simulator, startSimulator } from '../../dev/simulator/simulator.ts';
import { toneVoice } from '../../dev/simulator/voice.ts';
import type { Azurite } from '../support/azurite.ts';
import { type BotProcess, startBotProcess } from '../support/bot-process.ts';
import { type BotWatch, watchBot } from './bot-watch.ts';
import { type Channel, startChannel } from './channel.ts';
import type { Times } from './judge.ts';
import type { Ledger } from './ledger.ts';
import { faultyMind, HISTORY_TURNS } from './mind.ts';
import { drawRefusal } from './model-faults.ts';
import { createRandom } from './random.ts';
import { checkSound } from './sound-check.ts';

/** The bot and its two far ends. */
export interface Parts {
  readonly simulator: Simulator;
  readonly channel: Channel;
  readonly bot: BotProcess;
  readonly botUrl: string;
  readonly watch: BotWatch;
  /** Resolves when no reply's sound is being fetched. */
  whenHeard(): Promise<void>;
}

export interface PartsOptions {
  readonly ledger: Ledger;
  readonly seed: number;
  readonly conversations: number;
  /** Where it keeps all it has; else in its memory. */
  readonly azurite: Azurite | undefined;
}

const TURN_SECONDS = 25;
const SEND_SECONDS = 15;
const SLACK_SECONDS = 2;
/** A session is used for 15 s: the bot replaces one that ends within a turn's time and a minute. */
const MODEL_SESSION_SECONDS = TURN_SECONDS + 60 + 15;
/** Of the conversations can have a warm session at the same time; the others wait, or push one out. */
const WARM_SHARE = 0.4;

export const TIMES: Times = {
  turnMs: TURN_SECONDS * 1000,
  lateMs: (TURN_SECONDS + SEND_SECONDS + SLACK_SECONDS) * 1000,
};

/** Starts the far ends in this process and the bot in one of its own. */
export async function startParts({ ledger, seed, conversations, azurite }: PartsOptions): Promise<Parts> {
  const sounds = new Set<Promise<void>>();
  const simulator = await startFaultyModel(ledger, seed);
  const channel = await startChannel({
    ledger,
    seed,
    onTaken(message, body) {
      const check = checkSound(message, body, ledger).finally(() => sounds.delete(check));
      sounds.add(check);
    },
  });
  const bot = startBotProcess({
    ...{ AZURE_OPENAI_ENDPOINT: simulator.url, AZURE_OPENAI_DEPLOYMENT_NAME: 'soak', AZURE_OPENAI_API_KEY: 'soak' },
    ...{ PORT: '0', TURN_TIMEOUT_SECONDS: String(TURN_SECONDS), SESSION_IDLE_SECONDS: '8', DRAIN_SECONDS: '10' },
    ...{ HISTORY_TURNS: String(HISTORY_TURNS), AUDIO_MEMORY_MB: '1' },
    MAX_WARM_SESSIONS: String(Math.max(1, Math.round(conversations * WARM_SHARE))),
    ...(azurite === undefined ? {} : { AZURE_STORAGE_CONNECTION_STRING: azurite.connectionString }),
    NODE_OPTIONS: `--expose-gc --import=${new URL('./heap-preload.ts', import.meta.url).href}`,
  });
  const botUrl = await bot.whenListening();
  const whenHeard = () => Promise.all(sounds).then(() => {});
  return { simulator, channel, bot, botUrl, watch: watchBot(bot), whenHeard };
}

function startFaultyModel(ledger: Ledger, seed: number): Promise<Simulator> {
  let handshakes = 0;
  return startSimulator({
    mind: faultyMind(ledger, seed),
    voice: toneVoice(),
    paceMs: 1,
    sessionSeconds: MODEL_SESSION_SECONDS,
    refuse() {
      const { fault, refusal } = drawRefusal(createRandom(seed, 'handshake', handshakes++));
      ledger.count('handshakes', fault);
      return refusal;
    },
  });
}
