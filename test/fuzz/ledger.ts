import assert from 'node:assert/strict';
import { TurnError } from '../../src/errors.ts';
import type { ResponseOutcome } from '../../src/realtime/outcome.ts';
import type { ResponseCollector } from '../../src/realtime/response-collector.ts';
import { type PartAddress, readServerEvent, type ServerEvent } from '../../src/realtime/server-event.ts';
import { CREATE_EVENT, newCollector, SETTINGS_EVENT } from '../realtime/collecting.ts';
import { TURN_ID, type WireEvent } from '../realtime/server-events.ts';
import { type Frame, type Names, payloadOf } from './frames.ts';
import { assertOutcome, wordsOf } from './outcomes.ts';

const NAMES: Names = { turn: TURN_ID, settings: SETTINGS_EVENT, item: 'evt_item', create: CREATE_EVENT };

interface Part {
  readonly at: PartAddress;
  words: string[];
  bytes: number;
}

/** Everything that was received, stored in the simplest way: each chunk that the collector counts for its response. */
class Ledger {
  readonly parts = new Map<string, Part>();
  areSettingsRefused = false;
  readonly #finals: PartAddress[] = [];
  #responseId: string | undefined;

  /** Records an accepted event. Chunks of another response before it are dropped. */
  note(event: ServerEvent, responseId: string | undefined): void {
    if (responseId !== this.#responseId) this.parts.clear();
    this.#responseId = responseId;
    if (event.kind === 'error') this.areSettingsRefused = event.eventId === SETTINGS_EVENT;
    if (event.kind === 'textDelta') this.#partAt(event.at).words.push(event.text);
    if (event.kind === 'audioDelta') this.#partAt(event.at).bytes += event.audio.byteLength;
    if (event.kind === 'textDone' && event.text !== '') this.#finals.push(event.at);
    if (event.kind === 'responseDone') this.#finals.push(...event.response.texts.map(({ at }) => at));
  }

  /** All chunks of text, except for parts whose whole text the service has sent at the end. */
  get words(): string[] {
    const isFinal = ({ at }: Part) => this.#finals.some((final) => isSamePart(final, at));
    const open = [...this.parts.values()].filter((part) => !isFinal(part));
    return open.flatMap(({ words }) => words.map((word) => word.trim()));
  }

  get bytes(): number {
    return [...this.parts.values()].reduce((sum, { bytes }) => sum + bytes - (bytes % 2), 0);
  }

  #partAt(at: PartAddress): Part {
    const key = JSON.stringify([at.itemId, at.contentIndex]);
    const part = this.parts.get(key) ?? { at, words: [], bytes: 0 };
    this.parts.set(key, part);
    return part;
  }
}

function isSamePart(final: PartAddress, at: PartAddress): boolean {
  if (final.contentIndex !== at.contentIndex) return false;
  return final.itemId === at.itemId || (final.itemId === '' && final.outputIndex === at.outputIndex);
}

/** The outcome of these frames in the collector alone; throws if there is none, or if it has lost any text. */
export function collectFrames(frames: readonly Frame[]): ResponseOutcome {
  const collector = newCollector();
  const ledger = new Ledger();
  const outcome = feed(collector, ledger, frames);
  assertOutcome(outcome);
  assertNothingLost(outcome, ledger);
  return outcome;
}

function feed(collector: ResponseCollector, ledger: Ledger, frames: readonly Frame[]): ResponseOutcome {
  for (const frame of frames) {
    const event = eventOf(frame);
    if (event === undefined) return collector.endedBy(new TurnError('frame_malformed', 'no event'));
    const step = collector.accept(event);
    if (step !== 'ignored') ledger.note(event, collector.responseId);
    if (typeof step !== 'string') return step;
  }
  return collector.endedBy(new TurnError('silence_timeout', 'nothing came'));
}

/** Whether the client library parses this frame. */
export function isReadable(frame: Frame): boolean {
  return jsonOf(frame) !== undefined;
}

function eventOf(frame: Frame): ServerEvent | undefined {
  const value = jsonOf(frame);
  return value === undefined ? undefined : readServerEvent(value);
}

/** What the client library accepts: an object that has a type. */
function jsonOf(frame: Frame): WireEvent | undefined {
  try {
    const value = JSON.parse(Buffer.from(payloadOf(frame, NAMES)).toString());
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    return isObject && Object.hasOwn(value, 'type') && typeof value.type === 'string' ? value : undefined;
  } catch {
    return undefined;
  }
}

function assertNothingLost(outcome: ResponseOutcome, ledger: Ledger): void {
  // Spoken under settings that the service rejected, so it must not be delivered.
  if (outcome.kind === 'failed' && ledger.areSettingsRefused) return;
  const text = wordsOf(outcome);
  for (const word of ledger.words) assert.ok(text.includes(word), `${JSON.stringify(word)} was said and is lost`);
  const bytes = outcome.kind === 'spoken' || outcome.kind === 'cutShort' ? outcome.pcm.byteLength : 0;
  assert.equal(bytes, ledger.bytes);
}
