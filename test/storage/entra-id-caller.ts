import { systemClock } from '../../src/clock.ts';
import { AUDIO_CONTAINER, openContainer } from '../../src/storage/azure-account.ts';
import { AzureBlobs } from '../../src/storage/azure-blobs.ts';

/** Looks at one blob with a token, in a process of its own: it trusts the certificate of the test. */
const [url = '', mode = ''] = process.argv.slice(2);
const tokens = async () => {
  if (mode === 'fails') throw new Error('no token today');
  return 'token-of-the-test';
};
const open = () => openContainer({ url, tokens }, AUDIO_CONTAINER);
const blobs = new AzureBlobs({ open, clock: systemClock });
const said = await blobs.read('a').catch((error: Error & { code?: string }) => `${error.code}: ${error.message}`);
process.stdout.write(String(said));
