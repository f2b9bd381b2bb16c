import { fieldsOf } from '../fields.ts';

/** A conversation that was stopped, to the instances that run its turns. */
export interface Stop {
  /** As it is stored; see `storedKey`. */
  readonly key: string;
  /** The jobs that ran when it was stopped. */
  readonly jobs: readonly string[];
  /** The instance that stopped it, which hears its own notification, too. */
  readonly by: string;
}

/** The payload of its notification. */
export function writeStop({ key, jobs, by }: Stop): string {
  return JSON.stringify({ stop: { key, jobs, by } });
}

/** `undefined` for a payload that is something else, such as the name of a queue. */
export function readStop(payload: string): Stop | undefined {
  if (!payload.startsWith('{')) return undefined;
  const { key, jobs, by } = fieldsOf(fieldsOf(JSON.parse(payload))['stop']);
  const isStop = typeof key === 'string' && typeof by === 'string' && Array.isArray(jobs);
  return isStop ? { key, jobs: jobs.filter((each) => typeof each === 'string'), by } : undefined;
}
