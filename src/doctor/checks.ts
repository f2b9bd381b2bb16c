import type { TokenProvider } from '../realtime/endpoint.ts';
import { AUDIO_CONTAINER } from '../storage/azure-account.ts';
import type { Check, CheckContext } from './check.ts';
import { checkDatabase } from './database.ts';
import type { DoctorDeps } from './deps.ts';
import { checkConfiguration, checkFfmpeg, checkNode } from './environment.ts';
import { checkIdentity } from './identity.ts';
import * as model from './model.ts';
import { SLOW_TOKEN } from './model-fixes.ts';
import { ModelTrial } from './model-trial.ts';
import { atPublicAddress, checkEndpoint, checkHealth, checkMessages, checkPlayer } from './public-address.ts';
import { checkStorage } from './storage.ts';
import { checkTeamsPackage } from './teams-package.ts';
import { checkTelemetry } from './telemetry.ts';
import { checkDocuments, checkMcpServers } from './tools.ts';

/** Limits a turn, whatever TURN_TIMEOUT_SECONDS is: the doctor asks for one short sentence. */
const TURN_LIMIT_MS = 120_000;

/** All checks, in their order. */
export const CHECKS: readonly Check[] = [
  { name: 'configuration', run: checkConfiguration },
  { name: 'Node', run: checkNode },
  { name: 'ffmpeg', run: checkFfmpeg },
  { name: 'model address', run: model.checkAddressOfModel },
  { name: 'model credentials', lateFix: SLOW_TOKEN, run: model.checkCredentials },
  { name: 'model deployment', needs: ['model address', 'model credentials'], run: model.checkDeployment },
  { name: 'spoken turn', needs: ['model deployment'], limitMs: TURN_LIMIT_MS, run: model.checkSpokenTurn },
  { name: 'voice', needs: ['spoken turn'], run: model.checkVoice },
  { name: 'tokens', needs: ['spoken turn'], run: model.checkTokens },
  { name: 'session life', needs: ['model deployment'], run: model.checkSessionLife },
  { name: 'speech with a history', needs: ['spoken turn'], limitMs: TURN_LIMIT_MS, run: model.checkHistory },
  { name: 'database', run: checkDatabase },
  { name: `storage (${AUDIO_CONTAINER})`, limitMs: 60_000, run: checkStorage },
  { name: 'MCP servers', run: checkMcpServers },
  { name: 'documents', limitMs: 60_000, run: checkDocuments },
  { name: 'bot identity', run: checkIdentity },
  { name: 'public address', run: atPublicAddress(checkHealth) },
  { name: 'player page', needs: ['public address'], run: atPublicAddress(checkPlayer) },
  { name: 'messages route', needs: ['public address'], run: atPublicAddress(checkMessages) },
  { name: 'bot endpoint', run: checkEndpoint },
  { name: 'telemetry', limitMs: 40_000, run: checkTelemetry },
  { name: 'Teams app package', run: checkTeamsPackage },
];

/** Caches one token provider for each scope, so that the measured time of a connection leaves out getting the token. */
export function createContext(deps: DoctorDeps): CheckContext {
  const providers = new Map<string, TokenProvider>();
  const tokens = (scope: string) => {
    const provider = providers.get(scope) ?? deps.tokens(scope);
    providers.set(scope, provider);
    return provider;
  };
  const cached = { ...deps, tokens };
  return { ...cached, trial: new ModelTrial(cached) };
}
