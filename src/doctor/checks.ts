import { AUDIO_CONTAINER, accountOf, addressOf } from '../storage/azure-account.ts';
import { type Check, type DoctorDeps, pass, skipped } from './check.ts';
import { checkAddress } from './connectivity.ts';
import { checkDatabase } from './database.ts';
import { checkConfiguration, checkFfmpeg } from './environment.ts';
import { checkIdentity } from './identity.ts';
import {
  checkCredentials,
  checkDeployment,
  checkHistory,
  checkSessionLife,
  checkSpokenTurn,
  checkTokens,
  checkVoice,
} from './model.ts';
import { modelFix, SLOW_TOKEN } from './model-fixes.ts';
import { ModelTrial } from './model-trial.ts';
import { checkHealth, checkMessages, checkPlayer, publicAddressOf, showEndpoint, startFix } from './public-address.ts';
import { checkStorageWrites } from './storage.ts';
import { checkTeamsPackage } from './teams-package.ts';
import { checkTelemetry } from './telemetry.ts';

/** A credential chain asks one source after another, some of them programs. */
const TOKEN_LIMIT_MS = 30_000;

/** All checks, in their order. */
export interface CheckSuite {
  readonly checks: readonly Check[];
  /** Closes the session with the model. Safe to call twice. */
  close(): void;
}

/** Nothing is sent before a check runs. */
export function createCheckSuite(options: DoctorDeps): CheckSuite {
  const deps = { ...options, tokens: oncePerScope(options.tokens) };
  const trial = new ModelTrial(deps);
  const checks: readonly Check[] = [
    { name: 'configuration', run: async () => checkConfiguration(deps) },
    { name: 'Node', run: async () => pass(`${process.version} on ${process.platform} ${process.arch}`) },
    { name: 'ffmpeg', run: () => checkFfmpeg(deps) },
    ...modelChecks(deps, trial),
    ...storeChecks(deps),
    {
      name: 'bot identity',
      limitMs: TOKEN_LIMIT_MS,
      lateFix: 'See that this machine reaches https://login.microsoftonline.com (or ToChannelFromBotLoginUrl).',
      run: () => checkIdentity(deps),
    },
    ...publicAddressChecks(deps),
    telemetryCheck(deps),
    { name: 'Teams app package', run: () => checkTeamsPackage(deps) },
  ];
  return { checks, close: () => trial.close() };
}

/** A provider keeps its token, so that the time of a connection does not include that of its token. */
function oncePerScope(tokens: DoctorDeps['tokens']): DoctorDeps['tokens'] {
  const providers = new Map<string, ReturnType<DoctorDeps['tokens']>>();
  return (scope) => {
    const provider = providers.get(scope) ?? tokens(scope);
    providers.set(scope, provider);
    return provider;
  };
}

function modelChecks(deps: DoctorDeps, trial: ModelTrial): readonly Check[] {
  const { model, turnTimeoutMs } = deps.config;
  const [variable, url] =
    model.kind === 'openai' ? ['OPENAI_BASE_URL', model.baseUrl] : ['AZURE_OPENAI_ENDPOINT', model.endpoint];
  const turn = { limitMs: turnTimeoutMs, lateFix: modelFix('turn_timeout', model) };
  return [
    { name: 'model address', run: (signal) => checkAddress(new URL(url), variable, deps, signal) },
    {
      name: 'model credentials',
      limitMs: TOKEN_LIMIT_MS,
      lateFix: SLOW_TOKEN,
      run: () => checkCredentials(deps),
    },
    {
      name: 'model deployment',
      needs: ['model address', 'model credentials'],
      // Longer than the bot's own limit for a handshake.
      limitMs: 20_000,
      lateFix: modelFix('handshake_timeout', model),
      run: (signal) => checkDeployment(deps, trial, signal),
    },
    {
      name: 'spoken turn',
      needs: ['model deployment'],
      ...turn,
      run: (signal) => checkSpokenTurn(deps, trial, signal),
    },
    { name: 'voice', needs: ['spoken turn'], run: async () => checkVoice(deps, trial) },
    { name: 'tokens', needs: ['spoken turn'], run: async () => checkTokens(deps, trial) },
    { name: 'session life', needs: ['model deployment'], run: async () => checkSessionLife(deps, trial) },
    {
      name: 'speech after the history was sent again',
      needs: ['spoken turn'],
      ...turn,
      run: (signal) => checkHistory(deps, trial, signal),
    },
  ];
}

function storeChecks(deps: DoctorDeps): readonly Check[] {
  const { database, azureStorageBlobUrl } = deps.config;
  const account = accountOf(azureStorageBlobUrl, deps.tokens);
  const databaseCheck: Check = {
    name: 'database',
    limitMs: 30_000,
    lateFix: 'See that the network lets this machine reach the host in DATABASE_URL.',
    run: async () =>
      database === undefined
        ? pass('no database: everything is in the memory of the process')
        : checkDatabase(database, deps),
  };
  if (account === undefined) {
    const message = 'no storage account: reply audio is in the database, or in the memory of the process';
    return [databaseCheck, { name: 'storage', run: async () => pass(message) }];
  }
  const address = addressOf(account, AUDIO_CONTAINER);
  return [
    databaseCheck,
    {
      name: 'storage address',
      run: (signal) => checkAddress(address, 'AZURE_STORAGE_BLOB_URL', deps, signal),
    },
    {
      name: `storage writes (${AUDIO_CONTAINER})`,
      needs: ['storage address'],
      limitMs: 60_000,
      run: () => checkStorageWrites(account, deps),
    },
  ];
}

function publicAddressChecks(deps: DoctorDeps): readonly Check[] {
  const { isAuthenticated } = deps.config;
  const address = publicAddressOf(deps);
  const endpoint = { name: 'bot endpoint', run: async () => showEndpoint(address) };
  const last = isAuthenticated ? [endpoint] : [];
  if (address === undefined) {
    const message = 'PUBLIC_BASE_URL is not set: Teams and other channels get text without audio';
    return [{ name: 'public address', run: async () => skipped(message) }, ...last];
  }
  const needs = ['public address'];
  const bounds = { limitMs: 20_000, lateFix: startFix(address) };
  return [
    { name: 'public address', ...bounds, run: (signal) => checkHealth(address, signal) },
    { name: 'player page', needs, ...bounds, run: (signal) => checkPlayer(address, signal) },
    { name: 'messages route', needs, ...bounds, run: (signal) => checkMessages(address, isAuthenticated, signal) },
    ...last,
  ];
}

function telemetryCheck(deps: DoctorDeps): Check {
  const { telemetry } = deps.config;
  return {
    name: 'telemetry',
    limitMs: 40_000,
    run: async (signal) =>
      telemetry === undefined
        ? skipped('APPLICATIONINSIGHTS_CONNECTION_STRING is not set')
        : checkTelemetry(telemetry, deps, signal),
  };
}
