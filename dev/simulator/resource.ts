/**
 * The key and the deployments that a simulator accepts. Names are lower case; requests may use any case, as in Azure.
 */
export interface Resource {
  /** Clients send the key as `api-key` or as a bearer token. */
  readonly key: string;
  /** `other`: a model that does not speak this protocol, such as one that only transcribes. */
  readonly deployments: Readonly<Record<string, 'realtime' | 'other'>>;
}

/** The resource of `npm run simulator`. The key must not be an ordinary word, since the doctor redacts keys. */
export const SIMULATED_RESOURCE: Resource = {
  key: 'simulator-key',
  deployments: { simulator: 'realtime', 'gpt-realtime': 'realtime', 'gpt-realtime-whisper': 'other' },
};
