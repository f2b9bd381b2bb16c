import { systemClock } from '../../src/clock.ts';
import { MemoryRecords } from '../../src/conversation/memory-records.ts';
import { MemoryStore } from '../../src/conversation/memory-store.ts';
import { MemoryQueue } from '../../src/conversation/queue/memory-queue.ts';
import { createMemoryRecordingLinks } from '../../src/conversation/recordings/memory-recording-links.ts';
import { randomIds } from '../../src/ids.ts';
import { describeConversations } from './conversation-store-contract.ts';
import { describeQueue } from './queue-contract.ts';
import { describeQueueEnds } from './queue-ends-contract.ts';
import { bigMessageIn, type TestEngine, type WaitingMessages } from './test-engine.ts';

async function open(): Promise<TestEngine> {
  const clock = systemClock;
  const records = new MemoryRecords({ clock, retentionMs: 86_400_000 });
  const queue = new MemoryQueue({ records, clock, ids: randomIds });
  const recordingLinks = createMemoryRecordingLinks({ clock, ids: randomIds });
  const conversations = new MemoryStore({ records, queue, recordingLinks });
  return {
    queue,
    conversations,
    recordingLinks,
    fill: (waiting) => fill(queue, waiting),
    async [Symbol.asyncDispose]() {},
  };
}

async function fill(queue: MemoryQueue, { count, isVouched, bytes = 0 }: WaitingMessages): Promise<void> {
  for (let index = 0; index < count; index++) {
    const key = `${isVouched} ${index}`;
    await queue.add(bigMessageIn(key, 'm', bytes, { personKey: isVouched ? `person ${index}` : key }));
  }
}

describeQueue('memory', open);
describeQueueEnds('memory', open);
describeConversations('memory', open);
