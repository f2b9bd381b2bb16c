import { systemCode } from '../errors.ts';
import { fieldsOf, textOf } from '../json-access.ts';

/**
 * Why there is no token: Entra ID's own code, such as `AADSTS7000222`, else that of the system, else in a few words what
 * each of the sources said that were tried.
 */
export function entraFailure(error: unknown): string {
  const code = systemCode(error);
  // Node's own codes say less than its messages.
  return aadCodeOf(error) ?? (code?.startsWith('ERR_') === true ? undefined : code) ?? inFewWords(error);
}

const MAX_CHARS = 120;
const MAX_TEXT_CHARS = 100_000;
const MAX_CAUSES = 10;

/** MSAL gives it in the message or beside it, Azure Identity in one of many errors. */
function aadCodeOf(error: unknown, causesLeft = MAX_CAUSES): string | undefined {
  if (causesLeft === 0) return undefined;
  const { message, errorMessage, cause } = fieldsOf(error);
  const texts = [message, errorMessage].map((each) => textOf(each, MAX_TEXT_CHARS) ?? '');
  const found = /AADSTS\d+/.exec(texts.join(' '))?.[0];
  if (found !== undefined) return found;
  const inner = [...errorsIn(error), ...(cause === undefined ? [] : [cause])];
  return inner.map((each) => aadCodeOf(each, causesLeft - 1)).find((code) => code !== undefined);
}

/** Programs of developers that nobody has installed say so on every machine. */
const NO_SUCH_PROGRAM = /PowerShell|Developer CLI|Visual Studio Code/;

function inFewWords(error: unknown): string {
  const sources = errorsIn(error);
  const told = (sources.length === 0 ? [error] : sources).map(firstSentence);
  const useful = told.filter((each) => !NO_SUCH_PROGRAM.test(each));
  return (useful.length === 0 ? told : useful).join('; ');
}

function firstSentence(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  const sentence = text.split(/\.\s|\.$|\n/)[0] ?? '';
  if (sentence.length <= MAX_CHARS) return sentence;
  return sentence.slice(0, MAX_CHARS - 1).replace(/\S*$/, '…');
}

/** Of a chain of credentials, one for each that was tried. */
function errorsIn(error: unknown): readonly unknown[] {
  const { errors } = fieldsOf(error);
  return Array.isArray(errors) ? errors : [];
}
