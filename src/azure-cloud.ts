/** What signing in takes in one of Azure's clouds: each takes tokens of its own alone. */
export interface AzureCloud {
  /** What tokens for its models are asked for. */
  readonly scope: string;
  /** Where its tokens come from; `undefined` for the public cloud, whose authority is the default. */
  readonly authority: string | undefined;
}

export const PUBLIC_CLOUD: AzureCloud = {
  scope: 'https://cognitiveservices.azure.com/.default',
  authority: undefined,
};

/** By the ends of hosts: resources, API Management, regional addresses of Cognitive Services. */
const CLOUDS: readonly (readonly [RegExp, AzureCloud])[] = [
  [/\.(?:azure\.com|azure-api\.net|cognitive\.microsoft\.com)$/, PUBLIC_CLOUD],
  [
    /\.(?:azure|azure-api|cognitive\.microsoft)\.us$/,
    { scope: 'https://cognitiveservices.azure.us/.default', authority: 'https://login.microsoftonline.us' },
  ],
  [
    /\.(?:azure|azure-api)\.cn$/,
    { scope: 'https://cognitiveservices.azure.cn/.default', authority: 'https://login.chinacloudapi.cn' },
  ],
];

/** The cloud of an address, or of a scope; `undefined` for a host that is none of Azure's. */
export function azureCloudOf(address: string): AzureCloud | undefined {
  if (!URL.canParse(address)) return undefined;
  const { hostname } = new URL(address);
  return CLOUDS.find(([hosts]) => hosts.test(hostname))?.[1];
}
