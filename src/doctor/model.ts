import { durationMs } from '../audio/pcm.ts';
import type { ModelEndpoint } from '../config/config.ts';
import { TurnError } from '../errors.ts';
import { costUsd, pricesOf } from '../prices.ts';
import { baseUrlOf } from '../realtime/endpoint.ts';
import { errorOf } from '../realtime/outcome.ts';
import { MODALITIES } from '../token-usage.ts';
import { type CheckContext, type Finding, fail, pass, skipped, warn } from './check.ts';
import { checkAddress } from './connectivity.ts';
import { entraFailure } from './entra-failure.ts';
import { describeTurnError, modelFix, PREVIEW_FIX } from './model-fixes.ts';
import type { ModelTrial, TrialTurn } from './model-trial.ts';
import { describeToken } from './token-claims.ts';

const NO_REALTIME_MODEL =
  'Use a deployment of a realtime model that answers in speech with its transcript, such as gpt-realtime.';

export function checkAddressOfModel(context: CheckContext, signal: AbortSignal): Promise<Finding> {
  const { model } = context.config;
  const variable = model.kind === 'openai' ? 'OPENAI_BASE_URL' : 'AZURE_OPENAI_ENDPOINT';
  return checkAddress(new URL(baseUrlOf(model)), variable, context, signal);
}

export async function checkCredentials({ config: { model }, tokens, clock }: CheckContext): Promise<Finding> {
  if (model.kind !== 'azureEntraId')
    return pass(
      `${model.kind === 'openai' ? 'OPENAI_API_KEY' : 'AZURE_OPENAI_API_KEY'} is set; the next check tries it`,
    );
  try {
    return pass(`Entra ID gave a token: ${describeToken(await tokens(model.scope)(), clock.now())}`);
  } catch (error) {
    const message = `Entra ID gave no token for ${model.scope}: ${entraFailure(error)}`;
    return fail(message, modelFix('credentials_failed', model));
  }
}

export function checkDeployment(context: CheckContext, signal: AbortSignal): Promise<Finding> {
  const { config, trial } = context;
  return withTurnErrorFinding(context, async () => {
    const ms = await trial.connect(signal);
    return (
      previewFinding(trial) ?? pass(`"${config.model.model}" accepted the connection: session.created after ${ms} ms`)
    );
  });
}

/** Runs the turn that the next checks look at. */
export function checkSpokenTurn(context: CheckContext, signal: AbortSignal): Promise<Finding> {
  return withTurnErrorFinding(context, async () => spokenFinding(await context.trial.runFirstTurn(signal), context));
}

export function checkVoice({ config: { session, model }, trial }: CheckContext): Finding {
  const updated = trial.events.find((event) => event.kind === 'session' && event.isUpdate);
  const voice = updated?.kind === 'session' ? updated.voice : undefined;
  if (voice === session.voice) return pass(`session.updated says "${voice}"`);
  if (voice !== undefined)
    return fail(
      `the service uses the voice "${voice}" although "${session.voice}" was requested`,
      modelFix('settings_rejected', model),
    );
  return warn(
    `the service did not confirm the voice "${session.voice}"`,
    'Listen to an answer (in the project: npm run chat -- --wav talk.wav).',
  );
}

export function checkTokens({ config: { model, limits }, trial }: CheckContext): Finding {
  const { usage, isUsageUnknown } = trial.firstTurn.result;
  if (isUsageUnknown)
    return warn('the service did not report token usage', 'If a budget is set, such turns count in full.');
  const tokens = MODALITIES.filter((name) => name !== 'image' || usage.image.in > 0).map(
    (name) => `${name} ${usage[name].in} in (${usage[name].cached} cached), ${usage[name].out} out`,
  );
  const prices = pricesOf(limits.prices, model.model);
  const cost =
    prices === undefined
      ? `the price of "${model.model}" is not known (see PRICE_TABLE)`
      : `${costUsd(usage, prices).toFixed(4)} US dollars at the prices of ${limits.prices.date}`;
  return pass(`${tokens.join('; ')}; ${cost}`);
}

export function checkSessionLife({ trial: { sessionLifeMs } }: CheckContext): Finding {
  if (sessionLifeMs === undefined)
    return warn(
      'the service did not report when the session ends (no expires_at)',
      'Nothing to do: the bot then opens a new session after 25 minutes.',
    );
  return pass(`a session lasts ${Math.round(sessionLifeMs / 6_000) / 10} minutes`);
}

/** Some models answer in text once they are given a history. */
export async function checkHistory(context: CheckContext, signal: AbortSignal): Promise<Finding> {
  const { config, trial } = context;
  if (config.historyTurns === 0) return skipped('HISTORY_TURNS is 0: the history is never replayed');
  return withTurnErrorFinding(context, async () => {
    const turn = await trial.runWithHistory(signal);
    if (turn.result.outcome.kind !== 'textOnly') return spokenFinding(turn, context);
    return fail(
      'a new session that gets the history answers in text on the first try',
      'Try another model version: until then the bot asks again for speech, which costs a second response each time.',
    );
  });
}

/** Settles like `work`, but resolves with the cause and its fix if the connection or the turn fails. */
async function withTurnErrorFinding({ config, trial }: CheckContext, work: () => Promise<Finding>): Promise<Finding> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof TurnError)) throw error;
    return turnErrorFinding(error, config.model, trial);
  }
}

function spokenFinding(turn: TrialTurn, { config, trial }: CheckContext): Finding {
  const { outcome } = turn.result;
  const seconds = 'pcm' in outcome ? durationMs(outcome.pcm.byteLength) / 1000 : 0;
  const times = `first text after ${turn.firstTextMs ?? '–'} ms, first audio ${turn.firstAudioMs ?? '–'} ms, done ${turn.doneMs} ms`;
  const preview = previewFinding(trial);
  if (preview !== undefined) return preview;
  if (outcome.kind === 'textOnly') return fail('the model answered in text only', NO_REALTIME_MODEL);
  if (outcome.kind === 'spoken')
    return outcome.text === ''
      ? fail('the speech has no transcript', NO_REALTIME_MODEL)
      : pass(`${times}; ${seconds.toFixed(1)} seconds of audio, with transcript`);
  const error = errorOf(outcome);
  if (error !== undefined) return turnErrorFinding(error, config.model, trial);
  const why = outcome.kind === 'cutShort' ? outcome.why : 'failed';
  if (why === 'length' && seconds > 0)
    return warn(
      `${times}; cut short at REALTIME_MAX_OUTPUT_TOKENS`,
      'Raise REALTIME_MAX_OUTPUT_TOKENS: one sentence does not fit.',
    );
  return fail(
    `the answer ended early (${why})`,
    'Check the content filter of the deployment, and REALTIME_INSTRUCTIONS.',
  );
}

/** What broke, with the last error of the newest session in the service's own words. */
function turnErrorFinding(error: TurnError, model: ModelEndpoint, { newestEvents }: ModelTrial): Finding {
  const errors = newestEvents.map((event) => {
    if (event.kind === 'error') return event.error;
    return event.kind === 'responseDone' ? event.response.error : undefined;
  });
  const { message = '', code = '' } = errors.findLast((each) => each !== undefined) ?? {};
  const words = `${message}${code === '' ? '' : ` (${code})`}`.trim();
  return fail(`${describeTurnError(error)}${words === '' ? '' : `: ${words}`}`, modelFix(error.code, model));
}

/** The bot understands a service of the preview protocol only in part, and without an error. */
function previewFinding({ events }: ModelTrial): Finding | undefined {
  const preview = events.find((event) => event.kind === 'preview');
  if (preview === undefined) return undefined;
  return fail(`the service uses the preview protocol instead of GA: it sent ${preview.type}`, PREVIEW_FIX);
}
