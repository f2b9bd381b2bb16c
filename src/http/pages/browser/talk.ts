import { SAMPLE_RATE_HZ } from '../../../audio/pcm.ts';

/**
 * Makes one sound of what was recorded, in pieces and at the rate of the device: PCM16, one channel, at the rate that the
 * model takes, as a WAV. All browsers can do this much; what else they could encode differs from one to the other.
 */
const WAV_SCRIPT = `
  async function resampled(pieces, count, rate) {
    const offline = new OfflineAudioContext(1, Math.ceil((count * ${SAMPLE_RATE_HZ}) / rate), ${SAMPLE_RATE_HZ});
    const buffer = offline.createBuffer(1, count, rate);
    let at = 0;
    for (const piece of pieces) {
      buffer.copyToChannel(piece, 0, at);
      at += piece.length;
    }
    const source = offline.createBufferSource();
    source.buffer = buffer;
    source.connect(offline.destination);
    source.start();
    return (await offline.startRendering()).getChannelData(0);
  }

  function wavOf(samples) {
    const view = new DataView(new ArrayBuffer(44 + 2 * samples.length));
    const text = (at, letters) => [...letters].forEach((letter, index) => view.setUint8(at + index, letter.charCodeAt(0)));
    text(0, 'RIFF');
    view.setUint32(4, 36 + 2 * samples.length, true);
    text(8, 'WAVEfmt ');
    view.setUint32(16, 16, true);
    view.setUint16(20, 1, true);
    view.setUint16(22, 1, true);
    view.setUint32(24, ${SAMPLE_RATE_HZ}, true);
    view.setUint32(28, ${2 * SAMPLE_RATE_HZ}, true);
    view.setUint16(32, 2, true);
    view.setUint16(34, 16, true);
    text(36, 'data');
    view.setUint32(40, 2 * samples.length, true);
    samples.forEach((sample, index) =>
      view.setInt16(44 + 2 * index, Math.max(-1, Math.min(1, sample)) * 0x7fff, true));
    return new Blob([view], { type: 'audio/wav' });
  }
`;

/**
 * The page on which users speak. Everything it says and knows comes from the page's attributes, so that it is the same
 * for all pages. \`data-state\` is \`ready\`, \`asking\`, \`recording\`, \`recorded\`, \`sending\`, \`sent\` or \`ended\`.
 */
export const TALK_SCRIPT = `
'use strict';
(() => {
  const at = (id) => document.getElementById(id);
  const [talk, toggle, review, send, anew, listen] = ['talk', 'toggle', 'review', 'send', 'anew', 'listen'].map(at);
  const words = JSON.parse(talk.dataset.words);
  const facts = JSON.parse(talk.dataset.facts);
  const calm = matchMedia('(prefers-reduced-motion: reduce)');
  const isFramed = window.parent !== window || Boolean(window.nativeInterface);
  const endsAtMs = performance.now() + facts.left;
  const icons = {
    record: 'M12 15a3.5 3.5 0 0 0 3.5-3.5v-6a3.5 3.5 0 0 0-7 0v6A3.5 3.5 0 0 0 12 15zm6-3.5a6 6 0 0 1-12 0H4a8 8 0 0 0 7 7.94V23h2v-3.56a8 8 0 0 0 7-7.94z',
    stop: 'M6 6h12v12H6z',
  };
  const LEAST_SECONDS = 0.5;
  const QUIET = 0.01;
  const CALM_MS = 250;
  const FLUSH_MS = 1000;
  const SEND_MS = 120000;
  const CLOSE_MS = 1500;
  let live;
  let wav;
  let shownAtMs = 0;
${WAV_SCRIPT}
  function clockTime(ofSeconds) {
    const whole = Math.floor(ofSeconds);
    return Math.floor(whole / 60) + ':' + String(whole % 60).padStart(2, '0');
  }

  // Only what changed is written: screen readers tell every change.
  function write(element, text) {
    if (element.textContent !== text) element.textContent = text;
  }

  function tell(text, isFailure = false) {
    write(at('status'), isFailure ? '' : text);
    write(at('failure'), isFailure ? text : '');
    at('elsewhere').hidden = true;
  }

  function enter(state) {
    talk.dataset.state = state;
    const isReviewed = state === 'recorded' || state === 'sending';
    const does = state === 'recording' ? 'stop' : 'record';
    at('icon').setAttribute('d', icons[does]);
    write(at('does'), words[does]);
    toggle.hidden = isReviewed;
    review.hidden = !isReviewed;
    at('meter').hidden = at('clock').hidden = state !== 'recording';
    talk.hidden = at('intro').hidden = state === 'sent' || state === 'ended';
    // Not by disabled, which would take the focus away.
    toggle.setAttribute('aria-disabled', String(state === 'asking'));
    for (const button of [send, anew]) button.setAttribute('aria-disabled', String(state === 'sending'));
  }

  function show(level) {
    const nowMs = performance.now();
    if (calm.matches && nowMs - shownAtMs < CALM_MS) return;
    shownAtMs = nowMs;
    // From -60 dB, which is as good as silence.
    const height = Math.max(0, 1 + Math.log10(Math.max(level, 1e-6)) / 3);
    at('level').style.transform = 'scaleX(' + Math.min(1, height).toFixed(3) + ')';
  }

  function showTime() {
    write(at('clock'), words.of.replace('{elapsed}', clockTime(live.count / live.rate)));
  }

  function end() {
    enter('ended');
    tell(words.ended);
    at('status').focus();
  }

  function whyNot({ name }) {
    if (name === 'NotAllowedError' || name === 'SecurityError') return words.refused;
    if (name === 'NotFoundError' || name === 'OverconstrainedError') return words.noMicrophone;
    if (name === 'NotReadableError' || name === 'AbortError') return words.microphoneInUse;
    if (name === 'NetworkError') return words.notLoaded;
    return words.notHere;
  }

  function fail(text) {
    enter('ready');
    tell(text, true);
    at('elsewhere').hidden = !isFramed;
    toggle.focus();
  }

  async function start() {
    if (performance.now() >= endsAtMs) return end();
    forgetRecording();
    enter('asking');
    toggle.focus();
    tell(words.asking);
    let context;
    let stream;
    try {
      // Made within the press itself, without which some browsers keep it silent.
      context = new AudioContext();
      stream = await navigator.mediaDevices.getUserMedia({ audio: { channelCount: 1 } });
      await context.audioWorklet.addModule(facts.recorder).catch(() => {
        throw new DOMException('the recorder', 'NetworkError');
      });
      await context.resume();
      record(context, stream);
    } catch (error) {
      stream?.getTracks().forEach((track) => track.stop());
      context?.close();
      fail(whyNot(error));
    }
  }

  function record(context, stream) {
    const node = new AudioWorkletNode(context, 'recorder', { numberOfInputs: 1, numberOfOutputs: 1 });
    live = { context, stream, node, pieces: [], count: 0, peak: 0, rate: context.sampleRate };
    node.port.onmessage = ({ data }) => (data === null ? finish() : take(data));
    context.createMediaStreamSource(stream).connect(node);
    // Silence; some browsers run only what is on the way to a loudspeaker.
    node.connect(context.destination);
    stream.getTracks().forEach((track) => track.addEventListener('ended', stop));
    enter('recording');
    showTime();
    tell(words.listening);
  }

  function take(piece) {
    if (live === undefined) return;
    let sum = 0;
    for (const sample of piece) {
      sum += sample * sample;
      live.peak = Math.max(live.peak, Math.abs(sample));
    }
    live.pieces.push(piece);
    live.count += piece.length;
    show(Math.sqrt(sum / Math.max(1, piece.length)));
    showTime();
    const seconds = live.count / live.rate;
    if (seconds >= facts.almost && !live.isWarned) {
      live.isWarned = true;
      tell(words.almostFull);
    }
    if (seconds >= facts.most) stop();
  }

  function stop() {
    if (live === undefined || live.isStopping) return;
    live.isStopping = true;
    live.node.port.postMessage('end');
    // Where the system took the sound away, nothing is handed on any more.
    setTimeout(finish, FLUSH_MS, live);
  }

  async function finish(which = live) {
    if (live === undefined || which !== live) return;
    const { context, stream, pieces, count, peak, rate } = live;
    live = undefined;
    stream.getTracks().forEach((track) => track.stop());
    context.close();
    if (count < LEAST_SECONDS * rate) return fail(words.tooShort);
    try {
      wav = wavOf((await resampled(pieces, count, rate)).subarray(0, facts.most * ${SAMPLE_RATE_HZ}));
    } catch (error) {
      return fail(whyNot(error));
    }
    listen.src = URL.createObjectURL(wav);
    enter('recorded');
    tell(peak < QUIET ? words.silent : count >= facts.most * rate ? words.full : words.recorded);
    send.focus();
  }

  function forgetRecording() {
    if (wav === undefined) return;
    listen.pause();
    URL.revokeObjectURL(listen.src);
    listen.removeAttribute('src');
    wav = undefined;
  }

  async function sendIt() {
    listen.pause();
    enter('sending');
    tell(words.sending);
    let failure = words.notSent;
    try {
      const response = await fetch(facts.upload, {
        method: 'POST',
        body: wav,
        headers: { 'Content-Type': 'audio/wav' },
        credentials: 'omit',
        signal: AbortSignal.timeout(SEND_MS),
      });
      if (response.ok) return sent();
      if (response.status === 404) return end();
      failure = (await response.json()).message;
    } catch {
      // What keeps it from being sent, or its refusal from being read, is the same for whoever waits.
    }
    enter('recorded');
    tell(failure, true);
    send.focus();
  }

  function sent() {
    forgetRecording();
    enter('sent');
    tell(words.sent);
    at('status').focus();
    // In Teams the dialog goes by itself, once that was read.
    setTimeout(() => {
      try {
        window.microsoftTeams?.dialog.url.submit();
      } catch {
        // It says that it can be closed.
      }
    }, CLOSE_MS);
  }

  toggle.addEventListener('click', () => {
    if (talk.dataset.state === 'recording') stop();
    else if (talk.dataset.state === 'ready') start();
  });
  send.addEventListener('click', () => {
    if (talk.dataset.state === 'recorded') sendIt();
  });
  anew.addEventListener('click', () => {
    if (talk.dataset.state === 'recorded') start();
  });

  enter('ready');
})();
`;
