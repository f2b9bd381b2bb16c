import type { RecordingPageFacts, RecordingPageTexts } from '../record/page-data.ts';
import { clockTime, element, setAttribute, setText } from './dom.ts';
import { isShownByTeams } from './teams-host.ts';

// What the page on which users speak shows. Everything it knows comes from the page's attributes.

/** What the page shows, as its attribute `data-state`. */
type PageState = 'ready' | 'asking' | 'recording' | 'recorded' | 'sending' | 'sent' | 'ended';

const ICONS = {
  record:
    'M12 15a3.5 3.5 0 0 0 3.5-3.5v-6a3.5 3.5 0 0 0-7 0v6A3.5 3.5 0 0 0 12 15zm6-3.5a6 6 0 0 1-12 0H4a8 8 0 0 0 7 7.94V23h2v-3.56a8 8 0 0 0 7-7.94z',
  stop: 'M6 6h12v12H6z',
};
/** How often the level changes for those who want little motion. */
const CALM_MS = 250;

const recorder = element('recorder', HTMLElement);
const intro = element('intro', HTMLElement);
const review = element('review', HTMLElement);
const meter = element('meter', HTMLElement);
const level = element('level', HTMLElement);
const clock = element('clock', HTMLElement);
const icon = element('icon', SVGPathElement);
const action = element('does', HTMLElement);
const status = element('status', HTMLElement);
const failure = element('failure', HTMLElement);
const elsewhere = element('elsewhere', HTMLElement);
const calm = matchMedia('(prefers-reduced-motion: reduce)');
let shownAtMs = 0;

export const toggle = element('toggle', HTMLButtonElement);
export const send = element('send', HTMLButtonElement);
export const anew = element('anew', HTMLButtonElement);
export const listen = element('listen', HTMLAudioElement);
export const words: RecordingPageTexts = JSON.parse(recorder.dataset['words'] ?? '');
export const facts: RecordingPageFacts = JSON.parse(recorder.dataset['facts'] ?? '');

/** What the page shows now. */
export function stateNow(): string | undefined {
  return recorder.dataset['state'];
}

/** Shows what belongs to a state. */
export function enter(state: PageState): void {
  recorder.dataset['state'] = state;
  const isReviewed = state === 'recorded' || state === 'sending';
  const does = state === 'recording' ? 'stop' : 'record';
  setAttribute(icon, 'd', ICONS[does]);
  setText(action, words[does]);
  toggle.hidden = isReviewed;
  review.hidden = !isReviewed;
  meter.hidden = clock.hidden = state !== 'recording';
  recorder.hidden = intro.hidden = state === 'sent' || state === 'ended';
  // Not by `disabled`, which would take the focus away.
  setAttribute(toggle, 'aria-disabled', String(state === 'asking'));
  for (const button of [send, anew]) setAttribute(button, 'aria-disabled', String(state === 'sending'));
}

/** Says how it goes. */
export function tell(text: string): void {
  say(text, '');
}

/** Says what went wrong. */
export function warn(text: string): void {
  say('', text);
}

function say(statusText: string, failureText: string): void {
  setText(status, statusText);
  setText(failure, failureText);
  elsewhere.hidden = true;
}

/** Says what kept it from recording; inside Teams, also where it may work. */
export function warnNotRecorded(text: string): void {
  enter('ready');
  warn(text);
  elsewhere.hidden = !isShownByTeams();
  toggle.focus();
}

/** The last that the page shows. */
export function finish(state: 'sent' | 'ended'): void {
  enter(state);
  tell(words[state]);
  status.focus();
}

/** Shows the root mean square of what is heard, from 0 to 1. */
export function showLevel(rms: number): void {
  const nowMs = performance.now();
  if (calm.matches && nowMs - shownAtMs < CALM_MS) return;
  shownAtMs = nowMs;
  // From -60 dB, which is as good as silence.
  const height = Math.max(0, 1 + Math.log10(Math.max(rms, 1e-6)) / 3);
  level.style.transform = `scaleX(${Math.min(1, height).toFixed(3)})`;
}

/** Shows how long it records. */
export function showTime(seconds: number): void {
  setText(clock, words.of.replace('{elapsed}', clockTime(Math.floor(seconds))));
}
