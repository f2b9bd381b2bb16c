import type { StoredAudio } from '../../../audio/audio-store.ts';
import { clockTime, type Messages } from '../../../messages/messages.ts';
import { browserScript } from '../browser-script.ts';
import { escaped, htmlPage } from '../page.ts';
import { PLAYER_STYLE } from './style.ts';
import { TEAMS_LIBRARY_PATH } from './teams-library.ts';

/** What a player page is made from. */
export interface PlayerPageParts {
  readonly audio: StoredAudio;
  /** The name of the page and, with `.wav`, of the sound: addresses are relative, whatever stands before them. */
  readonly link: string;
  readonly messages: Messages;
  /** Lets this answer's own scripts and style run, and no others. */
  readonly nonce: string;
}

/** The page that plays a reply. Rejects where its scripts cannot be read. */
export async function playerPage({ audio, link, messages, nonce }: PlayerPageParts): Promise<string> {
  const source = escaped(`${link}.wav`);
  const body = `<h1>${escaped(messages.audioTitle)}</h1>
<audio id="audio" preload="auto" src="${source}"></audio>
<noscript><audio controls src="${source}"></audio></noscript>
${controls(audio.durationMs, messages)}
${extras(source, messages)}
<p id="failure" role="alert" data-text="${escaped(messages.player.notPlayable)}"></p>
${transcript(audio.text, messages)}
<script nonce="${nonce}">${await browserScript('player')}</script>
<script nonce="${nonce}" data-library="..${TEAMS_LIBRARY_PATH}">${await browserScript('teams')}</script>`;
  return htmlPage({ title: messages.audioTitle, body, messages, nonce, style: PLAYER_STYLE });
}

/** What is said where there is no sound, or not any more. */
export function notFoundPage(messages: Messages, nonce: string): string {
  const title = messages.player.notFoundTitle;
  const body = `<h1>${escaped(title)}</h1>\n<p>${escaped(messages.audio.gone)}</p>`;
  return htmlPage({ title, body, messages, nonce, style: PLAYER_STYLE });
}

/** Shown by the script, without which they could do nothing. Times are read aloud by the slider alone. */
function controls(durationMs: number, { player }: Messages): string {
  const total = clockTime(durationMs);
  return `<div id="player" class="player" hidden>
<button id="toggle" type="button" data-play="${escaped(player.play)}" data-pause="${escaped(player.pause)}" \
data-again="${escaped(player.playAgain)}">
<svg viewBox="0 0 24 24" aria-hidden="true"><path id="icon"/></svg>
</button>
<div class="track">
<input id="position" type="range" min="0" max="${durationMs / 1000}" step="any" value="0" autocomplete="off" \
aria-label="${escaped(player.position)}" data-of="${escaped(player.of('{position}', total))}">
<p class="times" aria-hidden="true"><span id="elapsed"></span><span id="total">${total}</span></p>
</div>
</div>`;
}

const SPEEDS = [0.75, 1, 1.25, 1.5, 2];

/** Shown by the script. The link is not: it works without one. */
function extras(source: string, { player, language }: Messages): string {
  const options = SPEEDS.map((speed) => {
    const selected = speed === 1 ? ' selected' : '';
    return `<option value="${speed}"${selected}>${speed.toLocaleString(language)}×</option>`;
  });
  return `<div class="extras">
<label id="speed-choice" hidden>${escaped(player.speed)} <select id="speed" autocomplete="off">${options.join('')}</select></label>
<a id="download" href="${source}" download>${escaped(player.download)}</a>
</div>`;
}

/**
 * Nothing where there is sound alone. An empty `lang` says that the language is not known: the model speaks the one it is
 * spoken to in.
 */
function transcript(text: string, { player }: Messages): string {
  if (text === '') return '';
  return `<section aria-labelledby="transcript">
<h2 id="transcript">${escaped(player.transcript)}</h2>
<p class="transcript" dir="auto" lang="">${escaped(text)}</p>
</section>`;
}
