import type { ConnectorCall, ConnectorRule } from './fake-connector.ts';

type Info = Readonly<Record<string, unknown>>;

interface Stream {
  readonly id: string;
  sequence: number;
  text: string;
  isOver: boolean;
  readonly begunAtMs: number;
}

/** The stream fields of an activity. */
export function streamInfo({ body }: ConnectorCall): Info | undefined {
  const entities = (body.entities ?? []) as Info[];
  return entities.find(({ type }) => type === 'streaminfo');
}

/**
 * Teams' documented rules for streamed messages. Records each violation. Answers as Teams does: 201 with an id for the
 * first chunk, 202 without an id for the others.
 */
export class TeamsRules {
  readonly violations: string[] = [];
  readonly #now: () => number;
  readonly #streams = new Map<string, Stream>();
  #lastAtMs = Number.NEGATIVE_INFINITY;
  #count = 0;

  constructor(now: () => number) {
    this.#now = now;
  }

  readonly rule: ConnectorRule = (call) => {
    if (call.method !== 'POST' || call.body?.type === undefined) return undefined;
    const info = streamInfo(call);
    const isMessage = call.body.type === 'message';
    if (info === undefined) {
      if (!isMessage && this.#open() !== undefined) this.#report('a typing sign while a stream is open');
      if (isMessage && this.#open() !== undefined) this.#report('a message while a stream is open');
      return undefined;
    }
    this.#checkPace();
    return isMessage ? this.#end(call, info) : this.#chunk(call, info);
  };

  /** The text of a stream that the user sees. */
  textOf(id: string): string | undefined {
    return this.#streams.get(id)?.text;
  }

  #open(): Stream | undefined {
    return [...this.#streams.values()].find(({ isOver }) => !isOver);
  }

  #checkPace(): void {
    const nowMs = this.#now();
    if (nowMs - this.#lastAtMs < 1_000) this.#report(`a chunk after ${nowMs - this.#lastAtMs} ms`);
    this.#lastAtMs = nowMs;
  }

  /** Two minutes in all. */
  #checkDuration(stream: Stream | undefined): void {
    const ms = this.#now() - (stream?.begunAtMs ?? this.#now());
    if (ms > 120_000) this.#report(`a chunk after ${ms} ms of the stream`);
  }

  #chunk({ body }: ConnectorCall, info: Info) {
    if (body.type !== 'typing') this.#report(`a chunk of type ${body.type}`);
    if (!body.text) this.#report('a chunk without text');
    if (body.attachments !== undefined) this.#report('an attachment before the end');
    const { streamId: id, streamSequence: sequence, streamType } = info;
    if (streamType === 'informative' && String(body.text).length > 1_000) this.#report('a long announcement');
    if (id === undefined) return this.#begin(body.text, sequence, streamType);
    const stream = this.#streams.get(String(id));
    this.#checkDuration(stream);
    if (stream === undefined || stream.isOver) this.#report('a chunk of no open stream');
    if (stream === undefined) return undefined;
    if (sequence !== stream.sequence + 1) this.#report(`chunk ${sequence} after ${stream.sequence}`);
    if (!String(body.text).startsWith(stream.text)) this.#report('a chunk that removes text');
    stream.sequence = Number(sequence);
    stream.text = String(body.text);
    return { status: 202, body: {} };
  }

  #begin(text: unknown, sequence: unknown, type: unknown) {
    if (sequence !== 1) this.#report(`a first chunk with number ${sequence}`);
    if (this.#open() !== undefined) this.#report('two streams in one chat');
    const id = `stream-${++this.#count}`;
    this.#streams.set(id, {
      id,
      sequence: 1,
      text: type === 'informative' ? '' : String(text),
      isOver: false,
      begunAtMs: this.#now(),
    });
    return { status: 201, body: { id } };
  }

  #end({ body }: ConnectorCall, info: Info) {
    const stream = this.#streams.get(String(info['streamId']));
    this.#checkDuration(stream);
    if (info['streamType'] !== 'final') this.#report('a message that does not end the stream');
    if (info['streamSequence'] !== undefined) this.#report('an end with a number');
    if (stream === undefined || stream.isOver) this.#report('an end of no open stream');
    if (!body.text) this.#report('an end without text');
    if (stream !== undefined) {
      if (!String(body.text).startsWith(stream.text)) this.#report('an end that removes text');
      stream.text = String(body.text);
      stream.isOver = true;
    }
    return { status: 202, body: {} };
  }

  #report(rule: string): void {
    this.violations.push(rule);
  }
}
