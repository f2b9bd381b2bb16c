import type { RecordingPageFacts, RecordingPageTexts } from '../record/page-data.ts';
import { clockTimeOfSeconds, element, setAttribute, setText } from './dom.ts';
import { isShownByTeams } from './teams-host.ts';

// The view of the recording page reads its facts and texts from the page's attributes.

/** The values of the page's attribute `data-state`. */
type PageState = 'ready' | 'asking' | 'recording' | 'recorded' | 'sending' | 'sent' | 'ended';

const ICONS = {
  record:
    'M12 15a3.5 3.5 0 0 0 3.5-3.5v-6a3.5 3.5 0 0 0-7 0v6A3.5 3.5 0 0 0 12 15zm6-3.5a6 6 0 0 1-12 0H4a8 8 0 0 0 7 7.94V23h2v-3.56a8 8 0 0 0 7-7.94z',
  stop: 'M6 6h12v12H6z',
};
/** The level changes only this often for users who prefer reduced motion. */
const REDUCED_MOTION_MS = 250;

const recorder = element('recorder', HTMLElement);
const review = element('review', HTMLElement);
const level = element('level', HTMLProgressElement);
const clock = element('clock', HTMLElement);
const status = element('status', HTMLElement);
const elsewhere = element('elsewhere', HTMLElement);
const reducedMotion = matchMedia('(prefers-reduced-motion: reduce)');
let shownAtMs = 0;

export const toggle = element('toggle', HTMLButtonElement);
export const send = element('send', HTMLButtonElement);
export const again = element('again', HTMLButtonElement);
export const playback = element('playback', HTMLAudioElement);
export const texts: RecordingPageTexts = JSON.parse(recorder.dataset['texts'] ?? '');
export const facts: RecordingPageFacts = JSON.parse(recorder.dataset['facts'] ?? '');

export function currentState(): string | undefined {
  return recorder.dataset['state'];
}

export function enter(state: PageState): void {
  recorder.dataset['state'] = state;
  const isReviewed = state === 'recorded' || state === 'sending';
  const action = state === 'recording' ? 'stop' : 'record';
  setAttribute(element('icon', SVGPathElement), 'd', ICONS[action]);
  setText(element('action', HTMLElement), texts[action]);
  toggle.hidden = isReviewed;
  review.hidden = !isReviewed;
  level.hidden = clock.hidden = state !== 'recording';
  recorder.hidden = element('intro', HTMLElement).hidden = state === 'sent' || state === 'ended';
  // `disabled` would take the focus away.
  setAttribute(toggle, 'aria-disabled', String(state === 'asking'));
  for (const button of [send, again]) setAttribute(button, 'aria-disabled', String(state === 'sending'));
}

/** Shows the progress, or what went wrong. */
export function show(statusText: string, failureText = ''): void {
  setText(status, statusText);
  setText(element('failure', HTMLElement), failureText);
  elsewhere.hidden = true;
}

/** Shows why nothing was recorded. Inside Teams, it adds where recording may work. */
export function showNotRecorded(reason: string): void {
  enter('ready');
  show('', reason);
  elsewhere.hidden = !isShownByTeams();
  toggle.focus();
}

export function finish(state: 'sent' | 'ended'): void {
  enter(state);
  show(texts[state]);
  status.focus();
}

/** Shows the level of the microphone: its root mean square, from 0 to 1. */
export function showLevel(rms: number): void {
  const nowMs = performance.now();
  if (reducedMotion.matches && nowMs - shownAtMs < REDUCED_MOTION_MS) return;
  shownAtMs = nowMs;
  // The scale begins at -60 dB, which is practically silence.
  level.value = Math.max(0, 1 + Math.log10(Math.max(rms, 1e-6)) / 3);
}

export function showTime(seconds: number): void {
  setText(clock, texts.of.replace('{elapsed}', clockTimeOfSeconds(Math.floor(seconds))));
}
