import { azureCloudOf, PUBLIC_CLOUD } from '../azure-cloud.ts';
import type { EnvReader } from './env.ts';
import type { LimitSettings } from './limit-settings.ts';
import { VOICES } from './voices.ts';

/** The address and credentials of the model. Plain OpenAI is used only if none of `AZURE_VARIABLES` is set. */
export type ModelEndpoint =
  | { readonly kind: 'azureKey'; readonly endpoint: string; readonly model: string; readonly apiKey: string }
  | { readonly kind: 'azureEntraId'; readonly endpoint: string; readonly model: string; readonly scope: string }
  | { readonly kind: 'openai'; readonly baseUrl: string; readonly model: string; readonly apiKey: string };

/** The configuration of every Realtime session. */
export interface SessionSettings {
  readonly instructions: string;
  readonly voice: string;
  /** `audio` includes a transcript. `text` alone costs less. */
  readonly modality: 'audio' | 'text';
  /** Limits one response: 1 to 4096, or `inf`. Unset: the model's own limit. */
  readonly maxOutputTokens: number | 'inf' | undefined;
  /** The model that transcribes voice messages; on Azure, the name of a deployment. Unset: no transcription. */
  readonly transcriptionModel?: string | undefined;
}

const DEFAULT_INSTRUCTIONS = 'You are a helpful assistant. You respond by voice and text.';
const AZURE_VARIABLES = ['AZURE_OPENAI_ENDPOINT', 'AZURE_OPENAI_DEPLOYMENT_NAME', 'AZURE_OPENAI_API_KEY'];

export function readModel(reader: EnvReader): ModelEndpoint {
  const isAzure = AZURE_VARIABLES.some((name) => reader.text(name) !== undefined);
  if (!isAzure && reader.text('OPENAI_API_KEY') !== undefined) {
    return {
      kind: 'openai',
      baseUrl: reader.url('OPENAI_BASE_URL', 'https://api.openai.com/v1') ?? 'https://api.openai.com/v1',
      model: reader.required('OPENAI_MODEL', 'the name of a realtime model, such as gpt-realtime'),
      apiKey: reader.text('OPENAI_API_KEY') ?? '',
    };
  }
  reader.required(
    'AZURE_OPENAI_ENDPOINT',
    'https://<resource>.openai.azure.com (or set OPENAI_API_KEY and OPENAI_MODEL)',
  );
  const endpoint = reader.url('AZURE_OPENAI_ENDPOINT', 'https://<resource>.openai.azure.com', withoutApiPath) ?? '';
  // With any other path, the first turn fails as if the deployment did not exist.
  if (RESOURCE_HOST.test(URL.parse(endpoint)?.hostname ?? '') && URL.parse(endpoint)?.pathname !== '/')
    reader.problems.push(
      'AZURE_OPENAI_ENDPOINT has a path that does not lead to the model; expected the address of the resource without a path, such as https://<resource>.openai.azure.com',
    );
  const model = reader.required('AZURE_OPENAI_DEPLOYMENT_NAME', 'the name of a deployment of a realtime model');
  const apiKey = reader.text('AZURE_OPENAI_API_KEY');
  if (apiKey !== undefined) return { kind: 'azureKey', endpoint, model, apiKey };
  // The cloud behind a gateway is unknown.
  const { scope } = azureCloudOf(endpoint) ?? PUBLIC_CLOUD;
  return { kind: 'azureEntraId', endpoint, model, scope: reader.text('AZURE_OPENAI_SCOPE') ?? scope };
}

/** Hosts of Azure OpenAI resources in each cloud. Gateways have other hosts, also below azure.com. */
const RESOURCE_HOST =
  /\.(?:openai|cognitiveservices|services\.ai|api\.cognitive)\.azure\.(?:com|us|cn)$|\.api\.cognitive\.microsoft\.(?:com|us)$/;

/**
 * The portals show a resource with the path of its API, which the client adds itself, or as the endpoint of a Foundry
 * project, which does not serve the Realtime API. A gateway may be at any path, so the path of other hosts stays.
 */
function withoutApiPath(address: URL): URL {
  const isResource = RESOURCE_HOST.test(address.hostname);
  if (!isResource || !/^\/(?:openai|models|api\/projects)(?:\/|$)/i.test(address.pathname)) return address;
  const { username, password } = address;
  return Object.assign(new URL('/', address), { username, password });
}

/** The limit that the model gets if a budget needs one; some models would generate 32,000 tokens. */
const MAX_OUTPUT_TOKENS = 4_096;

/** A budget requires a limit for the length of a response. */
export function readSession(reader: EnvReader, { dayUsd, personUsd, conversationUsd }: LimitSettings): SessionSettings {
  const isBudgeted = [dayUsd, personUsd, conversationUsd].some((usd) => usd !== undefined);
  const isUnbounded = reader.text('REALTIME_MAX_OUTPUT_TOKENS') === 'inf';
  if (isBudgeted && isUnbounded)
    reader.problems.push('REALTIME_MAX_OUTPUT_TOKENS is "inf"; expected a number from 1 to 4096 when a budget is set');
  const fallback = isBudgeted ? MAX_OUTPUT_TOKENS : undefined;
  const voice = reader.text('REALTIME_VOICE') ?? 'alloy';
  // An unknown voice is only a notice: the service may have new voices, and refuses a wrong one with a clear error.
  if (!VOICES.some((each) => each === voice)) {
    reader.notices.push(
      `REALTIME_VOICE is "${voice}", which is not a known voice (${VOICES.join(', ')}); the model may reject it`,
    );
  }
  return {
    instructions: reader.text('REALTIME_INSTRUCTIONS') ?? DEFAULT_INSTRUCTIONS,
    voice,
    modality: 'audio',
    maxOutputTokens: isUnbounded ? 'inf' : reader.whole('REALTIME_MAX_OUTPUT_TOKENS', fallback, { min: 1, max: 4096 }),
    transcriptionModel: reader.text('REALTIME_TRANSCRIPTION_MODEL'),
  };
}
