/** The key and the deployments that a simulator accepts. Names are in lower case; requests may use any case, as in Azure. */
export interface Resource {
  /** As `api-key`, or as a bearer token. */
  readonly key: string;
  /** `other`: a model that does not speak this protocol, such as one that only transcribes. */
  readonly deployments: Readonly<Record<string, 'realtime' | 'other'>>;
}

/** Of `npm run simulator`. The key is not an ordinary word, since the doctor removes keys from its output. */
export const SIMULATED_RESOURCE: Resource = {
  key: 'simulator-key',
  deployments: { simulator: 'realtime', 'gpt-realtime': 'realtime', 'gpt-realtime-whisper': 'other' },
};
