import { systemClock } from '../../src/clock.ts';
import { AzureBlobs } from '../../src/storage/azure-blobs.ts';

/** Looks at one blob with a token, in a process of its own: it trusts the certificate of the test. */
const [url = '', mode = ''] = process.argv.slice(2);
const tokens = async () => {
  if (mode === 'fails') throw new Error('no token today');
  return 'token-of-the-test';
};
const account = { kind: 'azureEntraId', url, tokens } as const;
const blobs = new AzureBlobs({ account, container: 'audio', clock: systemClock });
const said = await blobs.read('a').catch((error: Error & { code?: string }) => `${error.code}: ${error.message}`);
process.stdout.write(String(said));
