// This is an audio worklet. TypeScript has no types for the globals of its thread.
// https://webaudio.github.io/web-audio-api/#AudioWorkletGlobalScope

declare class AudioWorkletProcessor {
  readonly port: MessagePort;
}
declare function registerProcessor(name: string, processor: new () => AudioWorkletProcessor): void;

/** A piece has about 20 ms. The end of a recording may lose one piece. */
const PIECE_SAMPLES = 1024;

/** Posts the microphone's audio to the page in pieces, its channels mixed into one. */
class Recorder extends AudioWorkletProcessor {
  #piece = new Float32Array(PIECE_SAMPLES);
  #sampleCount = 0;

  process([channels = []]: readonly (readonly Float32Array[])[]): boolean {
    const length = channels[0]?.length ?? 0;
    for (let index = 0; index < length; index++) {
      const sum = channels.reduce((total, channel) => total + (channel[index] ?? 0), 0);
      this.#piece[this.#sampleCount++] = sum / channels.length;
      if (this.#sampleCount < PIECE_SAMPLES) continue;
      this.port.postMessage(this.#piece, [this.#piece.buffer]);
      this.#piece = new Float32Array(PIECE_SAMPLES);
      this.#sampleCount = 0;
    }
    return true;
  }
}

registerProcessor('recorder', Recorder);
