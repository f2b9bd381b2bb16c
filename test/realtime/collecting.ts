import assert from 'node:assert/strict';
import type { Pcm } from '../../src/audio/pcm.ts';
import { TurnError } from '../../src/errors.ts';
import type { Outcome } from '../../src/realtime/outcome.ts';
import { ResponseCollector, type Step } from '../../src/realtime/response-collector.ts';
import { readServerEvent } from '../../src/realtime/server-event.ts';
import { TURN_ID, type WireEvent } from './server-events.ts';

export const SETTINGS_EVENT = 'evt_settings';
export const CREATE_EVENT = 'evt_create';

/** A collector of turn-1 that has sent its settings, an item and the response.create. */
export function newCollector(): ResponseCollector {
  return new ResponseCollector({
    turnId: TURN_ID,
    sentEventIds: new Set([SETTINGS_EVENT, 'evt_item', CREATE_EVENT]),
    settingsEventId: SETTINGS_EVENT,
  });
}

export interface Collected {
  readonly collector: ResponseCollector;
  /** What each event meant, up to the end of the turn. */
  readonly steps: readonly Step['kind'][];
  readonly outcome: Outcome | undefined;
}

/** Feeds events as they stand on the wire, until the turn ends. */
export function collect(...events: readonly WireEvent[]): Collected {
  const collector = newCollector();
  const steps: Step['kind'][] = [];
  for (const event of events) {
    const step = collector.accept(readServerEvent(event));
    steps.push(step.kind);
    if (step.kind === 'ended') return { collector, steps, outcome: step.outcome };
  }
  return { collector, steps, outcome: undefined };
}

/** The outcome in plain values: bytes as numbers, an error as its code. */
export function plain(outcome: Outcome | undefined) {
  if (outcome === undefined) return undefined;
  switch (outcome.kind) {
    case 'spoken':
      return { kind: outcome.kind, text: outcome.text, bytes: bytesOf(outcome.pcm) };
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
