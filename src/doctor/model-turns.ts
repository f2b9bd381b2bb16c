import { durationMs } from '../audio/pcm.ts';
import type { Config, ModelEndpoint } from '../config/config.ts';
import { costUsd, pricesOf } from '../prices.ts';
import type { Outcome } from '../realtime/outcome.ts';
import { MODALITIES } from '../token-usage.ts';
import { type Check, type DoctorDeps, type Figures, type Finding, fail, pass, skipped, warn } from './check.ts';
import { DEPLOYMENT, previewFinding } from './model-access.ts';
import { describeTurnError, modelFix } from './model-remedies.ts';
import type { ModelTrial, TrialTurn } from './model-trial.ts';

const VOICE = 'voice';
const SPOKEN_TURN = 'spoken turn';

/** Above the time that the bot waits for the first event of an answer. */
const VOICE_LIMIT_MS = 25_000;
const NO_TIME_MS = 1_000;

/** What the model makes of a message, with what the bot asks of it. */
export function modelTurns({ config, clock }: DoctorDeps, trial: ModelTrial): readonly Check[] {
  const { model, turnTimeoutMs } = config;
  const lateFix = modelFix('turn_timeout', model);
  const none = { limitMs: NO_TIME_MS, lateFix };
  const turn = { limitMs: turnTimeoutMs, lateFix };
  return [
    { name: VOICE, needs: [DEPLOYMENT], limitMs: VOICE_LIMIT_MS, lateFix, run: () => checkVoice(config, trial) },
    {
      name: SPOKEN_TURN,
      needs: [VOICE],
      ...turn,
      run: async () => spokenFinding(await trial.firstTurn(), model, trial),
    },
    { name: 'tokens', needs: [SPOKEN_TURN], ...none, run: async () => tokensFinding(await trial.firstTurn(), config) },
    {
      name: 'session life',
      needs: [DEPLOYMENT],
      ...none,
      run: async () => lifeFinding(trial.expiresAtMs, clock.now()),
    },
    {
      name: 'speech after the history was sent again',
      needs: [SPOKEN_TURN],
      ...turn,
      run: (signal) => checkReplay(config, trial, signal),
    },
  ];
}

async function checkVoice({ model, session: { voice } }: Config, trial: ModelTrial): Promise<Finding> {
  const taken = await trial.takenVoice();
  if (taken === voice) return pass(`session.updated says "${taken}"`, { voice });
  if (taken !== undefined)
    return fail(`the service speaks as "${taken}" and was asked for "${voice}"`, modelFix('settings_rejected', model));
  const { outcome } = (await trial.firstTurn()).result;
  const preview = previewFinding(trial);
  if (preview !== undefined) return preview;
  if (outcome.kind === 'failed') return failed(outcome, model, trial);
  return warn(
    `the service did not say whether it has taken "${voice}"`,
    'Listen to an answer (in the project: npm run chat -- --wav talk.wav).',
  );
}

function spokenFinding(
  { result, firstTextMs, firstAudioMs, doneMs }: TrialTurn,
  model: ModelEndpoint,
  trial: ModelTrial,
): Finding {
  const preview = previewFinding(trial);
  if (preview !== undefined) return preview;
  const { outcome } = result;
  const audioMs = 'pcm' in outcome ? durationMs(outcome.pcm.byteLength) : 0;
  const figures = {
    ...(firstTextMs === undefined ? {} : { firstTextMs }),
    ...(firstAudioMs === undefined ? {} : { firstAudioMs }),
    ...{ doneMs, audioSeconds: audioMs / 1000 },
  };
  const times = `first text after ${firstTextMs ?? '–'} ms, first audio ${firstAudioMs ?? '–'} ms, done ${doneMs} ms`;
  switch (outcome.kind) {
    case 'spoken':
      return outcome.text === ''
        ? fail('there is speech without a transcript', NO_REALTIME_MODEL, figures)
        : pass(`${times}; ${(audioMs / 1000).toFixed(1)} seconds of audio, with transcript`, figures);
    case 'textOnly':
      return fail('the model answers in text alone', NO_REALTIME_MODEL, figures);
    case 'cutShort':
      if (outcome.why === 'length' && audioMs > 0)
        return warn(
          `${times}; cut short at its bound`,
          'Raise REALTIME_MAX_OUTPUT_TOKENS: not even one sentence fits in.',
          figures,
        );
      return failed(outcome, model, trial);
    case 'failed':
      return failed(outcome, model, trial);
  }
}

const NO_REALTIME_MODEL =
  'Use a deployment of a realtime model that answers in speech with its transcript, such as gpt-realtime.';

function failed(
  outcome: Extract<Outcome, { kind: 'cutShort' | 'failed' }>,
  model: ModelEndpoint,
  trial: ModelTrial,
): Finding {
  if (outcome.error !== undefined) {
    const words = trial.complaint;
    const said = `${describeTurnError(outcome.error)}${words === '' ? '' : `: ${words}`}`;
    return fail(said, modelFix(outcome.error.code, model));
  }
  const why = outcome.kind === 'cutShort' ? outcome.why : 'failed';
  return fail(
    `the answer ended early (${why})`,
    'Look at the content filter of the deployment, and at REALTIME_INSTRUCTIONS.',
  );
}

function tokensFinding({ result }: TrialTurn, { model, limits }: Config): Finding {
  const { usage, isUsageUnknown } = result;
  if (isUsageUnknown)
    return warn('the service did not say what it bills', 'With a budget set, such turns count in full.');
  const spent = MODALITIES.filter((name) => name !== 'image' || usage.image.in > 0);
  const told = spent.map(
    (name) => `${name} ${usage[name].in} in (${usage[name].cached} cached), ${usage[name].out} out`,
  );
  const prices = pricesOf(limits.prices, model.model);
  const usd = prices && costUsd(usage, prices);
  const cost =
    usd === undefined
      ? `no price is known for "${model.model}" (see PRICE_TABLE)`
      : `${usd.toFixed(4)} US dollars by the prices of ${limits.prices.date}`;
  const figures: Figures = Object.fromEntries(
    spent.flatMap((name) => Object.entries(usage[name]).map(([way, count]) => [`${name}_${way}`, count])),
  );
  return pass(`${told.join('; ')}; ${cost}`, usd === undefined ? figures : { ...figures, usd });
}

function lifeFinding(expiresAtMs: number | undefined, nowMs: number): Finding {
  if (expiresAtMs === undefined)
    return warn(
      'the service does not say when the session ends (no expires_at)',
      'Nothing: the bot then takes a new session after 25 minutes.',
    );
  const minutes = Math.round((expiresAtMs - nowMs) / 6_000) / 10;
  return pass(`it ends in ${minutes} minutes`, { minutes });
}

async function checkReplay({ model }: Config, trial: ModelTrial, signal: AbortSignal): Promise<Finding> {
  const turn = await trial.replayedTurn(signal);
  if (turn === undefined) return skipped('HISTORY_TURNS is 0: nothing is ever replayed');
  const finding = spokenFinding(turn, model, trial);
  if (turn.result.outcome.kind !== 'textOnly') return finding;
  return fail(
    'a session that was told what was said before answers in text at first go',
    'Try another model version: the bot then asks once more for speech, which costs a second response each time.',
  );
}
