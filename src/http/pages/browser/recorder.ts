// An audio worklet. TypeScript has no types for the globals of its thread.
// https://webaudio.github.io/web-audio-api/#AudioWorkletGlobalScope

declare class AudioWorkletProcessor {
  readonly port: MessagePort;
}
declare function registerProcessor(name: string, processor: new () => AudioWorkletProcessor): void;

const PIECE_SAMPLES = 2048;

/**
 * Posts the microphone's audio to the page, its channels mixed into one. Any message from the page ends it: then it posts
 * the rest, and `null`.
 */
class Recorder extends AudioWorkletProcessor {
  #piece = new Float32Array(PIECE_SAMPLES);
  #sampleCount = 0;
  #hasEnded = false;

  constructor() {
    super();
    this.port.onmessage = () => {
      this.port.postMessage(this.#piece.slice(0, this.#sampleCount));
      this.port.postMessage(null);
      this.#hasEnded = true;
    };
  }

  process([channels = []]: readonly (readonly Float32Array[])[]): boolean {
    if (this.#hasEnded) return false;
    const length = channels[0]?.length ?? 0;
    for (let index = 0; index < length; index++) {
      let sum = 0;
      for (const channel of channels) sum += channel[index] ?? 0;
      this.#piece[this.#sampleCount++] = sum / channels.length;
      if (this.#sampleCount === this.#piece.length) this.#post();
    }
    return true;
  }

  #post(): void {
    const piece = this.#piece;
    this.#piece = new Float32Array(PIECE_SAMPLES);
    this.#sampleCount = 0;
    this.port.postMessage(piece, [piece.buffer]);
  }
}

registerProcessor('recorder', Recorder);
