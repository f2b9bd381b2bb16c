/** The voices of the realtime models, as of 2026-11. https://developers.openai.com/api/docs/guides/realtime */
export const VOICES = [
  'alloy',
  'ash',
  'ballad',
  'coral',
  'echo',
  'sage',
  'shimmer',
  'verse',
  'marin',
  'cedar',
] as const;
