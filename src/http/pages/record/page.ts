import { MAX_CLIP_SECONDS } from '../../../audio/clip/clip.ts';
import { SAMPLE_RATE_HZ } from '../../../audio/pcm.ts';
import { clockTime, type Messages } from '../../../messages/messages.ts';
import { browserScript } from '../browser-script.ts';
import { escaped, htmlPage } from '../page.ts';
import { TEAMS_LIBRARY_PATH } from '../player/teams-library.ts';
import type { RecordingPageFacts, RecordingPageTexts } from './page-data.ts';
import { RECORDER_PATH } from './recorder.ts';
import { RECORDING_STYLE } from './style.ts';

/** What the page is made from. */
export interface RecordingPageParts {
  /** The name of the page: addresses are relative, whatever stands before them. */
  readonly link: string;
  /** For how long a recording is still taken. */
  readonly leftMs: number;
  readonly messages: Messages;
  /** Lets this answer's own scripts and style run, and no others. */
  readonly nonce: string;
}

/** So many seconds before the end it is said that it comes. */
const ALMOST_FULL_SECONDS = 30;

/** The page on which a user speaks. Rejects where its scripts cannot be read. */
export async function recordingPage({ link, leftMs, messages, nonce }: RecordingPageParts): Promise<string> {
  const { recording } = messages;
  const body = `<h1>${escaped(recording.title)}</h1>
<p id="intro">${escaped(recording.intro(String(MAX_CLIP_SECONDS / 60)))}</p>
<noscript><p class="alarm">${escaped(recording.needsScript)}</p></noscript>
${recorder(messages, link, leftMs)}
<p id="status" role="status" tabindex="-1"></p>
<p id="failure" class="alarm" role="alert"></p>
<p id="elsewhere" hidden><a href="${escaped(link)}" target="_blank" rel="noopener noreferrer">\
${escaped(messages.card.openInBrowser)}</a></p>
<script nonce="${nonce}">${await browserScript('record')}</script>
<script nonce="${nonce}" data-library="..${TEAMS_LIBRARY_PATH}">${await browserScript('teams')}</script>`;
  return htmlPage({ title: recording.title, body, messages, nonce, style: RECORDING_STYLE });
}

/** What is said where there is no recording link, or not any more. */
export function endedPage(messages: Messages, nonce: string): string {
  const { endedTitle, ended } = messages.recording;
  const body = `<h1>${escaped(endedTitle)}</h1>\n<p>${escaped(ended)}</p>`;
  return htmlPage({ title: endedTitle, body, messages, nonce, style: RECORDING_STYLE });
}

/** Shown by the script, without which it could do nothing. */
function recorder(messages: Messages, link: string, leftMs: number): string {
  const { recording } = messages;
  const facts: RecordingPageFacts = {
    maxSeconds: MAX_CLIP_SECONDS,
    warnAtSeconds: MAX_CLIP_SECONDS - ALMOST_FULL_SECONDS,
    leftMs: Math.max(0, leftMs),
    sampleRateHz: SAMPLE_RATE_HZ,
    uploadPath: link,
    recorderPath: RECORDER_PATH.slice(RECORDER_PATH.lastIndexOf('/') + 1),
  };
  return `<div id="recorder" class="recorder" hidden data-state="ready" data-facts="${attribute(facts)}" \
data-words="${attribute(saidByScript(messages))}">
<div id="meter" class="meter" aria-hidden="true"><div id="level"></div></div>
<p id="clock" class="clock" role="timer"></p>
<button id="toggle" class="round" type="button">
<svg viewBox="0 0 24 24" aria-hidden="true"><path id="icon"/></svg><span id="does"></span>
</button>
<section id="review" aria-label="${escaped(recording.recording)}" hidden>
<audio id="listen" controls aria-label="${escaped(recording.listen)}"></audio>
<div class="choices">
<button id="send" type="button">${escaped(recording.send)}</button>
<button id="anew" class="second" type="button">${escaped(recording.recordAgain)}</button>
</div>
</section>
</div>`;
}

function saidByScript({ recording }: Messages): RecordingPageTexts {
  const { record, stop, asking, listening, recorded, tooShort, silent, refused, noMicrophone, microphoneInUse } =
    recording;
  const { notHere, notLoaded, sending, sent, notSent, ended } = recording;
  return {
    ...{ record, stop, asking, listening, recorded, tooShort, silent, refused, noMicrophone, microphoneInUse },
    ...{ notHere, notLoaded, sending, sent, notSent, ended },
    almostFull: recording.almostFull(String(ALMOST_FULL_SECONDS)),
    full: recording.full(String(MAX_CLIP_SECONDS / 60)),
    of: recording.of('{elapsed}', clockTime(MAX_CLIP_SECONDS * 1000)),
  };
}

function attribute(value: RecordingPageFacts | RecordingPageTexts): string {
  return escaped(JSON.stringify(value));
}
