import '../../src/node-version.js';
import { resolve } from 'node:path';
import { durationMs } from '../../src/audio/pcm.ts';
import { systemClock } from '../../src/clock.ts';
import { loadDotEnv } from '../../src/config/dot-env.ts';
import { MAX_TEXT_CHARS } from '../../src/conversation/user-message.ts';
import { ConfigError, TurnError } from '../../src/errors.ts';
import { randomIds } from '../../src/ids.ts';
import { findBuild, namesModel } from '../../src/installation.ts';
import { captureConsole, createLogger, LOG_LEVELS } from '../../src/log.ts';
import { messagesFor } from '../../src/messages/messages.ts';
import { setDefaultProxy } from '../../src/proxy.ts';
import { exitWithUsage, readOptions } from '../../src/read-options.ts';
import { entraIdTokens } from '../../src/realtime/endpoint.ts';
import type { Outcome } from '../../src/realtime/outcome.ts';
import type { ServerEvent } from '../../src/realtime/server-event.ts';
import { openTools } from '../../src/tools/open-tools.ts';
import { simulatedResponder } from '../simulator/rules.ts';
import { startSimulator } from '../simulator/simulator.ts';
import { openVoice } from '../simulator/voice.ts';
import { ChatConversation } from './chat-conversation.ts';
import { readChatConfig, USAGE, withSimulator } from './chat-settings.ts';
import { Terminal } from './chat-terminal.ts';
import { eventLines, outcomeLines, plain, sourceLines, texts } from './chat-texts.ts';
import { ChatTools } from './chat-tools.ts';
import { fileProblem, WavFile } from './chat-wav.ts';

// `npm run chat`: Microsoft's quickstart in a terminal, on the bot's own sessions.

function fail(message: string): never {
  process.stderr.write(`${message}\n`);
  process.exit(1);
}

function readOrExit<Settings>(read: () => Settings): Settings {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return fail(`${error.message}\nEvery setting is described in .env.example.`);
  }
}

async function createWav(file: string): Promise<WavFile> {
  const path = resolve(file);
  try {
    return await WavFile.create(path);
  } catch (error) {
    return fail(`${path} cannot be used for --wav: ${fileProblem(error)}.`);
  }
}

/** Runs until this process ends. */
async function openSimulator(): Promise<{ url: string; voice: string }> {
  const voice = await openVoice({ log });
  const { url } = await startSimulator({ responder: simulatedResponder, voice, log });
  return { url, voice: voice.name };
}

let turn: AbortController | undefined;

/** Cancels the running answer, or ends the chat if there is none. */
function interrupt(): void {
  if (turn === undefined) terminal.close();
  else turn.abort(new TurnError('cancelled', 'the user cancelled'));
}

function stop(): void {
  turn?.abort(new TurnError('shutting_down', 'the process is shutting down'));
  terminal.close();
}

/** Prints the text as it grows, or with `--events` every event. */
function showEvent(event: ServerEvent): void {
  const isListed = options.events === true;
  if (event.kind === 'textDelta' && !isListed) terminal.write(plain(event.text));
  else if (event.kind === 'textDone') terminal.endLine();
  else if (event.kind !== 'audioDelta' || isListed) for (const line of eventLines(event)) terminal.say(line);
}

/** Says how much audio has come, and writes it to the file. */
async function reportAudio(outcome: Outcome): Promise<void> {
  if (!('pcm' in outcome) || outcome.pcm.byteLength === 0) return;
  if (outcome.kind === 'cutShort' && outcome.why === 'filter') return;
  try {
    await wav?.add(outcome.pcm);
    terminal.say(texts.audio(durationMs(outcome.pcm.byteLength), wav?.path));
  } catch (error) {
    terminal.say(texts.wavFailed(wav?.path ?? '', fileProblem(error)));
  }
}

async function answer(text: string): Promise<void> {
  turn = new AbortController();
  const { outcome, calls } = await conversation.ask(text, turn.signal);
  const isBroken = outcome.kind === 'failed' || outcome.kind === 'cutShort';
  const lines = isBroken && turn.signal.aborted ? [texts.cancelled] : outcomeLines(outcome, config.model);
  turn = undefined;
  for (const line of sourceLines(calls)) terminal.say(line);
  await reportAudio(outcome);
  for (const line of lines) terminal.say(line);
}

async function converse(): Promise<void> {
  for (;;) {
    const text = (await terminal.ask(texts.prompt))?.trim();
    if (text === undefined || text === 'q') return;
    if (text.length > MAX_TEXT_CHARS) terminal.say(messagesFor('en').textTooLong(MAX_TEXT_CHARS.toLocaleString('en')));
    else if (text !== '') await answer(text);
  }
}

process.on('uncaughtException', (error) => fail(`The chat failed: ${error.message}`));
// The reader of the output is gone.
process.stdout.on('error', () => process.exit(1));

const options = readOptions(USAGE, { wav: { type: 'string' }, events: { type: 'boolean' } });
if (options.wav === '') exitWithUsage("Option '--wav <value>' argument missing", USAGE);

// Read before .env is: its LOG_LEVEL is meant for the bot, and log lines would mix with the chat.
const level = process.env['LOG_LEVEL']?.toLowerCase();
const log = createLogger(LOG_LEVELS.find((candidate) => candidate === level) ?? 'silent', process.stderr);
captureConsole(log);
for (const notice of readOrExit(() => loadDotEnv(process.env))) process.stderr.write(`${notice}\n`);

const simulator = namesModel(process.env) ? undefined : await openSimulator();
const env = simulator === undefined ? process.env : withSimulator(process.env, simulator.url);
const config = readOrExit(() => readChatConfig(env));
const proxyNotices = setDefaultProxy(config.proxy, process.env);
for (const notice of [...proxyNotices, ...config.notices]) process.stderr.write(`${notice}\n`);
const wav = options.wav === undefined ? undefined : await createWav(options.wav);

const terminal = new Terminal({ input: process.stdin, output: process.stdout, onInterrupt: interrupt });
const tools = openTools(config.tools, {
  clock: systemClock,
  log,
  random: Math.random,
  tokens: entraIdTokens,
  fetch,
  build: findBuild(),
});
const conversation = new ChatConversation({
  config,
  listener: {
    onSession: (id) => terminal.say(texts.session(id)),
    onEvent: showEvent,
    onRetry: (waitMs) => terminal.say(texts.retry(waitMs)),
  },
  clock: systemClock,
  ids: randomIds,
  log,
  random: Math.random,
  tokens: entraIdTokens,
  tools: new ChatTools({ tools, person: terminal, clock: systemClock, log }),
});
process.on('SIGINT', interrupt);
for (const signal of ['SIGTERM', 'SIGHUP'] as const) process.on(signal, stop);
// Keeps the process alive between two attempts when the piped input has ended.
setInterval(() => {}, 60_000);

if (simulator !== undefined) terminal.say(texts.simulator(simulator.voice));
await tools.preload();
await tools.start();
await converse();
terminal.say(texts.stopping);
terminal.close();
conversation.close();
await tools.close();
wav?.close();
if (wav !== undefined) terminal.say(texts.wavWritten(wav.path, wav.durationMs));
process.stdout.write(`${texts.ended}\n`, () => process.exit(0));
