import type { Env } from '../config/env.ts';

const SECRET_VARIABLES = [
  'AZURE_OPENAI_API_KEY',
  'OPENAI_API_KEY',
  'MicrosoftAppPassword',
  'CertificatePrivateKey',
  'DATABASE_URL',
  'APPLICATIONINSIGHTS_CONNECTION_STRING',
  'AZURE_CLIENT_SECRET',
];
/** Parts of connection strings that open something. */
const SECRET_PARTS = /(?:^|;)(?:AccountKey|SharedAccessSignature|InstrumentationKey)=([^;]+)/gi;
/** The password in an address, as it is written there. */
const URL_PASSWORD = /^[a-z]+:\/\/[^/@]*?:([^/@]+)@/i;
/** Shorter ones are words that would be taken out of every sentence. */
const MIN_CHARS = 4;
const TOKEN = /\beyJ[\w-]{8,}\.[\w-]+\.[\w-]*/g;

/**
 * What is printed comes from services and libraries, too: this takes out of it what is secret in this environment,
 * access tokens, and what would steer a terminal.
 */
export function redactor(env: Env): (text: string) => string {
  const values = SECRET_VARIABLES.map((name) => env[name]?.trim() ?? '');
  const parts = values.flatMap((value) => [...value.matchAll(SECRET_PARTS)].map((found) => found[1] ?? ''));
  const passwords = values.flatMap((value) => passwordsIn(value));
  const secrets = [...values, ...parts, ...passwords].filter((secret) => secret.length >= MIN_CHARS);
  // The longest first: one may be a part of another.
  secrets.sort((one, other) => other.length - one.length);
  return (text) => {
    const without = secrets.reduce((left, secret) => left.replaceAll(secret, '***'), text);
    return without
      .replaceAll(TOKEN, '***')
      .replaceAll(/\s+/g, ' ')
      .replaceAll(/\p{Cc}/gu, '')
      .trim();
  };
}

/** As it is written and, where that is readable, as it is meant. */
function passwordsIn(value: string): readonly string[] {
  const written = URL_PASSWORD.exec(value)?.[1];
  if (written === undefined) return [];
  try {
    return [written, decodeURIComponent(written)];
  } catch {
    return [written];
  }
}
