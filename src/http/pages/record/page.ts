import { MAX_CLIP_SECONDS } from '../../../audio/clip/clip.ts';
import { SAMPLE_RATE_HZ } from '../../../audio/pcm.ts';
import { clockTime, type Wording } from '../../../messages/messages.ts';
import { browserScript } from '../browser-script.ts';
import { escaped, htmlPage } from '../page.ts';
import { TEAMS_LIBRARY_PATH } from '../player/teams-library.ts';
import { RECORDER_PATH } from './recorder.ts';
import { TALK_STYLE } from './style.ts';
import type { TalkFacts, TalkWords } from './talk-data.ts';

/** What the page is made from. */
export interface TalkPageParts {
  /** The name of the page: addresses are relative, whatever stands before them. */
  readonly link: string;
  /** For how long a recording is still taken. */
  readonly leftMs: number;
  readonly words: Wording;
  /** Lets this answer's own scripts and style run, and no others. */
  readonly nonce: string;
}

/** So many seconds before the end it is said that it comes. */
const ALMOST_FULL_SECONDS = 30;

/** The page on which a user speaks. Rejects where its scripts cannot be read. */
export async function talkPage({ link, leftMs, words, nonce }: TalkPageParts): Promise<string> {
  const { talk } = words;
  const body = `<h1>${escaped(talk.title)}</h1>
<p id="intro">${escaped(talk.intro(String(MAX_CLIP_SECONDS / 60)))}</p>
<noscript><p class="alarm">${escaped(talk.needsScript)}</p></noscript>
${recorder(words, link, leftMs)}
<p id="status" role="status" tabindex="-1"></p>
<p id="failure" class="alarm" role="alert"></p>
<p id="elsewhere" hidden><a href="${escaped(link)}" target="_blank" rel="noopener noreferrer">\
${escaped(words.card.openInBrowser)}</a></p>
<script nonce="${nonce}">${await browserScript('talk')}</script>
<script nonce="${nonce}" data-library="..${TEAMS_LIBRARY_PATH}">${await browserScript('teams')}</script>`;
  return htmlPage({ title: talk.title, body, words, nonce, style: TALK_STYLE });
}

/** What is said where there is no recording link, or not any more. */
export function endedPage(words: Wording, nonce: string): string {
  const { endedTitle, ended } = words.talk;
  const body = `<h1>${escaped(endedTitle)}</h1>\n<p>${escaped(ended)}</p>`;
  return htmlPage({ title: endedTitle, body, words, nonce, style: TALK_STYLE });
}

/** Shown by the script, without which it could do nothing. */
function recorder(words: Wording, link: string, leftMs: number): string {
  const { talk } = words;
  const facts: TalkFacts = {
    maxSeconds: MAX_CLIP_SECONDS,
    warnAtSeconds: MAX_CLIP_SECONDS - ALMOST_FULL_SECONDS,
    leftMs: Math.max(0, leftMs),
    sampleRateHz: SAMPLE_RATE_HZ,
    uploadPath: link,
    recorderPath: RECORDER_PATH.slice(RECORDER_PATH.lastIndexOf('/') + 1),
  };
  return `<div id="talk" class="talk" hidden data-state="ready" data-facts="${attribute(facts)}" \
data-words="${attribute(saidByScript(words))}">
<div id="meter" class="meter" aria-hidden="true"><div id="level"></div></div>
<p id="clock" class="clock" role="timer"></p>
<button id="toggle" class="round" type="button">
<svg viewBox="0 0 24 24" aria-hidden="true"><path id="icon"/></svg><span id="does"></span>
</button>
<section id="review" aria-label="${escaped(talk.recording)}" hidden>
<audio id="listen" controls aria-label="${escaped(talk.listen)}"></audio>
<div class="choices">
<button id="send" type="button">${escaped(talk.send)}</button>
<button id="anew" class="second" type="button">${escaped(talk.recordAgain)}</button>
</div>
</section>
</div>`;
}

function saidByScript({ talk }: Wording): TalkWords {
  const { record, stop, asking, listening, recorded, tooShort, silent, refused, noMicrophone, microphoneInUse } = talk;
  const { notHere, notLoaded, sending, sent, notSent, ended } = talk;
  return {
    ...{ record, stop, asking, listening, recorded, tooShort, silent, refused, noMicrophone, microphoneInUse },
    ...{ notHere, notLoaded, sending, sent, notSent, ended },
    almostFull: talk.almostFull(String(ALMOST_FULL_SECONDS)),
    full: talk.full(String(MAX_CLIP_SECONDS / 60)),
    of: talk.of('{elapsed}', clockTime(MAX_CLIP_SECONDS * 1000)),
  };
}

function attribute(value: TalkFacts | TalkWords): string {
  return escaped(JSON.stringify(value));
}
