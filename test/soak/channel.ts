import type { ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type ChannelCall,
  confirm,
  type FakeServer,
  isFor,
  type Reply,
  startChannel,
} from '../support/kit/fake-servers.ts';
import { createRandom } from '../support/kit/random.ts';
import { CHANNEL_FAULTS, type ChannelAct, type ChannelFault, drawChannelFault, goneStatus } from './channel-faults.ts';
import type { Message, Send, SoakLedger } from './ledger.ts';
import { noticeIn } from './replies.ts';

export interface ChannelOptions {
  readonly ledger: SoakLedger;
  readonly seed: number;
  /** Called with each message that a user sees. */
  readonly onTaken: (message: Message, reply: Reply) => void;
}

/** The share of connections that break as soon as they open. */
const RESET_AT_ONCE = 0.02;
const IDLE_CUT_MS = 20_000;

/** Accepts the bot's replies on a real socket, with the faults of real channels. */
export async function startFaultyChannel(options: ChannelOptions): Promise<FakeServer> {
  const { ledger, seed } = options;
  const { url, server, close } = await startChannel((call, response) => takeCall(call, response, options));
  // Node's default: the bot may use a connection that is being closed.
  server.keepAliveTimeout = 5_000;
  let connections = 0;
  server.on('connection', (socket) => {
    ledger.count('calls', 'connection');
    if (!createRandom(seed, 'connection', connections++).chance(RESET_AT_ONCE)) return;
    ledger.count('channel', 'resetAtOnce');
    socket.resetAndDestroy();
  });
  // Idle connections are closed now and then, perhaps just as the bot uses them.
  const cutIdle = setInterval(() => {
    ledger.count('channel', 'idleConnectionsClosed');
    server.closeIdleConnections();
  }, IDLE_CUT_MS);
  return {
    url,
    close() {
      clearInterval(cutIdle);
      return close();
    },
  };
}

async function takeCall(call: ChannelCall, response: ServerResponse, options: ChannelOptions): Promise<void> {
  const { ledger, seed } = options;
  const message = ledger.find(call.activityId);
  const { type } = call.reply;
  ledger.count('calls', call.isUpload ? 'upload' : String(type));
  const tries = message?.sends.length ?? 0;
  const random = createRandom(seed, 'channel', call.conversationId, call.activityId, String(type), tries);
  const drawn = drawChannelFault(random, { hasAudio: hasAudio(call), isUpload: call.isUpload });
  const fault =
    message?.conversation.goneStatus === undefined ? drawn : (`gone${message.conversation.goneStatus}` as const);
  ledger.count('channel', fault);
  if (message !== undefined) message.conversation.goneStatus ??= goneStatus(fault);
  const act: ChannelAct = CHANNEL_FAULTS[fault];
  if (type === 'message') noteMessage(call, message, fault, response, options);
  if (type === 'typing' && message?.sends.some(({ isShown }) => isShown)) message.typingAfterReply++;
  if (act.delayMs !== undefined) await sleep(random.integer(...act.delayMs));
  answerCall(act, response, call);
}

function answerCall(act: ChannelAct, response: ServerResponse, call: ChannelCall): void {
  if (act.isSilent) return;
  if (act.status === undefined) {
    response.socket?.resetAndDestroy();
    return;
  }
  if (act.status === 200) {
    confirm(response, call);
    return;
  }
  const wait = act.retryAfterSeconds === undefined ? {} : { 'retry-after': String(act.retryAfterSeconds) };
  response.writeHead(act.status, { 'content-type': 'application/json', ...wait });
  response.end(JSON.stringify({ error: { code: 'Soak' } }));
}

function noteMessage(
  call: ChannelCall,
  message: Message | undefined,
  fault: ChannelFault,
  response: ServerResponse,
  { ledger, onTaken }: ChannelOptions,
): void {
  const { conversationId, activityId, isUpdate, reply } = call;
  const text = reply.text ?? '';
  if (message === undefined) {
    ledger.note('reply to nobody', `${conversationId}/${activityId}: ${text.slice(0, 80)}`);
    return;
  }
  const notice = noticeIn(text);
  if (notice !== undefined) {
    noteNotice(notice, call, message, ledger);
    return;
  }
  // An update changes a message and makes no second one.
  if (isUpdate && message.sends.some((send) => send.isShown)) return;
  const { isShown, status }: ChannelAct = CHANNEL_FAULTS[fault];
  const send: Send = {
    ...{ atMs: Date.now(), endedAtMs: undefined, fault, isShown, isAnswered: status !== undefined },
    ...{ text, isUpdate, hasAudio: hasAudio(call), isWellAddressed: isFor(call, message) },
  };
  message.sends.push(send);
  response.once('close', () => {
    send.endedAtMs = Date.now();
  });
  if (isShown) onTaken(message, reply);
}

/** A notice has to reach the right conversation, too. */
function noteNotice(notice: string, call: ChannelCall, message: Message, ledger: SoakLedger): void {
  ledger.count('notices', notice);
  if (!isFor(call, message)) ledger.note('reply to nobody', `${message.token}: ${notice}`);
  if (message.sends.some(({ isShown }) => isShown))
    ledger.note('notice after the answer', `${message.token}: ${notice}`);
}

function hasAudio({ reply: { attachments = [] } }: ChannelCall): boolean {
  return attachments.length > 0;
}
