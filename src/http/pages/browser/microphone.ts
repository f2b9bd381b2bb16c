export interface Recording {
  /** In a format that this browser can decode. */
  readonly audio: Blob;
  readonly seconds: number;
}

interface RecordingListener {
  /**
   * Called ten times a second with the level, a root mean square from 0 to 1, and the length of the recording so far.
   */
  onAudio(level: number, seconds: number): void;
  /** Called once: after `stop`, or when the system ends the recording. */
  onEnd(recording: Recording): void;
}

const LEVEL_INTERVAL_MS = 100;
/** Speech loses nothing audible at this rate. */
const BITS_PER_SECOND = 128_000;

/**
 * Starts to record; returns the function that ends the recording, which is safe to call twice. Call it in the handler
 * of a click. Rejects with a DOMException as `getUserMedia` does.
 */
export async function startRecording(listener: RecordingListener): Promise<() => void> {
  // Create the context in the handler itself: some browsers suspend any other one.
  const context = new AudioContext();
  let stream: MediaStream | undefined;
  try {
    stream = await navigator.mediaDevices.getUserMedia({ audio: { channelCount: 1 } });
    await context.resume();
    return record(context, stream, listener);
  } catch (error) {
    release(context, stream);
    throw error;
  }
}

function record(context: AudioContext, stream: MediaStream, listener: RecordingListener): () => void {
  const recorder = new MediaRecorder(stream, { audioBitsPerSecond: BITS_PER_SECOND });
  const analyser = context.createAnalyser();
  context.createMediaStreamSource(stream).connect(analyser);
  const samples = new Float32Array(analyser.fftSize);
  const startedAtMs = performance.now();
  const seconds = () => (performance.now() - startedAtMs) / 1000;
  const timer = setInterval(() => {
    analyser.getFloatTimeDomainData(samples);
    const power = samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length;
    listener.onAudio(Math.sqrt(power), seconds());
  }, LEVEL_INTERVAL_MS);
  // Without an interval for `start`, the data come once, at the end.
  recorder.ondataavailable = ({ data: audio }) => {
    clearInterval(timer);
    release(context, stream);
    listener.onEnd({ audio, seconds: seconds() });
  };
  recorder.start();
  return () => {
    if (recorder.state !== 'inactive') recorder.stop();
  };
}

function release(context: AudioContext, stream: MediaStream | undefined): void {
  for (const track of stream?.getTracks() ?? []) track.stop();
  void context.close();
}
