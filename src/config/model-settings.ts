import { azureCloudOf, PUBLIC_CLOUD } from '../azure-cloud.ts';
import type { EnvReader } from './env.ts';
import type { LimitSettings } from './limit-settings.ts';
import { VOICES } from './voices.ts';

/** Where the model is and how to be let in. Plain OpenAI is used only when no Azure variable is set. */
export type ModelEndpoint =
  | { readonly kind: 'azureKey'; readonly endpoint: string; readonly model: string; readonly apiKey: string }
  | { readonly kind: 'azureEntraId'; readonly endpoint: string; readonly model: string; readonly scope: string }
  | { readonly kind: 'openai'; readonly baseUrl: string; readonly model: string; readonly apiKey: string };

/** What every Realtime session is told first. */
export interface SessionSettings {
  readonly instructions: string;
  readonly voice: string;
  /** How it answers: in speech with its transcript, or in writing, which costs less. */
  readonly modality: 'audio' | 'text';
  /** A bound for one reply, 1 to 4096, or `inf`; unset leaves the model's own. */
  readonly maxOutputTokens: number | 'inf' | undefined;
  /** Writes down what people say in voice messages; on Azure the name of a deployment. Unset = nothing does. */
  readonly transcriptionModel?: string | undefined;
}

const DEFAULT_INSTRUCTIONS = 'You are a helpful assistant. You respond by voice and text.';
const AZURE_VARIABLES = ['AZURE_OPENAI_ENDPOINT', 'AZURE_OPENAI_DEPLOYMENT_NAME', 'AZURE_OPENAI_API_KEY'];

/** Reads where the model is; what is wrong goes to the reader's problems, without the key. */
export function readModel(read: EnvReader): ModelEndpoint {
  const isAzure = AZURE_VARIABLES.some((name) => read.text(name) !== undefined);
  if (!isAzure && read.text('OPENAI_API_KEY') !== undefined) {
    return {
      kind: 'openai',
      baseUrl: read.url('OPENAI_BASE_URL', 'https://api.openai.com/v1') ?? 'https://api.openai.com/v1',
      model: read.required('OPENAI_MODEL', 'the name of a realtime model, such as gpt-realtime'),
      apiKey: read.text('OPENAI_API_KEY') ?? '',
    };
  }
  read.required(
    'AZURE_OPENAI_ENDPOINT',
    'https://<resource>.openai.azure.com (or set OPENAI_API_KEY and OPENAI_MODEL)',
  );
  const endpoint = read.url('AZURE_OPENAI_ENDPOINT', 'https://<resource>.openai.azure.com', withoutApiPath) ?? '';
  checkPath(endpoint, read);
  const model = read.required('AZURE_OPENAI_DEPLOYMENT_NAME', 'the name of a deployment of a realtime model');
  const apiKey = read.text('AZURE_OPENAI_API_KEY');
  if (apiKey !== undefined) return { kind: 'azureKey', endpoint, model, apiKey };
  // What is behind a gateway cannot be seen: the public cloud.
  const { scope } = azureCloudOf(endpoint) ?? PUBLIC_CLOUD;
  return { kind: 'azureEntraId', endpoint, model, scope: read.text('AZURE_OPENAI_SCOPE') ?? scope };
}

/** A host of a resource itself, in whichever cloud; gateways have hosts of their own, also below azure.com. */
const RESOURCE_HOST =
  /\.(?:openai|cognitiveservices|services\.ai|api\.cognitive)\.azure\.(?:com|us|cn)$|\.api\.cognitive\.microsoft\.(?:com|us)$/;

/**
 * The portals show the address of a resource with the path of its interface, which the client adds itself, or as the
 * endpoint of a Foundry project, which does not serve the Realtime API. A gateway may be reached at any path, so that of
 * other hosts stays.
 */
function withoutApiPath(address: URL): URL {
  const isOfResource = RESOURCE_HOST.test(address.hostname);
  if (!isOfResource || !/^\/(?:openai|models|api\/projects)(?:\/|$)/i.test(address.pathname)) return address;
  const bare = new URL('/', address);
  bare.username = address.username;
  bare.password = address.password;
  return bare;
}

/** Any other path of a resource fails with the first turn, as a deployment that does not exist. */
function checkPath(endpoint: string, read: EnvReader): void {
  if (!URL.canParse(endpoint)) return;
  const { hostname, pathname } = new URL(endpoint);
  if (!RESOURCE_HOST.test(hostname) || pathname === '/') return;
  read.problems.push(
    'AZURE_OPENAI_ENDPOINT has a path where the model is not; expected the address of the resource without a path, such as https://<resource>.openai.azure.com',
  );
}

/** What models say at most in one go where a budget has to know it; some would go on for 32,000 tokens. */
const MAX_OUTPUT_TOKENS = 4_096;

/** Reads what sessions are told; a budget has to know how long an answer can be. */
export function readSession(read: EnvReader, { dayUsd, personUsd, conversationUsd }: LimitSettings): SessionSettings {
  const isUnbounded = read.text('REALTIME_MAX_OUTPUT_TOKENS') === 'inf';
  const isSet = read.text('REALTIME_MAX_OUTPUT_TOKENS') !== undefined;
  const isBudgeted = [dayUsd, personUsd, conversationUsd].some((usd) => usd !== undefined);
  if (isBudgeted && isUnbounded) {
    read.problems.push('REALTIME_MAX_OUTPUT_TOKENS is "inf"; expected a number from 1 to 4096 where a budget is set');
  }
  const bound = isUnbounded ? 'inf' : read.whole('REALTIME_MAX_OUTPUT_TOKENS', 0, { least: 1, most: 4096 });
  const voice = read.text('REALTIME_VOICE') ?? 'alloy';
  // Which voices exist is for the service to say: a wrong one comes back as a clear error with the first turn.
  if (!VOICES.some((each) => each === voice)) {
    read.notices.push(
      `REALTIME_VOICE is "${voice}", which is none of the known voices (${VOICES.join(', ')}): the model may refuse it`,
    );
  }
  return {
    instructions: read.text('REALTIME_INSTRUCTIONS') ?? DEFAULT_INSTRUCTIONS,
    voice,
    modality: 'audio',
    maxOutputTokens: isSet ? bound : isBudgeted ? MAX_OUTPUT_TOKENS : undefined,
    transcriptionModel: read.text('REALTIME_TRANSCRIPTION_MODEL'),
  };
}
