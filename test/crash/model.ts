import type { ResponderContext, ScriptedResponse } from '../../dev/simulator/responder.ts';
import { type Simulator, startSimulator } from '../../dev/simulator/simulator.ts';
import { toneVoice } from '../../dev/simulator/voice.ts';
import { createLogger } from '../../src/log.ts';
import { audioOf, judgeMemory } from '../support/kit/judge.ts';
import { answerOf } from '../support/kit/ledger.ts';
import type { Holds } from './holds.ts';
import type { CrashLedger, Message } from './ledger.ts';
import { Responses } from './responses.ts';
import { COMMANDS } from './steps.ts';

/** The model in this process. */
export interface Model {
  readonly url: string;
  readonly openSessions: number;
  /** Does not answer the next `count` handshakes of this instance; `onHung` is called for each. */
  hangHandshakes(instance: string, count: number, onHung: () => void): void;
  /** Drops the responses of a killed instance. */
  killed(instance: string): void;
  close(): Promise<void>;
}

export interface ModelOptions {
  readonly ledger: CrashLedger;
  readonly holds: Holds;
  /** The delays before the first and between two deltas, in milliseconds. */
  readonly thinkMs: () => number;
  readonly paceMs: number;
}

/** The length of every answer. */
export const AUDIO_MS = 600;
/** The number of deltas of a held answer. */
const HELD_AFTER = 2;
/** Longer than one message of that channel. */
const REST = ` ${'And so on. '.repeat(200)}`;

/** Starts a model that answers each message with its token, and checks the history and the instance. */
export async function startModel({ ledger, holds, thinkMs, paceMs }: ModelOptions): Promise<Model> {
  const responses = new Responses(ledger);
  let hanging = { instance: '', count: 0, onHung: () => {} };

  function answer(context: ResponderContext): ScriptedResponse {
    const message = ledger.find(context.text);
    if (message === undefined) {
      ledger.note('question of nobody', context.text.slice(0, 80));
      return { outputs: [{ text: 'What?' }], ending: { kind: 'completed' } };
    }
    responses.began(message, context.sessionId);
    message.asks.push({ atMs: Date.now(), instance: responses.instanceOf(context.sessionId) });
    judgeMemory(context.history, message, answeredBefore(message), { ledger, isOnce: true });
    const text = `${message.token} is my answer.${message.kind === 'between' ? REST : ''}`;
    const output = { text, pcm: audioOf(message.conversation.index, AUDIO_MS) };
    if (!isHeldHere(message)) return { outputs: [output], ending: { kind: 'completed' }, delayMs: thinkMs() };
    return { outputs: [output], ending: { kind: 'hang', afterDeltas: HELD_AFTER } };
  }

  const simulator: Simulator = await startSimulator({
    responder: answer,
    voice: toneVoice(),
    paceMs,
    log: createLogger('info', { write: (line: string) => responses.noteLog(line) }),
    refuse({ path }) {
      const isHung = hanging.count > 0 && instanceIn(path) === hanging.instance;
      if (!isHung) return undefined;
      hanging.count--;
      hanging.onHung();
      return 'hang';
    },
    onEvent(from, event, sessionId) {
      if (from !== 'server') return;
      const message = responses.noteEvent(event, sessionId);
      if (message?.deltas === HELD_AFTER) holds.reach(message.of, 'generating');
    },
  });
  return {
    url: simulator.url,
    get openSessions() {
      return simulator.openSessions;
    },
    hangHandshakes: (instance, count, onHung) => {
      hanging = { instance, count, onHung };
    },
    killed: (instance) => responses.killed(instance),
    close: () => simulator.close(),
  };
}

function answeredBefore({ conversation, number }: Message): Message[] {
  return conversation.messages.filter((other) => {
    return other.number < number && answerOf(other) !== undefined && !COMMANDS.has(other.kind);
  });
}

function isHeldHere({ kind, reachedAtMs, killedAtMs }: Message): boolean {
  return (kind === 'generating' || kind === 'streaming') && reachedAtMs === undefined && killedAtMs === undefined;
}

/** Each instance uses a deployment with its own name. */
function instanceIn(path: string): string {
  return URL.parse(path, 'http://model')?.searchParams.get('model') ?? '';
}
