/** Texts of log lines about faults that must never happen. "turn failed" is also in that of its listener. */
export const NEVER_LOGGED = [
  'unhandled rejection',
  'uncaught exception',
  'turn failed',
  'request failed',
  'entity patch not applied',
];
