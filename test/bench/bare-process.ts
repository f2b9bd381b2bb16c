import { once } from 'node:events';
import net from 'node:net';
import { OpenAI } from 'openai';
import { OpenAIRealtimeWS } from 'openai/realtime/ws';
import { cpuMs, epochMs, usage } from './measure.ts';
import { serve } from './serve.ts';

/** Parallel turns, each in its own conversation. */
export interface BareBatch {
  readonly url: string;
  /** The message in each conversation. */
  readonly texts: readonly string[];
  /** Whether each turn opens its own socket, or uses that of its conversation. */
  readonly isCold: boolean;
}

export interface BareTurn {
  readonly startedAtMs: number;
  readonly endedAtMs: number;
  readonly text: string;
  readonly audioBytes: number;
}

const NORMAL_CLOSURE = 1000;

const warm: OpenAIRealtimeWS[] = [];

/** As in the quickstart: connect and configure. */
async function connect(url: string): Promise<OpenAIRealtimeWS> {
  const client = new OpenAI({ baseURL: `${url}/openai/v1`, apiKey: 'bench' });
  const createConnection = () => net.connect(Number(new URL(url).port), '127.0.0.1');
  const realtime = await OpenAIRealtimeWS.create(client, { model: 'bench', options: { createConnection } });
  // An exception here ends the process, and with it the bench.
  realtime.on('error', (error) => {
    throw error;
  });
  realtime.socket.on('close', (code) => {
    if (code !== NORMAL_CLOSURE) throw new Error(`the socket closed (${code})`);
  });
  await once(realtime.socket, 'open');
  const format = { type: 'audio/pcm', rate: 24_000 } as const;
  realtime.send({
    type: 'session.update',
    session: {
      type: 'realtime',
      instructions: 'You are a helpful assistant. You respond by voice and text.',
      output_modalities: ['audio'],
      audio: { input: { format, turn_detection: null }, output: { format, voice: 'alloy' } },
    },
  });
  return realtime;
}

/** One turn: collects the transcript and the audio until the last response is done. A call is answered at once. */
async function turn(realtime: OpenAIRealtimeWS, text: string): Promise<{ text: string; audio: Buffer }> {
  let transcript = '';
  const audio: Buffer[] = [];
  const onText = ({ delta }: { delta: string }) => {
    transcript += delta;
  };
  const onAudio = ({ delta }: { delta: string }) => void audio.push(Buffer.from(delta, 'base64'));
  realtime.on('response.output_audio_transcript.delta', onText);
  realtime.on('response.output_audio.delta', onAudio);
  realtime.send({
    type: 'conversation.item.create',
    item: { type: 'message', role: 'user', content: [{ type: 'input_text', text }] },
  });
  for (let callId = await respond(realtime); callId !== undefined; callId = await respond(realtime)) {
    realtime.send({
      type: 'conversation.item.create',
      item: { type: 'function_call_output', call_id: callId, output: '{"status":"shipped"}' },
    });
  }
  realtime.off('response.output_audio_transcript.delta', onText);
  realtime.off('response.output_audio.delta', onAudio);
  return { text: transcript, audio: Buffer.concat(audio) };
}

/** Returns the id of the call that the response makes, if it makes one. */
async function respond(realtime: OpenAIRealtimeWS): Promise<string | undefined> {
  const done = new Promise<string | undefined>((resolve) => {
    realtime.once('response.done', ({ response }) => {
      const call = response.output?.find((item) => item.type === 'function_call');
      resolve(call?.call_id);
    });
  });
  realtime.send({ type: 'response.create' });
  return await done;
}

async function measuredTurn({ url, isCold }: BareBatch, message: string, index: number): Promise<BareTurn> {
  const startedAtMs = epochMs();
  const known = isCold ? undefined : warm[index];
  const realtime = known ?? (await connect(url));
  if (!isCold) warm[index] = realtime;
  const { text, audio } = await turn(realtime, message);
  const endedAtMs = epochMs();
  if (isCold) realtime.close();
  return { startedAtMs, endedAtMs, text, audioBytes: audio.byteLength };
}

const calls = {
  batch: (batch: BareBatch): Promise<BareTurn[]> =>
    Promise.all(batch.texts.map((text, index) => measuredTurn(batch, text, index))),
  cpuMs,
  usage,
};

export type BareCalls = typeof calls;

serve(calls);
