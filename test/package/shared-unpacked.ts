import { after } from 'node:test';
import { type Unpacked, unpackBot } from './unpacked.ts';

let unpacked: Promise<Unpacked> | undefined;
after(async () => (await unpacked)?.remove());

/** One for all tests of this process, so that its compile cache serves all starts. */
export function sharedUnpacked(): Promise<Unpacked> {
  unpacked ??= unpackBot();
  return unpacked;
}
