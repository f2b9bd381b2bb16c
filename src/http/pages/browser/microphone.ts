/** What was recorded. */
export interface Sound {
  readonly pieces: readonly Float32Array<ArrayBuffer>[];
  readonly sampleRateHz: number;
  readonly seconds: number;
  /** The largest amplitude, from 0 to 1. */
  readonly peak: number;
}

/** What hears of a recording. */
export interface MicrophoneListener {
  /** Root mean square of the newest piece, from 0 to 1, and the length of the recording so far. */
  onSound(level: number, seconds: number): void;
  /** Called once: after `stop`, or after the system took the microphone away. */
  onEnd(sound: Sound): void;
}

/** How long the recorder may take to hand on the rest. Where the system took the microphone away, it never does. */
const FLUSH_MS = 1_000;

/** A recording that runs. */
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
    this.#node.port.onmessage = ({ data }) => (data === null ? this.#end() : this.#take(data));
    context.createMediaStreamSource(stream).connect(this.#node);
    // Silence; some browsers run only what is on the way to a loudspeaker.
    this.#node.connect(context.destination);
    for (const track of stream.getTracks()) track.addEventListener('ended', () => this.stop());
  }

  /**
   * Starts to record, with the worklet at `recorderPath`. Call it within the press of a button. Rejects with a
   * DOMException as `getUserMedia` does, and with a `NetworkError` where the worklet cannot be loaded.
   */
  static async open(recorderPath: string, listener: MicrophoneListener): Promise<Microphone> {
    let context: AudioContext | undefined;
    let stream: MediaStream | undefined;
    try {
      // Made within the press itself, without which some browsers keep it silent.
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

  /** Ends the recording once its rest is handed on. Safe to call twice. */
  stop(): void {
    if (this.#isStopping || this.#hasEnded) return;
    this.#isStopping = true;
    this.#node.port.postMessage('end');
    setTimeout(() => this.#end(), FLUSH_MS);
  }

  #take(piece: Float32Array<ArrayBuffer>): void {
    if (this.#hasEnded) return;
    let sum = 0;
    for (const sample of piece) {
      sum += sample * sample;
      this.#peak = Math.max(this.#peak, Math.abs(sample));
    }
    this.#pieces.push(piece);
    this.#sampleCount += piece.length;
    this.#listener.onSound(Math.sqrt(sum / Math.max(1, piece.length)), this.seconds);
  }

  #end(): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    release(this.#context, this.#stream);
    const { seconds } = this;
    this.#listener.onEnd({
      pieces: this.#pieces,
      sampleRateHz: this.#context.sampleRate,
      seconds,
      peak: this.#peak,
    });
  }
}

function release(context: AudioContext | undefined, stream: MediaStream | undefined): void {
  for (const track of stream?.getTracks() ?? []) track.stop();
  void context?.close();
}
