import querystring from 'node:querystring';
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
/** The parts of a connection string, and the password of a URL, that are secret by themselves. */
const SECRET_PARTS = [/(?:^|;)InstrumentationKey=([^;]+)/i, /^[a-z]+:\/\/[^/@]*?:([^/@]+)@/i];
/** Shorter secrets are kept: as words, they would be removed from every sentence. */
const MIN_CHARS = 4;
const TOKEN = /\beyJ[\w-]{8,}\.[\w-]+\.[\w-]*/g;

/** Removes the secrets of the environment, access tokens and control characters from a text. */
export function redactor(env: Env): (text: string) => string {
  const values = SECRET_VARIABLES.map((name) => env[name]?.trim() ?? '');
  const parts = values.flatMap((value) => SECRET_PARTS.map((pattern) => pattern.exec(value)?.[1] ?? ''));
  const secrets = [...values, ...parts, ...parts.map((part) => querystring.unescape(part))].filter(
    (secret) => secret.length >= MIN_CHARS,
  );
  // Remove the longest first: one secret may be a part of another.
  secrets.sort((one, other) => other.length - one.length);
  return (text) =>
    secrets
      .reduce((left, secret) => left.replaceAll(secret, '***'), text)
      .replaceAll(TOKEN, '***')
      .replaceAll(/\s+/g, ' ')
      .replaceAll(/\p{Cc}/gu, '')
      .trim();
}
