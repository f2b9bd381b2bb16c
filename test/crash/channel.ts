import type { ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  audioUrlOf,
  type Channel,
  type ChannelCall,
  confirm,
  isFor,
  startChannel,
} from '../support/kit/fake-servers.ts';
import type { Holds } from './holds.ts';
import type { CrashLedger, Message } from './ledger.ts';
import { COMMANDS } from './steps.ts';

export interface ChannelOptions {
  readonly ledger: CrashLedger;
  readonly holds: Holds;
  /** The duration of each call, in milliseconds. */
  readonly delayMs: () => number;
}

/** Accepts the bot's replies on a real socket, and holds those to be interrupted. */
export function startHoldingChannel(options: ChannelOptions): Promise<Channel> {
  return startChannel((call, response) => onCall(call, response, options));
}

async function onCall(call: ChannelCall, response: ServerResponse, options: ChannelOptions): Promise<void> {
  const { delayMs, ledger, holds } = options;
  await sleep(delayMs());
  const message = ledger.find(call.activityId);
  if (call.reply.type !== 'message') {
    if (call.reply.text && holds.reach(message, 'streaming')) return holds.whenReleased;
  } else if (message === undefined) ledger.note('reply to nobody', JSON.stringify(call).slice(0, 200));
  else if (isHeld(call, message, options)) return holds.whenReleased;
  confirm(response, call);
}

/** Records a part of an answer. True if it is not confirmed. */
function isHeld(call: ChannelCall, message: Message, { ledger, holds }: ChannelOptions): boolean {
  const isRest = message.kind === 'between' && !call.reply.text?.startsWith(message.token);
  const isShown = !holds.reach(message, isRest ? 'between' : 'sending');
  if (isShown) message.audioUrl = audioUrlOf(call.reply) ?? message.audioUrl;
  if (isRest && isShown) message.restAtMs = Date.now();
  const isWellAddressed = isFor(call, message);
  if (!isRest) message.sends.push({ atMs: Date.now(), text: call.reply.text ?? '', isShown, isWellAddressed });
  const isUnanswered = !isShown || holds.reach(message, COMMANDS.has(message.kind) ? 'confirming' : 'taken');
  ledger.recheck();
  return isUnanswered;
}
