import { type Simulator, startSimulator } from '../../dev/simulator/simulator.ts';
import { toneVoice } from '../../dev/simulator/voice.ts';
import { startProbedBot } from '../support/kit/bot.ts';
import { audioUrlOf, type FakeServer, modelEnv, type Reply } from '../support/kit/fake-servers.ts';
import { checkAudio } from '../support/kit/judge.ts';
import { createRandom } from '../support/kit/random.ts';
import { BotWatch } from './bot-watch.ts';
import { startFaultyChannel } from './channel.ts';
import type { SoakDatabase } from './database.ts';
import { faultyResponder, HISTORY_TURNS } from './faulty-responder.ts';
import { Instances } from './instances.ts';
import type { Message, SoakLedger } from './ledger.ts';
import { drawRefusal } from './model-faults.ts';

/** The bot, the model and the channel. */
export interface Parts {
  readonly simulator: Simulator;
  readonly channel: FakeServer;
  readonly instances: Instances;
  readonly watch: BotWatch;
  /** Resolves when all audio checks are done. */
  whenAudioChecked(): Promise<void>;
}

export interface PartsOptions {
  readonly ledger: SoakLedger;
  readonly seed: number;
  readonly conversations: number;
  /** The bot's database. Default: its memory. */
  readonly database: SoakDatabase | undefined;
  readonly instanceCount: number;
  /** See `Instances`. */
  readonly logFolder: string | undefined;
  readonly onWrongEnd: () => void;
}

const TURN_SECONDS = 25;
const SEND_SECONDS = 15;
const SLACK_SECONDS = 2;
/** A session is used for 15 s: the bot replaces one that ends within a turn's time and a minute. */
const MODEL_SESSION_SECONDS = TURN_SECONDS + 60 + 15;
/** The share of conversations that can have a warm session; the others wait, or evict one. */
const WARM_SHARE = 0.4;

export const TURN_MS = TURN_SECONDS * 1000;
export const LATE_MS = (TURN_SECONDS + SEND_SECONDS + SLACK_SECONDS) * 1000;

/** Starts the far ends in this process and the instances of the bot in their own. */
export async function startParts({ ledger, seed, database, ...options }: PartsOptions): Promise<Parts> {
  const checks = new Set<Promise<void>>();
  const simulator = await startFaultyModel(ledger, seed);
  const channel = await startFaultyChannel({
    ledger,
    seed,
    onTaken(message, reply) {
      const check = checkReplyAudio(message, reply, ledger).finally(() => checks.delete(check));
      checks.add(check);
    },
  });
  const watch = new BotWatch(ledger);
  const env = botEnv(simulator.url, options.conversations);
  const instances = new Instances({
    random: createRandom(seed, 'instances'),
    logFolder: options.logFolder,
    onWrongEnd: options.onWrongEnd,
    async start() {
      const probed = await startProbedBot({ ...env, ...(await database?.connect()) });
      watch.add(probed);
      return probed;
    },
  });
  for (let count = 0; count < options.instanceCount; count++) await instances.add();
  const whenAudioChecked = () => Promise.all(checks).then(() => {});
  return { simulator, channel, instances, watch, whenAudioChecked };
}

/** High budgets, so that each turn reserves and settles, and none is refused. */
function botEnv(modelUrl: string, conversations: number): Record<string, string> {
  const budget = '100000';
  return {
    ...modelEnv(modelUrl, 'gpt-realtime'),
    ...{ TURN_TIMEOUT_SECONDS: String(TURN_SECONDS), SESSION_IDLE_SECONDS: '8', DRAIN_SECONDS: '10' },
    ...{ HISTORY_TURNS: String(HISTORY_TURNS), AUDIO_MEMORY_MB: '1', AUDIO_STORE_MB: '4' },
    MAX_WARM_SESSIONS: String(Math.max(1, Math.round(conversations * WARM_SHARE))),
    ...{ DAILY_BUDGET_USD: budget, PERSON_DAILY_BUDGET_USD: budget, CONVERSATION_BUDGET_USD: budget },
  };
}

function startFaultyModel(ledger: SoakLedger, seed: number): Promise<Simulator> {
  let handshakes = 0;
  return startSimulator({
    responder: faultyResponder(ledger, seed),
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

/** Fetches the audio of a reply, as a client does, and notes audio of another conversation. Never rejects. */
async function checkReplyAudio({ conversation, token }: Message, reply: Reply, ledger: SoakLedger): Promise<void> {
  const url = audioUrlOf(reply);
  if (url === undefined) return;
  // Uploaded to the channel.
  if (url.includes('/v3/attachments/')) return ledger.count('audio', 'uploaded');
  const audio = await checkAudio(url, conversation.index);
  ledger.count('audio', audio);
  if (audio === 'crossed') ledger.note('crossed audio', token);
}
