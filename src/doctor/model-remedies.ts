import { azureCloudOf } from '../azure-cloud.ts';
import type { ModelEndpoint } from '../config/config.ts';
import { isLoopbackHost } from '../config/env.ts';
import { systemCode, type TurnError, type TurnErrorCode } from '../errors.ts';

/** What happened, with the system's own word for it where there is one. */
export function describeTurnError(error: TurnError): string {
  const code = systemCode(error.cause);
  return `${error.message.trim()}${code === undefined ? '' : ` (${code})`} [${error.code}]`;
}

/** What to do where a token does not come in time. */
export const SLOW_TOKEN =
  'See which source of credentials hangs: set AZURE_TOKEN_CREDENTIALS to the one to be used, such as AzureCliCredential.';

/** What to do where the service speaks an older protocol. */
export const PREVIEW_FIX =
  'Use the GA address (AZURE_OPENAI_ENDPOINT without a path and without api-version; a gateway has to lead to /openai/v1/realtime) and a GA model (gpt-realtime and its kin, no gpt-4o-realtime-preview).';

/** What an operator can do about a turn, or a handshake, that failed in this way. */
export function modelFix(code: TurnErrorCode, model: ModelEndpoint): string {
  switch (code) {
    case 'credentials_failed':
      return `Run "az login", give the host a managed identity (with AZURE_CLIENT_ID), or set AZURE_OPENAI_API_KEY.${authorityFix(model)}`;
    case 'token_timeout':
      return SLOW_TOKEN;
    case 'unauthorized':
      return `${unauthorizedFix(model)}${simulatorFix(model, 'the key simulator-key')}`;
    case 'forbidden':
      return forbiddenFix(model);
    case 'deployment_not_found':
      return deploymentFix(model);
    case 'handshake_refused':
      return refusalFix(model);
    case 'settings_rejected':
      return 'Set REALTIME_VOICE (and the other REALTIME_ variables) to what the service names.';
    case 'quota_exhausted':
      return 'Check the quota and the billing of the account.';
    case 'rate_limited':
      return 'Wait a minute; if it stays, raise the tokens per minute of the deployment.';
    case 'service_unavailable':
    case 'handshake_timeout':
    case 'connection_lost':
      return 'Check the network between here and the model (WebSockets have to pass), and the state of the service.';
    case 'request_rejected':
      return 'See that the deployment is one of a realtime model (gpt-realtime and its kin), and no other.';
    case 'turn_timeout':
    case 'first_event_timeout':
    case 'silence_timeout':
    case 'server_error':
    case 'session_expired':
    case 'response_conflict':
    case 'frame_malformed':
    case 'frame_too_large':
    case 'empty_response':
    case 'cancelled':
    case 'shutting_down':
    case 'claim_lost':
    case 'internal':
      return 'Run it again; if it stays, look at the state of the service, and try another deployment.';
  }
}

/** Where no such deployment is known. */
function deploymentFix(model: ModelEndpoint): string {
  return model.kind === 'openai'
    ? 'Check OPENAI_MODEL, and that OPENAI_BASE_URL ends as the service wants it (such as /v1).'
    : `AZURE_OPENAI_DEPLOYMENT_NAME has to be the name of a deployment (not of a model) at ${endpointOf(model)}; one that was made a few minutes ago is not there yet: try again in five.${simulatorFix(model, 'the deployments simulator and gpt-realtime')}`;
}

/** Where the deployment does not do what is asked of it. */
function refusalFix(model: ModelEndpoint): string {
  return model.kind === 'openai'
    ? 'Set OPENAI_MODEL to a realtime model, such as gpt-realtime, and check OPENAI_BASE_URL.'
    : `Set AZURE_OPENAI_DEPLOYMENT_NAME to a deployment of a realtime model (gpt-realtime and its kin, none that only transcribes or translates); one that was made a few minutes ago may not be ready yet: try again in five; and check ${endpointOf(model)}.`;
}

/** The setting and what it has to be. */
function endpointOf(model: ModelEndpoint): string {
  const isProject = model.kind !== 'openai' && /\/api\/projects(?:\/|$)/i.test(model.endpoint);
  const found = isProject ? `; ${model.endpoint} is the address of a Foundry project` : '';
  return `AZURE_OPENAI_ENDPOINT (https://<resource>.openai.azure.com, without a path${found})`;
}

/** A service on this machine is most likely the simulator. */
function simulatorFix(model: ModelEndpoint, accepted: string): string {
  const { hostname } = new URL(model.kind === 'openai' ? model.baseUrl : model.endpoint);
  return isLoopbackHost(hostname) ? ` (the simulator accepts ${accepted})` : '';
}

/** Tokens for another cloud than the public one come from an authority of its own. */
function authorityFix(model: ModelEndpoint): string {
  const authority = model.kind === 'openai' ? undefined : azureCloudOf(model.endpoint)?.authority;
  return authority === undefined ? '' : ` In the cloud of this endpoint, set AZURE_AUTHORITY_HOST=${authority}.`;
}

/** Azure answers 401, too, where a role is missing. */
function unauthorizedFix(model: ModelEndpoint): string {
  switch (model.kind) {
    case 'azureKey':
      return `Set AZURE_OPENAI_API_KEY to a current key of the resource at ${endpointOf(model)} ("Keys and Endpoint" in the portal), or remove it to use Entra ID.`;
    case 'azureEntraId': {
      const [cloud, asked] = [azureCloudOf(model.endpoint), azureCloudOf(model.scope)];
      if (cloud !== undefined && asked !== undefined && cloud !== asked)
        return `The token is for another cloud (${model.scope}) than the endpoint: set AZURE_OPENAI_SCOPE=${cloud.scope}.${authorityFix(model)}`;
      return `Give the identity above the role "Cognitive Services OpenAI User" on the resource (it takes some minutes to count); its token has to come from the tenant of the resource (az login --tenant), for AZURE_OPENAI_SCOPE.${authorityFix(model)}`;
    }
    case 'openai':
      return 'Set OPENAI_API_KEY to a current key of the service at OPENAI_BASE_URL.';
  }
}

function forbiddenFix({ kind }: ModelEndpoint): string {
  switch (kind) {
    case 'azureKey':
      return 'Let this machine in by the network rules of the resource; where keys are switched off for it, remove AZURE_OPENAI_API_KEY to use Entra ID.';
    case 'azureEntraId':
      return 'Give the identity above the role "Cognitive Services OpenAI User" on the resource (it takes some minutes to count), and let this machine in by its network rules.';
    case 'openai':
      return 'See that the project of OPENAI_API_KEY may use OPENAI_MODEL.';
  }
}
