/** What a simulator lets in. Names of deployments in lower case; in requests their case does not count, as in Azure. */
export interface Resource {
  /** As `api-key`, or as a bearer token. */
  readonly key: string;
  /** `other`: a model that does not speak this protocol, such as one that only transcribes. */
  readonly deployments: Readonly<Record<string, 'realtime' | 'other'>>;
}

/** Of `npm run simulator`. The key is no word of its own, since the doctor takes keys out of what it says. */
export const SIMULATED_RESOURCE: Resource = {
  key: 'simulator-key',
  deployments: { simulator: 'realtime', 'gpt-realtime': 'realtime', 'gpt-realtime-whisper': 'other' },
};
