import type { Meter } from '@opentelemetry/api';
import { METRICS } from './names.ts';

/** The buckets that the conventions advise for model operations, and larger ones. */
const DURATIONS = { unit: 's', advice: { explicitBucketBoundaries: [0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 45, 90] } };

export function createInstruments(meter: Meter) {
  return {
    turnDuration: meter.createHistogram(METRICS.turnDuration, DURATIONS),
    timeToFirstText: meter.createHistogram(METRICS.timeToFirstText, DURATIONS),
    timeToFirstAudio: meter.createHistogram(METRICS.timeToFirstAudio, DURATIONS),
    queueWait: meter.createHistogram(METRICS.queueWait, DURATIONS),
    turnsFailed: meter.createCounter(METRICS.turnsFailed),
    sessionsOpen: meter.createObservableGauge(METRICS.sessionsOpen),
    sessionsClosed: meter.createCounter(METRICS.sessionsClosed),
    inputTokens: meter.createCounter(METRICS.inputTokens, { unit: '{token}' }),
    outputTokens: meter.createCounter(METRICS.outputTokens, { unit: '{token}' }),
    cachedTokens: meter.createCounter(METRICS.cachedTokens, { unit: '{token}' }),
    toolDuration: meter.createHistogram(METRICS.toolDuration, DURATIONS),
    audioSeconds: meter.createCounter(METRICS.audioSeconds, { unit: 's' }),
    sendRetries: meter.createCounter(METRICS.sendRetries),
    sendsThrottled: meter.createCounter(METRICS.sendsThrottled),
    duplicates: meter.createCounter(METRICS.duplicates),
    eventLoopDelay: meter.createObservableGauge(METRICS.eventLoopDelay, { unit: 's' }),
    starts: meter.createCounter(METRICS.starts),
  };
}

export type Instruments = ReturnType<typeof createInstruments>;
