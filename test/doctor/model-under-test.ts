import type { TestContext } from 'node:test';
import { type ScriptedTurn, scripted } from '../../dev/simulator/script.ts';
import { type SimulatorOptions, startSimulator } from '../../dev/simulator/simulator.ts';
import { toneVoice } from '../../dev/simulator/voice.ts';
import type { Env } from '../../src/config/env.ts';
import type { Finding } from '../../src/doctor/check.ts';
import { type RawAnswer, startRawModel } from '../support/raw-model.ts';
import { type ExaminedOptions, examined } from './examined.ts';

/** The checks that call the model. */
export const MODEL = [
  'model address',
  'model credentials',
  'model deployment',
  'spoken turn',
  'voice',
  'tokens',
  'session life',
  'speech with a history',
];

/** The doctor's results at a simulator that responds like this. */
export async function simulated(
  t: TestContext,
  turns: readonly ScriptedTurn[],
  { env = {}, simulator = {}, ...options }: ExaminedOptions & { env?: Env; simulator?: Partial<SimulatorOptions> } = {},
): Promise<ReadonlyMap<string, Finding>> {
  const script = scripted(turns);
  const model = await startSimulator({ responder: script.responder, voice: toneVoice(), paceMs: 0, ...simulator });
  t.after(() => model.close());
  const findings = await examined({ AZURE_OPENAI_ENDPOINT: model.url, ...env }, { only: MODEL, ...options });
  script.assertConsumed();
  return findings;
}

const GREETING = { type: 'session.created', session: { id: 'sess_1' } };

/** The doctor's results at a model that sends these frames. */
export async function raw(
  t: TestContext,
  answers: readonly RawAnswer[],
  greeting = [GREETING] as Parameters<typeof startRawModel>[1],
) {
  const model = await startRawModel(answers, greeting);
  t.after(() => model.close());
  return examined({ AZURE_OPENAI_ENDPOINT: model.url }, { only: MODEL });
}
