import type { Meter } from '@opentelemetry/api';
import { METRICS } from './names.ts';

const SECONDS = { unit: 's' };
/** As the conventions advise for operations of a model, with more room above. */
const DURATIONS = { ...SECONDS, advice: { explicitBucketBoundaries: [0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 45, 90] } };

/** Whatever is recorded, on one meter. */
export function createInstruments(meter: Meter) {
  const { sessionsOpen, eventLoopDelay } = METRICS;
  return {
    turnDuration: meter.createHistogram(METRICS.turnDuration, DURATIONS),
    timeToFirstText: meter.createHistogram(METRICS.timeToFirstText, DURATIONS),
    timeToFirstAudio: meter.createHistogram(METRICS.timeToFirstAudio, DURATIONS),
    queueWait: meter.createHistogram(METRICS.queueWait, DURATIONS),
    turnsFailed: meter.createCounter(METRICS.turnsFailed),
    sessionsOpen: meter.createObservableGauge(sessionsOpen),
    sessionsClosed: meter.createCounter(METRICS.sessionsClosed),
    inputTokens: meter.createCounter(METRICS.inputTokens, { unit: '{token}' }),
    outputTokens: meter.createCounter(METRICS.outputTokens, { unit: '{token}' }),
    cachedTokens: meter.createCounter(METRICS.cachedTokens, { unit: '{token}' }),
    audioSeconds: meter.createCounter(METRICS.audioSeconds, SECONDS),
    sendRetries: meter.createCounter(METRICS.sendRetries),
    sendsThrottled: meter.createCounter(METRICS.sendsThrottled),
    duplicates: meter.createCounter(METRICS.duplicates),
    eventLoopDelay: meter.createObservableGauge(eventLoopDelay, SECONDS),
    starts: meter.createCounter(METRICS.starts),
  };
}

/** All instruments of this bot. */
export type Instruments = ReturnType<typeof createInstruments>;
