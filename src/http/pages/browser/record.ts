import { Microphone, type Sound } from './microphone.ts';
import {
  anew,
  enter,
  facts,
  finish,
  listen,
  send,
  showLevel,
  showTime,
  stateNow,
  tell,
  toggle,
  warn,
  warnNotRecorded,
  words,
} from './record-view.ts';
import { encodeWav, resample } from './wav.ts';

// The page on which users speak.

const MIN_SECONDS = 0.5;
/** Below this amplitude there is nothing to hear. */
const QUIET = 0.01;
const SEND_MS = 120_000;
const CLOSE_MS = 1_500;

const endsAtMs = performance.now() + facts.leftMs;
let microphone: Microphone | undefined;
let wav: Blob | undefined;

async function record(): Promise<void> {
  if (performance.now() >= endsAtMs) return finish('ended');
  forgetRecording();
  enter('asking');
  toggle.focus();
  tell(words.asking);
  try {
    microphone = await Microphone.open(facts.recorderPath, { onSound: follow(), onEnd: (sound) => void take(sound) });
  } catch (error) {
    return warnNotRecorded(reasonOf(error));
  }
  enter('recording');
  showTime(microphone.seconds);
  tell(words.listening);
}

/** Shows a recording while it grows, says when its end is near, and ends it there. */
function follow(): (level: number, seconds: number) => void {
  let isWarned = false;
  return (level, seconds) => {
    showLevel(level);
    showTime(seconds);
    if (seconds >= facts.warnAtSeconds && !isWarned) {
      isWarned = true;
      tell(words.almostFull);
    }
    if (seconds >= facts.maxSeconds) microphone?.stop();
  };
}

function reasonOf(error: unknown): string {
  switch (error instanceof DOMException ? error.name : '') {
    case 'NotAllowedError':
    case 'SecurityError':
      return words.refused;
    case 'NotFoundError':
    case 'OverconstrainedError':
      return words.noMicrophone;
    case 'NotReadableError':
    case 'AbortError':
      return words.microphoneInUse;
    case 'NetworkError':
      return words.notLoaded;
    default:
      return words.notHere;
  }
}

async function take({ pieces, sampleRateHz, seconds, peak }: Sound): Promise<void> {
  microphone = undefined;
  if (seconds < MIN_SECONDS) return warnNotRecorded(words.tooShort);
  try {
    const samples = await resample(pieces, sampleRateHz, facts.sampleRateHz);
    wav = encodeWav(samples.subarray(0, facts.maxSeconds * facts.sampleRateHz), facts.sampleRateHz);
  } catch (error) {
    return warnNotRecorded(reasonOf(error));
  }
  listen.src = URL.createObjectURL(wav);
  enter('recorded');
  tell(peak < QUIET ? words.silent : seconds >= facts.maxSeconds ? words.full : words.recorded);
  send.focus();
}

function forgetRecording(): void {
  if (wav === undefined) return;
  listen.pause();
  URL.revokeObjectURL(listen.src);
  listen.removeAttribute('src');
  wav = undefined;
}

async function upload(body: Blob): Promise<void> {
  listen.pause();
  enter('sending');
  tell(words.sending);
  let reason = words.notSent;
  try {
    const response = await fetch(facts.uploadPath, {
      method: 'POST',
      body,
      headers: { 'Content-Type': 'audio/wav' },
      credentials: 'omit',
      signal: AbortSignal.timeout(SEND_MS),
    });
    if (response.ok) return closeSoon();
    if (response.status === 404) return finish('ended');
    reason = (await response.json()).message;
  } catch {
    // What keeps it from being sent, or its refusal from being read, is the same for the user.
  }
  enter('recorded');
  warn(reason);
  send.focus();
}

function closeSoon(): void {
  forgetRecording();
  finish('sent');
  // In Teams the dialog closes itself, once that was read.
  setTimeout(() => {
    try {
      window.microsoftTeams?.dialog.url.submit();
    } catch {
      // It says that it can be closed.
    }
  }, CLOSE_MS);
}

toggle.addEventListener('click', () => {
  if (stateNow() === 'recording') microphone?.stop();
  else if (stateNow() === 'ready') void record();
});
send.addEventListener('click', () => {
  if (stateNow() === 'recorded' && wav !== undefined) void upload(wav);
});
anew.addEventListener('click', () => {
  if (stateNow() === 'recorded') void record();
});

enter('ready');
