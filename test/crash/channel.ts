import type { ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Channel, type ChannelCall, confirm, isFor, soundUrlOf, startChannel } from '../support/kit/drivers.ts';
import type { Holds } from './holds.ts';
import type { CrashLedger, Message } from './ledger.ts';

export interface ChannelOptions {
  readonly ledger: CrashLedger;
  readonly holds: Holds;
  /** How long each call takes, in milliseconds. */
  readonly delayMs: () => number;
}

/** Takes the bot's replies on a real socket, and holds those that are to be interrupted. */
export function startHoldingChannel(options: ChannelOptions): Promise<Channel> {
  return startChannel((call, response) => takeCall(call, response, options));
}

async function takeCall(call: ChannelCall, response: ServerResponse, options: ChannelOptions): Promise<void> {
  const { delayMs, ledger, holds } = options;
  await sleep(delayMs());
  if (call.reply.type === 'message') {
    const message = ledger.find(call.activityId);
    if (message === undefined) ledger.note('reply to nobody', JSON.stringify(call).slice(0, 200));
    else if (noteSend(call, message, options)) return holds.whenReleased;
  }
  confirm(response, call);
}

/** Whether the call is held without an answer. */
function noteSend(call: ChannelCall, message: Message, { ledger, holds }: ChannelOptions): boolean {
  const isTaken = !holds.reach(message, 'sending');
  const soundUrl = soundUrlOf(call.reply);
  const port = URL.parse(soundUrl ?? '')?.port;
  const isWellAddressed = isFor(call, message);
  message.sends.push({ atMs: Date.now(), text: call.reply.text ?? '', isTaken, isWellAddressed, soundUrl, port });
  const isUnanswered = !isTaken || holds.reach(message, 'taken');
  ledger.changed();
  return isUnanswered;
}
