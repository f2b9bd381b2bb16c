import type { Request, Response } from 'restify';
import { clockTime, type Messages, messagesFor } from '../../messages/messages.ts';
import type { AudioReader } from '../audio-reader.ts';
import { escaped, firstLanguage, paragraph, sendPage } from './page.ts';

/** Serves `GET` and `HEAD /audio/<link>`: the page plays a reply and shows its transcript, also in Teams' dialog. */
export function playerRoute(audioReader: AudioReader) {
  return async function servePlayer(request: Request, response: Response): Promise<void> {
    const link = String(request.params.file);
    // The page's addresses are relative. They would be wrong if its own address ended with a slash.
    const audio = request.path().endsWith('/') ? undefined : (await audioReader.find(link))?.audio;
    // Without audio, the user's language is unknown.
    const messages = messagesFor(audio === undefined ? firstLanguage(request) : audio.locale);
    const page = { messages, style: 'player.css', teamsPolicy: TEAMS_POLICY } as const;
    if (audio === undefined) {
      const content = { title: messages.player.notFoundTitle, body: paragraph(messages.audio.gone) };
      return sendPage(request, response, { ...page, ...content, status: 404 });
    }
    const body = `${controls(`${link}.wav`, audio.durationMs, messages)}\n${transcript(audio.text, messages)}`;
    const content = { title: messages.audioTitle, body };
    await sendPage(request, response, { ...page, ...content, scripts: ['player.js', 'teams.js'] });
  };
}

/** Teams' client library fetches the list of its hosts from res.cdn.office.net. */
const TEAMS_POLICY = ["media-src 'self'", 'connect-src https://res.cdn.office.net'];

const SPEEDS = [0.75, 1, 1.25, 1.5, 2];

/** The controls stay hidden until the script runs. Screen readers read times from the slider only. */
function controls(file: string, durationMs: number, { player, language }: Messages): string {
  const source = escaped(file);
  const total = clockTime(durationMs);
  const speeds = SPEEDS.map((speed) => {
    const selected = speed === 1 ? ' selected' : '';
    return `<option value="${speed}"${selected}>${speed.toLocaleString(language)}×</option>`;
  });
  return `<audio id="audio" preload="auto" src="${source}"></audio>
<noscript><audio controls src="${source}"></audio></noscript>
<div id="player" class="player card" hidden>
<button id="toggle" class="round" type="button" data-play="${escaped(player.play)}" data-pause="${escaped(player.pause)}" \
data-again="${escaped(player.playAgain)}">
<svg viewBox="0 0 24 24" aria-hidden="true"><path id="icon"/></svg>
</button>
<div class="track">
<input id="position" type="range" min="0" max="${durationMs / 1000}" step="any" value="0" autocomplete="off" \
aria-label="${escaped(player.position)}" data-of="${escaped(player.of('{position}', total))}">
<p class="times" aria-hidden="true"><span id="elapsed"></span><span id="total">${total}</span></p>
</div>
</div>
<div class="extras">
<label id="speed-choice" hidden>${escaped(player.speed)} \
<select id="speed" autocomplete="off">${speeds.join('')}</select></label>
<a id="download" href="${source}" download>${escaped(player.download)}</a>
</div>
<p id="failure" class="alarm" role="alert" data-text="${escaped(player.notPlayable)}"></p>`;
}

/** Returns '' without a transcript. An empty `lang` states that its language is unknown: users choose it. */
function transcript(text: string, { player }: Messages): string {
  if (text === '') return '';
  return `<section aria-labelledby="transcript">
<h2 id="transcript">${escaped(player.transcript)}</h2>
<p class="transcript" dir="auto" lang="">${escaped(text)}</p>
</section>`;
}
