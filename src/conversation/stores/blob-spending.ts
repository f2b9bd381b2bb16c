import type { Blobs } from '../../storage/blobs.ts';
import { FOLDERS } from '../../storage/storage.ts';
import type { SharedSpending } from '../shared-spending.ts';

/** What spending in blobs needs. */
export interface BlobSpendingOptions {
  /** The container of the state. */
  readonly blobs: Blobs;
  /** Names this process among all instances: letters, digits and hyphens. */
  readonly instance: string;
}

/** A number that waits until the one before it is written; newer ones take its place. */
interface Waiting {
  usd: number;
  readonly written: Promise<void>;
}

const DAY_MS = 86_400_000;

/** Spending that all instances share: `spending/<day>/<instance>`, an empty blob with the sum in its metadata. */
export function createBlobSpending({ blobs, instance }: BlobSpendingOptions): SharedSpending {
  /** By day; an earlier number never goes over a later one, since only one is under way. */
  const underWay = new Map<number, Promise<void>>();
  const waiting = new Map<number, Waiting>();

  function write(day: number, usd: number): Promise<void> {
    const metadata = { usd: String(usd) };
    const written = blobs.write(`${folderOf(day)}${instance}`, Buffer.alloc(0), { metadata }).then(() => {});
    underWay.set(day, written);
    const forget = () => {
      if (underWay.get(day) === written) underWay.delete(day);
    };
    written.then(forget, forget);
    return written;
  }

  async function writeAfter(before: Promise<void>, day: number): Promise<void> {
    // What became of it is its own caller's.
    await before.catch(() => {});
    const { usd = 0 } = waiting.get(day) ?? {};
    waiting.delete(day);
    await write(day, usd);
  }

  return {
    tell(day, usd) {
      const next = waiting.get(day);
      if (next !== undefined) {
        next.usd = usd;
        return next.written;
      }
      const before = underWay.get(day);
      if (before === undefined) return write(day, usd);
      const written = writeAfter(before, day);
      waiting.set(day, { usd, written });
      return written;
    },
    async others(day) {
      let sum = 0;
      for await (const { name, metadata } of blobs.list(folderOf(day))) {
        const usd = Number(metadata['usd']);
        if (name !== `${folderOf(day)}${instance}` && Number.isFinite(usd)) sum += usd;
      }
      return sum;
    },
  };
}

/** The day is counted from 1970-01-01 on. */
function folderOf(day: number): string {
  return `${FOLDERS.spending}${new Date(day * DAY_MS).toISOString().slice(0, 10)}/`;
}
