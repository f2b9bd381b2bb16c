import { sentenceAbout } from './input-description.ts';
import { isCall } from './output-groups.ts';
import type { Responder, ResponderContext, ScriptedResponse, ServiceError } from './responder.ts';
import { spokenResults } from './spoken-results.ts';
import { callsFor, toolExamples } from './tool-rules.ts';
import { SERVER_FAULT } from './wire-errors.ts';

/** Answers the newest message, which `match` describes. */
type Answer = (context: ResponderContext, match: RegExpExecArray) => ScriptedResponse | string;

/** A pattern for the newest message, trimmed, and its answer. */
type Rule = readonly [RegExp, Answer];

/** How much of a text is repeated: three minutes of speech, about the limit of a real model. */
const MAX_REPEATED_CHARS = 3_000;
const MAX_COUNT = 20;
/** How much of the instructions the help quotes. */
const MAX_QUOTED_CHARS = 200;
const SLOW_MS = 4_000;

/** The first match answers. Deterministic: the same conversation gets the same answers. */
const RULES: readonly Rule[] = [
  [/^(?:hello|hi|hey|hallo|greetings|good (?:morning|afternoon|evening))(?=[\s!.,?]|$).{0,30}$/i, greet],
  [/^(?:please )?(?:repeat(?: that)?|say (?:that|it) again)(?: please)?[.!?]*$/i, repeat],
  [/^say[:,]?\s+(.+)$/is, (_, match) => shorten(match[1] ?? '')],
  [/^help[.!?]*$|^what can you do[.!?]*$/i, help],
  [/^(?:please )?count (?:up )?to (\d{1,9}|[a-z]+)[.!?]*$/i, count],
  [/\bjokes?\b/i, joke],
  [/^what did i (?:just )?(?:say|tell you|write|ask)\b.{0,30}$/i, remember],
  [/^slow[.!?]*$/i, () => ({ ...completed(SLOW_ANSWER), delayMs: SLOW_MS })],
  [/^error[.!?]*$/i, () => failed(SERVER_FAULT)],
  [/^rate[ -]?limit[.!?]*$/i, () => failed(RATE_LIMITED)],
  [
    /^disconnect[.!?]*$/i,
    () => ({ outputs: [{ text: BROKEN_ANSWER }], ending: { kind: 'disconnect', afterDeltas: 3 } }),
  ],
  [/^hang[.!?]*$/i, () => ({ outputs: [], ending: { kind: 'hang', afterDeltas: 0 } })],
  [/^long[.!?]*$/i, () => LONG_ANSWER],
  [/^$/, () => 'I am only a simulator, and there was nothing in your message. Please type something.'],
];

/** "say …" repeats what follows, whatever it asks for. */
const SAY = /^say\b/i;
/** The names of tools that do not only look something up. */
const CHANGING = /delete|write|create/i;

/**
 * The responder of the demo: deterministic rules, no model, no network. After tool calls, reads out their results.
 * Otherwise answers the message, with tool calls if the message asks for them, and describes attached clips, pictures
 * and files.
 */
export const simulatedResponder: Responder = function answerByRules(context) {
  const about = context.inputs.map(sentenceAbout).join(' ');
  const response =
    context.toolResults.length > 0 ? completed(spokenResults(context.toolResults)) : answerMessage(context);
  if (about === '' || response.ending.kind !== 'completed') return response;
  if (context.toolResults.length === 0 && context.text.trim() === '') return completed(about);
  return {
    ...response,
    outputs: response.outputs.map((output) =>
      isCall(output) ? output : { ...output, text: `${output.text}\n${about}` },
    ),
  };
};

function answerMessage(context: ResponderContext): ScriptedResponse {
  const text = context.text.trim();
  const calls = SAY.test(text) ? [] : callsFor(text, context.tools);
  if (calls.length === 0) return answerText(text, context);
  return {
    outputs: [
      { text: calls.some(({ name }) => CHANGING.test(name)) ? 'Let me see to that.' : 'Let me look that up.' },
      ...calls.map((call) => ({ call })),
    ],
    ending: { kind: 'completed' },
  };
}

/** Answers by the first rule that matches, else by an echo. */
function answerText(text: string, context: ResponderContext): ScriptedResponse {
  for (const [pattern, answer] of RULES) {
    const match = pattern.exec(text);
    if (match === null) continue;
    const result = answer(context, match);
    return typeof result === 'string' ? completed(result) : result;
  }
  return completed(`You said: ${shorten(text)}`);
}

function completed(text: string): ScriptedResponse {
  return { outputs: [{ text }], ending: { kind: 'completed' } };
}

function failed(error: ServiceError): ScriptedResponse {
  return { outputs: [], ending: { kind: 'failed', error } };
}

function shorten(text: string): string {
  return text.length > MAX_REPEATED_CHARS ? `${text.slice(0, MAX_REPEATED_CHARS)}…`.toWellFormed() : text;
}

function greet({ history }: ResponderContext): string {
  if (history.some(({ role }) => role === 'assistant'))
    return 'Hello again! I am still the simulator. What shall I say?';
  return 'Hello! I am a simulator that stands in for the real voice model. Type help to see what I can do.';
}

function help({ tools, instructions }: ResponderContext): string {
  const examples = toolExamples(tools).map((example) => `- ${example}`);
  const basics = `${HELP}\n\n${quoteInstructions(instructions)}\n${ONE_VOICE}`;
  if (tools.length === 0) return basics;
  return [
    basics,
    '',
    'With the tools of this bot, you can also type:',
    ...examples,
    '- call NAME {…}: I call that tool',
  ].join('\n');
}

function quoteInstructions(instructions: string): string {
  const text = instructions.trim();
  if (text === '') return 'I got no instructions.';
  const isLong = text.length > MAX_QUOTED_CHARS;
  const quote = isLong ? `${text.slice(0, MAX_QUOTED_CHARS)}…`.toWellFormed() : text;
  return `My instructions, which I do not follow: “${quote}”`;
}

function repeat({ history }: ResponderContext): string {
  const last = history.findLast(({ role, text }) => role === 'assistant' && text !== '');
  return last?.text ?? 'There is nothing to repeat yet.';
}

function remember({ history }: ResponderContext): string {
  const last = history.findLast(({ role, text }) => role === 'user' && text !== '');
  return last === undefined ? 'This is the first thing you say to me.' : `You said: “${shorten(last.text)}”`;
}

const NUMBERS = [
  'one',
  'two',
  'three',
  'four',
  'five',
  'six',
  'seven',
  'eight',
  'nine',
  'ten',
  'eleven',
  'twelve',
  'thirteen',
  'fourteen',
  'fifteen',
  'sixteen',
  'seventeen',
  'eighteen',
  'nineteen',
  'twenty',
];

function count(_: ResponderContext, match: RegExpExecArray): string {
  const number = (match[1] ?? '').toLowerCase();
  const last = NUMBERS.includes(number) ? NUMBERS.indexOf(number) + 1 : Number(number);
  if (Number.isNaN(last)) return `I do not know the number ${number}.`;
  if (last < 1) return 'I am there already.';
  const words = NUMBERS.slice(0, last).join(', ');
  return last > MAX_COUNT ? `I can only count to twenty: ${words}.` : `${words}.`;
}

const JOKES = [
  'Why did the robot go on holiday? It needed to recharge its batteries.',
  'There are ten kinds of people: those who read binary and those who do not.',
  'I would tell you a joke about UDP, but you might not get it.',
  'Why was the microphone so calm? It had been through many sound checks.',
];

/** The number of messages so far selects the joke. */
function joke({ history }: ResponderContext): string {
  const count = history.filter(({ role }) => role === 'user').length;
  return JOKES[count % JOKES.length] ?? '';
}

const RATE_LIMITED: ServiceError = {
  type: 'rate_limit_exceeded',
  code: 'rate_limit_exceeded',
  message: 'Rate limit reached for the simulator. Please try again in 1s.',
};

const HELP = [
  'I am a simulator of the real voice model. You can type:',
  '- hello',
  '- say …: I say just those words',
  '- repeat: I say my last answer again',
  '- what did I say: I quote your last message',
  '- count to 5',
  '- joke',
  '- long: a minute of speech',
  '',
  'And to see what happens when things go wrong: slow, error, rate limit, disconnect, hang.',
  'To everything else I answer with your own words.',
].join('\n');

const ONE_VOICE = 'I have one computer voice, whatever voice is set.';

const SLOW_ANSWER = 'Sorry for the wait. I was asked to be slow.';
const BROKEN_ANSWER =
  'I was asked to break off in the middle of a sentence, so nobody is ever going to hear the end of it.';

/** About a minute of speech. */
const LONG_ANSWER = [
  'This is a long answer. I am a simulator, and I was asked to speak for about a minute.',
  'A real model would have something to tell you. I only have a fixed text, and you are reading it now.',
  'While I speak, the words arrive a few at a time, and the sound arrives in small pieces of a quarter of a second.',
  'The pieces come faster than you can listen to them, so the whole recording is ready long before you have heard it.',
  'When the last piece has arrived, the recording is closed, and it is sent to you together with this text.',
  'You can play it as often as you like, stop it, and go back to the beginning.',
  'If you write to me while I am still speaking, your message waits for its turn. Nothing gets lost.',
  'A minute is a surprisingly long time for someone who has nothing to say. We are about two thirds through.',
  'Count the clouds if there are any, or look at something that is far away; they say it is good for the eyes.',
  'Long answers are a good test, because they show whether the sound still fits the text at the very end.',
  'So here is the very end. Thank you for your patience. That was the long answer.',
].join(' ');
