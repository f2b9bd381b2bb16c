import type { ModelEndpoint } from '../config/config.ts';
import { TurnError } from '../errors.ts';
import { type Check, type DoctorDeps, type Finding, fail, pass } from './check.ts';
import { reachCheck } from './connectivity.ts';
import { entraFailure } from './entra-failure.ts';
import { describeTurnError, modelFix, PREVIEW_FIX, SLOW_TOKEN } from './model-remedies.ts';
import type { ModelTrial } from './model-trial.ts';
import { describeToken, tokenClaims, tokenFigures } from './token-claims.ts';

export const DEPLOYMENT = 'model deployment';
const ADDRESS = 'model address';
const CREDENTIALS = 'model credentials';

/** A credential chain asks one source after another, some of them programs. */
const TOKEN_LIMIT_MS = 30_000;
/** Above the time that the bot gives a handshake. */
const OPENING_LIMIT_MS = 20_000;

/** Whether the model is there, and lets us in. */
export function modelAccess(deps: DoctorDeps, trial: ModelTrial): readonly Check[] {
  const { model } = deps.config;
  const variable = model.kind === 'openai' ? 'OPENAI_BASE_URL' : 'AZURE_OPENAI_ENDPOINT';
  const address = new URL(model.kind === 'openai' ? model.baseUrl : model.endpoint);
  return [
    reachCheck({ name: ADDRESS, address: async () => address, variable }, deps),
    {
      name: CREDENTIALS,
      limitMs: TOKEN_LIMIT_MS,
      lateFix: SLOW_TOKEN,
      run: () => checkCredentials(deps),
    },
    {
      name: DEPLOYMENT,
      needs: [ADDRESS, CREDENTIALS],
      limitMs: OPENING_LIMIT_MS,
      lateFix: modelFix('handshake_timeout', model),
      run: (signal) => checkDeployment(model, trial, signal),
    },
  ];
}

async function checkCredentials({ config: { model }, tokens, clock }: DoctorDeps): Promise<Finding> {
  switch (model.kind) {
    case 'azureKey':
      return pass('a key is set (AZURE_OPENAI_API_KEY)', { kind: model.kind });
    case 'openai':
      return pass('a key is set (OPENAI_API_KEY)', { kind: model.kind });
    case 'azureEntraId':
      try {
        const facts = tokenClaims(await tokens(model.scope)());
        const figures = { kind: model.kind, ...tokenFigures(facts, clock.now()) };
        return pass(`Entra ID gave a token: ${describeToken(facts, clock.now())}`, figures);
      } catch (error) {
        const said = `Entra ID gave no token for ${model.scope}: ${entraFailure(error)}`;
        return fail(said, modelFix('credentials_failed', model));
      }
  }
}

/** A service that speaks the preview of the protocol is understood in part, and in silence. */
export function previewFinding({ previewEvent }: ModelTrial): Finding | undefined {
  if (previewEvent === undefined) return undefined;
  return fail(`the service speaks the preview of the protocol, and the bot GA: it sent ${previewEvent}`, PREVIEW_FIX);
}

async function checkDeployment(model: ModelEndpoint, trial: ModelTrial, signal: AbortSignal): Promise<Finding> {
  try {
    const { connectMs, greetedMs } = await trial.open(signal);
    const preview = previewFinding(trial);
    if (preview !== undefined) return preview;
    const said = `"${model.model}" lets us in: connected in ${connectMs} ms, session.created after ${greetedMs} ms`;
    return pass(said, { connectMs, sessionCreatedMs: greetedMs });
  } catch (error) {
    if (!(error instanceof TurnError)) throw error;
    const words = trial.complaint;
    return fail(`${describeTurnError(error)}${words === '' ? '' : `: ${words}`}`, modelFix(error.code, model));
  }
}
