export interface Recording {
  readonly pieces: readonly Float32Array<ArrayBuffer>[];
  readonly sampleRateHz: number;
  readonly seconds: number;
}

export interface RecordingListener {
  /** Root mean square of the newest piece, from 0 to 1, and the length of the recording so far. */
  onAudio(level: number, seconds: number): void;
  /** Called once: by `stop`, or when the system ends the recording. */
  onEnd(recording: Recording): void;
}

/**
 * Starts to record, with the worklet at `recorderPath`; returns the function that ends the recording, which is safe to
 * call twice. Call it in the handler of a click. Rejects with a DOMException as `getUserMedia` does, and with a
 * `NetworkError` if the worklet cannot be loaded.
 */
export async function startRecording(recorderPath: string, listener: RecordingListener): Promise<() => void> {
  // Create the context in the handler itself: some browsers suspend any other one.
  const context = new AudioContext();
  let stream: MediaStream | undefined;
  try {
    stream = await navigator.mediaDevices.getUserMedia({ audio: { channelCount: 1 } });
    await context.audioWorklet.addModule(recorderPath).catch(() => {
      throw new DOMException('the recorder', 'NetworkError');
    });
    await context.resume();
    return record(context, stream, listener);
  } catch (error) {
    release(context, stream);
    throw error;
  }
}

function record(context: AudioContext, stream: MediaStream, listener: RecordingListener): () => void {
  const pieces: Float32Array<ArrayBuffer>[] = [];
  const { sampleRate: sampleRateHz } = context;
  let sampleCount = 0;
  let hasEnded = false;
  const node = new AudioWorkletNode(context, 'recorder', { numberOfInputs: 1, numberOfOutputs: 1 });
  node.port.onmessage = ({ data: piece }: MessageEvent<Float32Array<ArrayBuffer>>) => {
    if (hasEnded) return;
    pieces.push(piece);
    sampleCount += piece.length;
    const power = piece.reduce((sum, sample) => sum + sample * sample, 0) / piece.length;
    listener.onAudio(Math.sqrt(power), sampleCount / sampleRateHz);
  };
  const stop = () => {
    if (hasEnded) return;
    hasEnded = true;
    release(context, stream);
    listener.onEnd({ pieces, sampleRateHz, seconds: sampleCount / sampleRateHz });
  };
  context.createMediaStreamSource(stream).connect(node);
  // The node outputs silence. Some browsers run only nodes that are connected to the destination.
  node.connect(context.destination);
  for (const track of stream.getTracks()) track.addEventListener('ended', stop);
  return stop;
}

function release(context: AudioContext, stream: MediaStream | undefined): void {
  for (const track of stream?.getTracks() ?? []) track.stop();
  void context.close();
}
