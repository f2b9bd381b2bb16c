import { clockTimeOfSeconds, element, setAttribute } from './dom.ts';

// The player reads its texts and limits from the page's attributes. It never plays by itself: Teams' dialog does not
// allow it, and users do not expect it.

const ICONS = {
  play: 'M8 4.5v15l12-7.5z',
  pause: 'M6 5h4v14H6zM14 5h4v14h-4z',
  again: 'M12 5a7 7 0 1 1-7 7h2a5 5 0 1 0 5-5v3.5L6.5 6 12 1.5z',
};
/** How many seconds each key moves the slider. */
const STEPS: Readonly<Record<string, number>> = {
  ArrowLeft: -2,
  ArrowDown: -2,
  ArrowRight: 2,
  ArrowUp: 2,
  PageDown: -10,
  PageUp: 10,
};

const audio = element('audio', HTMLAudioElement);
const toggle = element('toggle', HTMLButtonElement);
const position = element('position', HTMLInputElement);
const speed = element('speed', HTMLSelectElement);
const failure = element('failure', HTMLElement);
const icon = element('icon', SVGPathElement);
const elapsed = element('elapsed', HTMLElement);
const total = element('total', HTMLElement).textContent ?? '';
// Use the length from the bot: browsers know it late, and some only estimate it.
const seconds = Number(position.max);
const reducedMotion = matchMedia('(prefers-reduced-motion: reduce)');
let frame = 0;
/**
 * Where to seek once the current seek has ended. Chromium stops in the middle of the audio if a seek interrupts another
 * one, as key repeat does.
 */
let nextSeek: number | undefined;

function isAtEnd(): boolean {
  return audio.ended && nextSeek === undefined;
}

function render(): void {
  const action = isAtEnd() ? 'again' : audio.paused ? 'play' : 'pause';
  const label = toggle.dataset[action] ?? '';
  setAttribute(icon, 'd', ICONS[action]);
  setAttribute(toggle, 'aria-label', label);
  setAttribute(toggle, 'title', label);
  const now = isAtEnd() ? seconds : Math.min(nextSeek ?? audio.currentTime, seconds);
  const time = now === seconds ? total : clockTimeOfSeconds(Math.round(now));
  position.value = String(now);
  setAttribute(position, 'aria-valuetext', (position.dataset['of'] ?? '').replace('{position}', time));
  elapsed.textContent = time;
}

function seek(toSeconds: number): void {
  const target = Math.min(Math.max(toSeconds, 0), seconds);
  if (audio.seeking) nextSeek = target;
  else audio.currentTime = target;
  render();
}

function continueSeeking(): void {
  const target = nextSeek;
  nextSeek = undefined;
  if (target !== undefined) audio.currentTime = target;
  render();
}

function animate(): void {
  render();
  cancelAnimationFrame(frame);
  if (!audio.paused && !reducedMotion.matches) frame = requestAnimationFrame(animate);
}

function showFailure(): void {
  failure.textContent = failure.dataset['text'] ?? '';
  render();
}

function playOrPause(): void {
  if (!audio.paused && !audio.ended) {
    audio.pause();
    return;
  }
  failure.textContent = '';
  if (audio.error) audio.load();
  if (isAtEnd()) seek(0);
  // An event reports why it does not play.
  audio.play().catch(render);
}

function step(event: KeyboardEvent): void {
  const bySeconds = STEPS[event.key];
  if (bySeconds === undefined || event.altKey || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  seek((nextSeek ?? audio.currentTime) + bySeconds);
}

toggle.addEventListener('click', playOrPause);
speed.addEventListener('change', () => {
  // The default rate applies to audio that is loaded again.
  audio.defaultPlaybackRate = Number(speed.value);
  audio.playbackRate = Number(speed.value);
});
position.addEventListener('input', () => seek(position.valueAsNumber));
position.addEventListener('keydown', step);
for (const name of ['play', 'pause', 'ended', 'timeupdate']) audio.addEventListener(name, render);
audio.addEventListener('seeked', continueSeeking);
audio.addEventListener('emptied', () => {
  nextSeek = undefined;
});
audio.addEventListener('playing', animate);
audio.addEventListener('error', showFailure);

render();
element('player', HTMLElement).hidden = false;
element('speed-choice', HTMLElement).hidden = false;
// A frame in Teams cannot download; its card has a button for that.
element('download', HTMLElement).hidden = window.parent !== window;
if (audio.error) showFailure();
