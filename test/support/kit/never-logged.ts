/** Texts of log lines about faults that must never happen. "turn failed" also finds "listener of the turn failed". */
export const NEVER_LOGGED = [
  'unhandled rejection',
  'uncaught exception',
  'turn failed',
  'request failed',
  'entity patch not applied',
];
