import { azureCloudOf } from '../azure-cloud.ts';
import type { ModelEndpoint } from '../config/config.ts';
import { isLoopbackHost } from '../config/env.ts';
import { systemCode, type TurnError, type TurnErrorCode } from '../errors.ts';
import { baseUrlOf } from '../realtime/endpoint.ts';

/** What happened, with the code of the system if there is one. */
export function describeTurnError(error: TurnError): string {
  const code = systemCode(error.cause);
  return `${error.message.trim()}${code === undefined ? '' : ` (${code})`} [${error.code}]`;
}

/** What to do when a token does not come in time. */
export const SLOW_TOKEN =
  'A source of credentials hangs: set AZURE_TOKEN_CREDENTIALS to the one to use, such as AzureCliCredential.';

/** What to do when the service speaks an older protocol. */
export const PREVIEW_FIX =
  'Use the GA address (AZURE_OPENAI_ENDPOINT without a path and without api-version; a gateway must lead to /openai/v1/realtime) and a GA model (such as gpt-realtime, not gpt-4o-realtime-preview).';

const NETWORK =
  'Check the network between this machine and the model (it must allow WebSockets), and the status of the service.';
const OTHER = 'Run it again; if it persists, check the status of the service, and try another deployment.';
const ROLE =
  'Give the identity above the role "Cognitive Services OpenAI User" on the resource (it takes a few minutes to take effect)';

const FIXES: Readonly<Partial<Record<TurnErrorCode, string | ((model: ModelEndpoint) => string)>>> = {
  credentials_failed: (model) =>
    `Run "az login", give the host a managed identity (with AZURE_CLIENT_ID), or set AZURE_OPENAI_API_KEY.${authorityFix(model)}`,
  token_timeout: SLOW_TOKEN,
  unauthorized: (model) => `${unauthorizedFix(model)}${simulatorFix(model, 'the key simulator-key')}`,
  forbidden: forbiddenFix,
  deployment_not_found: deploymentFix,
  handshake_refused: refusalFix,
  settings_rejected: 'Set REALTIME_VOICE (and the other REALTIME_ variables) to values that the service accepts.',
  quota_exhausted: 'Check the quota and the billing of the account.',
  rate_limited: 'Wait a minute; if it persists, raise the tokens per minute of the deployment.',
  service_unavailable: NETWORK,
  handshake_timeout: NETWORK,
  connection_lost: NETWORK,
  request_rejected: 'Check that the deployment is of a realtime model, such as gpt-realtime.',
};

/** What an operator can do about a turn or a handshake that failed with this code. */
export function modelFix(code: TurnErrorCode, model: ModelEndpoint): string {
  const fix = FIXES[code] ?? OTHER;
  return typeof fix === 'string' ? fix : fix(model);
}

function deploymentFix(model: ModelEndpoint): string {
  return model.kind === 'openai'
    ? 'Check OPENAI_MODEL, and that OPENAI_BASE_URL ends as the service requires (such as /v1).'
    : `AZURE_OPENAI_DEPLOYMENT_NAME must be the name of a deployment (not of a model) at ${endpointOf(model)}. A new deployment takes a few minutes: try again in five.${simulatorFix(model, 'the deployments simulator and gpt-realtime')}`;
}

function refusalFix(model: ModelEndpoint): string {
  return model.kind === 'openai'
    ? 'Set OPENAI_MODEL to a realtime model, such as gpt-realtime, and check OPENAI_BASE_URL.'
    : `Set AZURE_OPENAI_DEPLOYMENT_NAME to a deployment of a realtime model (such as gpt-realtime, not one that only transcribes or translates), and check ${endpointOf(model)}. A new deployment may take a few minutes: try again in five.`;
}

function endpointOf(model: ModelEndpoint): string {
  const isProject = model.kind !== 'openai' && /\/api\/projects(?:\/|$)/i.test(model.endpoint);
  const found = isProject ? `; ${model.endpoint} is the address of a Foundry project` : '';
  return `AZURE_OPENAI_ENDPOINT (https://<resource>.openai.azure.com, without a path${found})`;
}

/** A service on this machine is probably the simulator. */
function simulatorFix(model: ModelEndpoint, accepted: string): string {
  const { hostname } = new URL(baseUrlOf(model));
  return isLoopbackHost(hostname) ? ` (the simulator accepts ${accepted})` : '';
}

/** Each cloud other than the public one has its own authority for tokens. */
function authorityFix(model: ModelEndpoint): string {
  const authority = model.kind === 'openai' ? undefined : azureCloudOf(model.endpoint)?.authority;
  return authority === undefined ? '' : ` In the cloud of this endpoint, set AZURE_AUTHORITY_HOST=${authority}.`;
}

/** Azure answers 401 for a missing role, too. */
function unauthorizedFix(model: ModelEndpoint): string {
  switch (model.kind) {
    case 'azureKey':
      return `Set AZURE_OPENAI_API_KEY to a current key of the resource at ${endpointOf(model)} ("Keys and Endpoint" in the portal), or remove it to use Entra ID.`;
    case 'azureEntraId': {
      const [cloud, asked] = [azureCloudOf(model.endpoint), azureCloudOf(model.scope)];
      if (cloud !== undefined && asked !== undefined && cloud !== asked)
        return `The token is for another cloud (${model.scope}) than the endpoint: set AZURE_OPENAI_SCOPE=${cloud.scope}.${authorityFix(model)}`;
      return `${ROLE}; its token must come from the tenant of the resource (az login --tenant), for AZURE_OPENAI_SCOPE.${authorityFix(model)}`;
    }
    case 'openai':
      return 'Set OPENAI_API_KEY to a current key of the service at OPENAI_BASE_URL.';
  }
}

function forbiddenFix({ kind }: ModelEndpoint): string {
  switch (kind) {
    case 'azureKey':
      return 'Allow this machine in the network rules of the resource. If its keys are disabled, remove AZURE_OPENAI_API_KEY to use Entra ID.';
    case 'azureEntraId':
      return `${ROLE}, and allow this machine in its network rules.`;
    case 'openai':
      return 'Check that the project of OPENAI_API_KEY may use OPENAI_MODEL.';
  }
}
