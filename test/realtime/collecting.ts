import assert from 'node:assert/strict';
import type { Pcm } from '../../src/audio/pcm.ts';
import { TurnError } from '../../src/errors.ts';
import type { Outcome, ResponseOutcome } from '../../src/realtime/outcome.ts';
import { ResponseCollector } from '../../src/realtime/response-collector.ts';
import { readServerEvent } from '../../src/realtime/server-event.ts';
import { TURN_ID, type WireEvent } from './server-events.ts';

export const SETTINGS_EVENT = 'evt_settings';
export const CREATE_EVENT = 'evt_create';

/** A collector of turn-1 that has sent its settings, an item and the response.create. */
export function newCollector(): ResponseCollector {
  const ids = [SETTINGS_EVENT, 'evt_item', CREATE_EVENT];
  return new ResponseCollector(TURN_ID, {
    all: ids.map((event_id) => ({ type: 'response.create', event_id })),
    settingsEventId: SETTINGS_EVENT,
  });
}

/** Whether the model has begun to answer: a failure is then not retried. */
export function hasDelta(collector: ResponseCollector): boolean {
  return !collector.result({ kind: 'failed', error: LOST }, true).isRetryable;
}

export interface Collected {
  readonly collector: ResponseCollector;
  /** The step of each event, up to the end of the turn. */
  readonly steps: readonly ('ignored' | 'alive' | 'ended')[];
  readonly outcome: ResponseOutcome | undefined;
}

/** Feeds events as they stand on the wire, until the turn ends. */
export function collect(...events: readonly WireEvent[]): Collected {
  const collector = newCollector();
  const steps: ('ignored' | 'alive' | 'ended')[] = [];
  for (const event of events) {
    const step = collector.accept(readServerEvent(event));
    steps.push(typeof step === 'string' ? step : 'ended');
    if (typeof step !== 'string') return { collector, steps, outcome: step };
  }
  return { collector, steps, outcome: undefined };
}

/** The outcome in plain values: bytes as numbers, an error as its code. */
export function plain(outcome: Outcome | ResponseOutcome | undefined) {
  if (outcome === undefined) return undefined;
  switch (outcome.kind) {
    case 'spoken':
      return { kind: outcome.kind, text: outcome.text, bytes: bytesOf(outcome.pcm) };
    case 'calledTools':
    case 'needsApproval':
      return { kind: outcome.kind, text: outcome.text, bytes: bytesOf(outcome.pcm) };
    case 'textOnly':
      return outcome;
    case 'cutShort':
      return { kind: outcome.kind, why: outcome.why, text: outcome.text, bytes: bytesOf(outcome.pcm) };
    case 'failed':
      return { kind: outcome.kind, code: outcome.error.code };
  }
}

export function bytesOf(pcm: Pcm): number[] {
  const bytes = [...Buffer.concat(pcm.chunks)];
  assert.equal(bytes.length, pcm.byteLength);
  return bytes;
}

export const LOST = new TurnError('connection_lost', 'the socket closed');
