import { systemCode } from '../errors.ts';
import { fieldsOf } from '../json-access.ts';

const MAX_CHARS = 120;
const MAX_CAUSES = 10;
/** Most machines do not have these developer tools, so their failures are left out. */
const DEVELOPER_TOOLS = /PowerShell|Developer CLI|Visual Studio Code/;

/**
 * Says why getting a token failed: Entra ID's code, such as `AADSTS7000222`, or the code of the system, or the first
 * sentence of each credential source that was tried.
 */
export function entraFailure(error: unknown): string {
  const entraCode = entraCodeOf(error);
  if (entraCode !== undefined) return entraCode;
  const code = systemCode(error);
  // Node's own codes say less than its messages.
  if (code !== undefined && !code.startsWith('ERR_')) return code;
  const sources = errorsIn(error);
  const sentences = (sources.length === 0 ? [error] : sources).map(firstSentence);
  const useful = sentences.filter((sentence) => !DEVELOPER_TOOLS.test(sentence));
  return (useful.length === 0 ? sentences : useful).join('; ');
}

/** MSAL gives the code in the message or beside it, Azure Identity in one of many errors. */
function entraCodeOf(error: unknown, causesLeft = MAX_CAUSES): string | undefined {
  if (causesLeft === 0) return undefined;
  const { message, errorMessage, cause } = fieldsOf(error);
  const code = /AADSTS\d+/.exec(`${message} ${errorMessage}`)?.[0];
  if (code !== undefined) return code;
  return [...errorsIn(error), cause].map((each) => entraCodeOf(each, causesLeft - 1)).find((each) => each);
}

function firstSentence(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  const sentence = text.split(/\.\s|\.$|\n/)[0] ?? '';
  return sentence.length <= MAX_CHARS ? sentence : sentence.slice(0, MAX_CHARS - 1).replace(/\S*$/, '…');
}

/** A chain of credentials has one error for each source that was tried. */
function errorsIn(error: unknown): readonly unknown[] {
  const { errors } = fieldsOf(error);
  return Array.isArray(errors) ? errors : [];
}
