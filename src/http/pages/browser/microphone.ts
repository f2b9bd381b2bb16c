/** A finished recording. */
export interface RecordedAudio {
  readonly pieces: readonly Float32Array<ArrayBuffer>[];
  readonly sampleRateHz: number;
  readonly seconds: number;
  /** The largest amplitude, from 0 to 1. */
  readonly peak: number;
}

export interface MicrophoneListener {
  /** Root mean square of the newest piece, from 0 to 1, and the length of the recording so far. */
  onAudio(level: number, seconds: number): void;
  /** Called once: after `stop`, or when the system ends the recording. */
  onEnd(audio: RecordedAudio): void;
}

/** How long the recorder may take to post the rest. If the system ended the recording, it never does. */
const FLUSH_MS = 1_000;

/** A recording in progress. */
export class Microphone {
  readonly #context: AudioContext;
  readonly #stream: MediaStream;
  readonly #node: AudioWorkletNode;
  readonly #listener: MicrophoneListener;
  readonly #pieces: Float32Array<ArrayBuffer>[] = [];
  #sampleCount = 0;
  #peak = 0;
  #isStopping = false;
  #hasEnded = false;

  private constructor(context: AudioContext, stream: MediaStream, listener: MicrophoneListener) {
    this.#context = context;
    this.#stream = stream;
    this.#listener = listener;
    this.#node = new AudioWorkletNode(context, 'recorder', { numberOfInputs: 1, numberOfOutputs: 1 });
    this.#node.port.onmessage = ({ data }) => (data === null ? this.#end() : this.#add(data));
    context.createMediaStreamSource(stream).connect(this.#node);
    // It plays silence: some browsers run only nodes that lead to the destination.
    this.#node.connect(context.destination);
    for (const track of stream.getTracks()) track.addEventListener('ended', () => this.stop());
  }

  /**
   * Starts to record, with the worklet at `recorderPath`. Call it in the handler of a click. Rejects with a
   * DOMException as `getUserMedia` does, and with a `NetworkError` if the worklet cannot be loaded.
   */
  static async open(recorderPath: string, listener: MicrophoneListener): Promise<Microphone> {
    let context: AudioContext | undefined;
    let stream: MediaStream | undefined;
    try {
      // Made in the handler itself: some browsers suspend any other context.
      context = new AudioContext();
      stream = await navigator.mediaDevices.getUserMedia({ audio: { channelCount: 1 } });
      await context.audioWorklet.addModule(recorderPath).catch(() => {
        throw new DOMException('the recorder', 'NetworkError');
      });
      await context.resume();
      return new Microphone(context, stream, listener);
    } catch (error) {
      release(context, stream);
      throw error;
    }
  }

  /** Length of the recording so far. */
  get seconds(): number {
    return this.#sampleCount / this.#context.sampleRate;
  }

  /** Ends the recording after its rest has arrived. Safe to call twice. */
  stop(): void {
    if (this.#isStopping || this.#hasEnded) return;
    this.#isStopping = true;
    this.#node.port.postMessage('end');
    setTimeout(() => this.#end(), FLUSH_MS);
  }

  #add(piece: Float32Array<ArrayBuffer>): void {
    if (this.#hasEnded) return;
    let sum = 0;
    for (const sample of piece) {
      sum += sample * sample;
      this.#peak = Math.max(this.#peak, Math.abs(sample));
    }
    this.#pieces.push(piece);
    this.#sampleCount += piece.length;
    this.#listener.onAudio(Math.sqrt(sum / Math.max(1, piece.length)), this.seconds);
  }

  #end(): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    release(this.#context, this.#stream);
    const { sampleRate: sampleRateHz } = this.#context;
    this.#listener.onEnd({ pieces: this.#pieces, sampleRateHz, seconds: this.seconds, peak: this.#peak });
  }
}

function release(context: AudioContext | undefined, stream: MediaStream | undefined): void {
  for (const track of stream?.getTracks() ?? []) track.stop();
  void context?.close();
}
