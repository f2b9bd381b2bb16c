import { type Recording, startRecording } from './microphone.ts';
import * as view from './record-view.ts';
import { facts, playback, texts } from './record-view.ts';
import { decode, encodeWav } from './wav.ts';

const MIN_SECONDS = 0.5;
/** A recording whose amplitude never exceeds this is silent. */
const SILENT_PEAK = 0.01;
const UPLOAD_TIMEOUT_MS = 120_000;
const CLOSE_DELAY_MS = 1_500;

const beginUntilMs = performance.now() + facts.leftToBeginMs;
/** The end of the longest recording that begins in time. A recording that ends later may be too late to be sent. */
const endUntilMs = beginUntilMs + 1000 * facts.maxSeconds;
let stop = () => {};
let wav: Blob | undefined;

async function record(): Promise<void> {
  if (performance.now() >= beginUntilMs) return refuseLate();
  discardRecording();
  view.enter('asking');
  view.toggle.focus();
  view.show(texts.asking);
  try {
    stop = await startRecording({ onAudio: showProgress, onEnd: (recording) => void review(recording) });
  } catch (error) {
    return view.showNotRecorded(failureText(error));
  }
  view.enter('recording');
  view.showTime(0);
  view.show(texts.listening);
}

/** Shows the progress of the recording, warns when its end is near, and ends it there. */
function showProgress(level: number, seconds: number): void {
  view.showLevel(level);
  view.showTime(seconds);
  if (seconds >= facts.warnAtSeconds) view.show(texts.almostFull);
  if (seconds >= facts.maxSeconds || performance.now() >= endUntilMs) stop();
}

/** The recording that there is can still be sent. */
function refuseLate(): void {
  if (wav === undefined) view.finish('ended');
  else {
    view.show(texts.tooLate);
    view.send.focus();
  }
}

/** The texts by the name of a DOMException. */
const FAILURE_TEXTS: Readonly<Record<string, string>> = {
  NotAllowedError: texts.refused,
  SecurityError: texts.refused,
  NotFoundError: texts.noMicrophone,
  OverconstrainedError: texts.noMicrophone,
  NotReadableError: texts.microphoneInUse,
  AbortError: texts.microphoneInUse,
  // The microphone delivered no audio.
  EncodingError: texts.microphoneInUse,
};

function failureText(error: unknown): string {
  return FAILURE_TEXTS[error instanceof DOMException ? error.name : ''] ?? texts.notHere;
}

async function review({ audio, seconds }: Recording): Promise<void> {
  let isSilent: boolean;
  if (seconds < MIN_SECONDS) return view.showNotRecorded(texts.tooShort);
  try {
    const samples = await decode(audio, facts.sampleRateHz);
    isSilent = samples.every((sample) => Math.abs(sample) < SILENT_PEAK);
    wav = encodeWav(samples.subarray(0, facts.maxSeconds * facts.sampleRateHz), facts.sampleRateHz);
  } catch (error) {
    return view.showNotRecorded(failureText(error));
  }
  playback.src = URL.createObjectURL(wav);
  view.enter('recorded');
  view.show(isSilent ? texts.silent : seconds >= facts.maxSeconds ? texts.full : texts.recorded);
  view.send.focus();
}

function discardRecording(): void {
  if (wav === undefined) return;
  playback.pause();
  URL.revokeObjectURL(playback.src);
  playback.removeAttribute('src');
  wav = undefined;
}

async function uploadRecording(body: Blob): Promise<void> {
  playback.pause();
  view.enter('sending');
  view.show(texts.sending);
  let reason = texts.notSent;
  try {
    const response = await fetch(location.href, {
      method: 'POST',
      body,
      headers: { 'Content-Type': 'audio/wav' },
      credentials: 'omit',
      signal: AbortSignal.timeout(UPLOAD_TIMEOUT_MS),
    });
    if (response.ok) return closeSoon();
    if (response.status === 404) return view.finish('ended');
    // A gateway in between may answer with JSON of its own.
    reason = (await response.json()).message ?? reason;
  } catch {
    // To the user, a failed upload and an unreadable refusal are the same.
  }
  view.enter('recorded');
  view.show('', reason);
  view.send.focus();
}

function closeSoon(): void {
  discardRecording();
  view.finish('sent');
  // In Teams the dialog closes itself, after the user had time to read.
  setTimeout(() => {
    try {
      window.microsoftTeams?.dialog.url.submit();
    } catch {
      // The text says that the page can be closed.
    }
  }, CLOSE_DELAY_MS);
}

view.toggle.addEventListener('click', () => {
  if (view.currentState() === 'recording') stop();
  else if (view.currentState() === 'ready') void record();
});
view.send.addEventListener('click', () => {
  if (view.currentState() === 'recorded' && wav !== undefined) void uploadRecording(wav);
});
view.again.addEventListener('click', () => {
  if (view.currentState() === 'recorded') void record();
});

view.enter('ready');
