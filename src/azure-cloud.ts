/** One of Azure's clouds. Each accepts only its own tokens. */
interface AzureCloud {
  /** The token scope of its models. */
  readonly scope: string;
  /** The authority that issues its tokens; `undefined` for the default, that of the public cloud. */
  readonly authority: string | undefined;
}

export const PUBLIC_CLOUD: AzureCloud = {
  scope: 'https://cognitiveservices.azure.com/.default',
  authority: undefined,
};

/** The host suffixes of each cloud: resources, API Management, regional addresses of Cognitive Services. */
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

/** Returns the cloud of an address or scope; `undefined` if the host is not Azure's. */
export function azureCloudOf(address: string): AzureCloud | undefined {
  const hostname = URL.parse(address)?.hostname ?? '';
  return CLOUDS.find(([hosts]) => hosts.test(hostname))?.[1];
}
