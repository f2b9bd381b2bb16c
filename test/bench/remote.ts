import { createInterface } from 'node:readline';
import { type NodeOptions, spawnNode, stop } from './children.ts';
import type { AnswerMessage, CallMessage, Calls } from './serve.ts';

/** A call that takes longer has hung. */
const CALL_LIMIT_MS = 60_000;

export interface RemoteOptions extends Omit<NodeOptions, 'stdio'> {
  /** For errors. */
  readonly name: string;
  /** Given each line of its standard output. */
  readonly onLine?: (line: string) => void;
}

/** A process of its own that answers calls; see serve.ts. */
export interface Remote<C extends Calls> {
  /** Rejects when the process ends. */
  readonly ended: Promise<never>;
  call<K extends keyof C & string>(name: K, ...input: Parameters<C[K]>): Promise<Awaited<ReturnType<C[K]>>>;
  /** Ends it. Safe to call twice. */
  stop(): Promise<void>;
}

interface Waiting {
  readonly resolve: (value: never) => void;
  readonly reject: (error: Error) => void;
}

/** Starts Node; calls may be made at once, they wait until it is ready. */
export function startRemote<C extends Calls>({ name, onLine, ...options }: RemoteOptions): Remote<C> {
  const child = spawnNode({ ...options, stdio: ['ignore', 'pipe', 'inherit', 'ipc'] });
  const waiting = new Map<number, Waiting>();
  const ended = Promise.withResolvers<never>();
  // Who does not wait for it need not hear of it.
  ended.promise.catch(() => {});
  let isRunning = true;
  const fail = (why: string) => {
    isRunning = false;
    const error = new Error(`${name}: ${why}`);
    ended.reject(error);
    for (const { reject } of waiting.values()) reject(error);
  };
  child.once('error', (error) => fail(error.message));
  child.once('exit', (code, signal) => fail(`ended (${signal ?? code})`));
  child.on('message', ({ id, value, error }: AnswerMessage) => {
    if (error === undefined) waiting.get(id)?.resolve(value as never);
    else waiting.get(id)?.reject(new Error(`${name}: ${error}`));
  });
  if (child.stdout) createInterface({ input: child.stdout }).on('line', (line) => onLine?.(line));
  let count = 0;
  return {
    ended: ended.promise,
    call(what, ...[input]) {
      if (!isRunning) return ended.promise;
      const id = ++count;
      const { promise, resolve, reject } = Promise.withResolvers<never>();
      waiting.set(id, { resolve, reject });
      child.send({ id, name: what, input } satisfies CallMessage);
      const late = setTimeout(() => reject(new Error(`${name}: ${what} takes too long`)), CALL_LIMIT_MS);
      return promise.finally(() => {
        clearTimeout(late);
        waiting.delete(id);
      });
    },
    stop: () => stop(child),
  };
}
