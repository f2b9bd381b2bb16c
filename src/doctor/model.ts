import { durationMs } from '../audio/pcm.ts';
import { TurnError } from '../errors.ts';
import { costUsd, pricesOf } from '../prices.ts';
import type { Outcome } from '../realtime/outcome.ts';
import { MODALITIES } from '../token-usage.ts';
import { type DoctorDeps, type Finding, fail, pass, skipped, warn } from './check.ts';
import { entraFailure } from './entra-failure.ts';
import { describeTurnError, modelFix, PREVIEW_FIX } from './model-fixes.ts';
import type { ModelTrial, TrialTurn } from './model-trial.ts';
import { describeToken } from './token-claims.ts';

const NO_REALTIME_MODEL =
  'Use a deployment of a realtime model that answers in speech with its transcript, such as gpt-realtime.';

export async function checkCredentials({ config: { model }, tokens, clock }: DoctorDeps): Promise<Finding> {
  if (model.kind !== 'azureEntraId')
    return pass(`a key is set (${model.kind === 'openai' ? 'OPENAI_API_KEY' : 'AZURE_OPENAI_API_KEY'})`);
  try {
    return pass(`Entra ID gave a token: ${describeToken(await tokens(model.scope)(), clock.now())}`);
  } catch (error) {
    const message = `Entra ID gave no token for ${model.scope}: ${entraFailure(error)}`;
    return fail(message, modelFix('credentials_failed', model));
  }
}

/** Opens the session of the first turn. */
export async function checkDeployment(deps: DoctorDeps, trial: ModelTrial, signal: AbortSignal): Promise<Finding> {
  const { model } = deps.config;
  try {
    const { connectMs, greetedMs } = await trial.open(signal);
    return (
      previewFinding(trial) ??
      pass(`"${model.model}" lets us in: connected in ${connectMs} ms, session.created after ${greetedMs} ms`)
    );
  } catch (error) {
    if (!(error instanceof TurnError)) throw error;
    return turnErrorFinding(error, deps, trial);
  }
}

/** Runs the first turn, which later checks look at. */
export async function checkSpokenTurn(deps: DoctorDeps, trial: ModelTrial, signal: AbortSignal): Promise<Finding> {
  return spokenFinding(await trial.run(signal), deps, trial);
}

export function checkVoice({ config: { session, model } }: DoctorDeps, { voice }: ModelTrial): Finding {
  if (voice === session.voice) return pass(`session.updated says "${voice}"`);
  if (voice !== undefined)
    return fail(
      `the service speaks as "${voice}" and was asked for "${session.voice}"`,
      modelFix('settings_rejected', model),
    );
  return warn(
    `the service did not say whether it has taken "${session.voice}"`,
    'Listen to an answer (in the project: npm run chat -- --wav talk.wav).',
  );
}

export function checkTokens({ config: { model, limits } }: DoctorDeps, { turn }: ModelTrial): Finding {
  const { usage, isUsageUnknown } = turn.result;
  if (isUsageUnknown)
    return warn('the service did not say what it bills', 'With a budget set, such turns count in full.');
  const tokens = MODALITIES.filter((name) => name !== 'image' || usage.image.in > 0).map(
    (name) => `${name} ${usage[name].in} in (${usage[name].cached} cached), ${usage[name].out} out`,
  );
  const prices = pricesOf(limits.prices, model.model);
  const cost =
    prices === undefined
      ? `no price is known for "${model.model}" (see PRICE_TABLE)`
      : `${costUsd(usage, prices).toFixed(4)} US dollars by the prices of ${limits.prices.date}`;
  return pass(`${tokens.join('; ')}; ${cost}`);
}

export function checkSessionLife({ clock }: DoctorDeps, { expiresAtMs }: ModelTrial): Finding {
  if (expiresAtMs === undefined)
    return warn(
      'the service does not say when the session ends (no expires_at)',
      'Nothing: the bot then opens a new session after 25 minutes.',
    );
  return pass(`it ends in ${Math.round((expiresAtMs - clock.now()) / 6_000) / 10} minutes`);
}

/** Some models answer in text once they are given a history. */
export async function checkHistory(deps: DoctorDeps, trial: ModelTrial, signal: AbortSignal): Promise<Finding> {
  if (deps.config.historyTurns === 0) return skipped('HISTORY_TURNS is 0: nothing is ever replayed');
  const turn = await trial.runWithHistory(signal);
  if (turn.result.outcome.kind !== 'textOnly') return spokenFinding(turn, deps, trial);
  return fail(
    'a session that was told what was said before answers in text at first go',
    'Try another model version: the bot then asks once more for speech, which costs a second response each time.',
  );
}

function spokenFinding(turn: TrialTurn, deps: DoctorDeps, trial: ModelTrial): Finding {
  const preview = previewFinding(trial);
  if (preview !== undefined) return preview;
  const { outcome } = turn.result;
  const seconds = 'pcm' in outcome ? durationMs(outcome.pcm.byteLength) / 1000 : 0;
  const times = `first text after ${turn.firstTextMs ?? '–'} ms, first audio ${turn.firstAudioMs ?? '–'} ms, done ${turn.doneMs} ms`;
  switch (outcome.kind) {
    case 'spoken':
      return outcome.text === ''
        ? fail('there is speech without a transcript', NO_REALTIME_MODEL)
        : pass(`${times}; ${seconds.toFixed(1)} seconds of audio, with transcript`);
    case 'textOnly':
      return fail('the model answers in text alone', NO_REALTIME_MODEL);
    case 'cutShort':
      return outcome.why === 'length' && seconds > 0
        ? warn(`${times}; cut short at its bound`, 'Raise REALTIME_MAX_OUTPUT_TOKENS: one sentence does not fit in.')
        : brokenFinding(outcome, deps, trial);
    case 'failed':
      return brokenFinding(outcome, deps, trial);
  }
}

function brokenFinding(
  outcome: Extract<Outcome, { kind: 'cutShort' | 'failed' }>,
  deps: DoctorDeps,
  trial: ModelTrial,
): Finding {
  if (outcome.error !== undefined) return turnErrorFinding(outcome.error, deps, trial);
  return fail(
    `the answer ended early (${outcome.kind === 'cutShort' ? outcome.why : 'failed'})`,
    'Look at the content filter of the deployment, and at REALTIME_INSTRUCTIONS.',
  );
}

function turnErrorFinding(error: TurnError, { config: { model } }: DoctorDeps, { complaint }: ModelTrial): Finding {
  return fail(`${describeTurnError(error)}${complaint === '' ? '' : `: ${complaint}`}`, modelFix(error.code, model));
}

/** The bot understands a service of the preview protocol only in part, and without an error. */
function previewFinding({ previewEvent }: ModelTrial): Finding | undefined {
  if (previewEvent === undefined) return undefined;
  return fail(`the service speaks the preview of the protocol, and the bot GA: it sent ${previewEvent}`, PREVIEW_FIX);
}
