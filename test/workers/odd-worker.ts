import { AttachmentError } from '../../src/errors.ts';
import { serveTasks } from '../../src/workers/serve-tasks.ts';

/** The jobs of the tests. */
export type OddJob =
  | { readonly kind: 'double'; readonly bytes: Uint8Array<ArrayBuffer> }
  | { readonly kind: 'count' }
  | { readonly kind: 'spin' }
  | { readonly kind: 'refuse' }
  | { readonly kind: 'throw' }
  | { readonly kind: 'throw later' }
  | { readonly kind: 'exit' }
  | { readonly kind: 'fill memory' }
  | { readonly kind: 'print' }
  | { readonly kind: 'environment' };

export interface OddResult {
  readonly bytes?: Uint8Array<ArrayBuffer>;
  /** The number of this thread's jobs so far. */
  readonly count: number;
  readonly variables?: readonly string[];
}

let count = 0;

serveTasks<OddJob, OddResult>((job) => {
  count += 1;
  switch (job.kind) {
    case 'double': {
      const bytes = job.bytes.map((byte) => 2 * byte);
      return { result: { bytes, count }, transfer: [bytes.buffer] };
    }
    case 'count':
      return { result: { count } };
    case 'spin':
      for (;;) count += 1;
    case 'refuse':
      throw new AttachmentError('too_long', 'four minutes');
    case 'throw':
      throw new RangeError('offset is out of bounds');
    case 'throw later':
      setImmediate(() => {
        throw new Error('out of nowhere');
      });
      return new Promise(() => {});
    case 'exit':
      return process.exit(3);
    case 'fill memory': {
      const kept: number[][] = [];
      for (;;) kept.push(Array.from({ length: 10_000 }, (_, index) => index + kept.length / 3));
    }
    case 'print':
      for (let line = 0; line < 1_000; line++) {
        process.stdout.write(`to stdout ${line}\n`);
        // biome-ignore lint/suspicious/noConsole: libraries do this
        console.error('to stderr', line);
      }
      return { result: { count } };
    case 'environment':
      return { result: { count, variables: Object.keys(process.env) } };
  }
});
