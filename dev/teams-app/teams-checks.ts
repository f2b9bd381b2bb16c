import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import ajvDraft04 from 'ajv-draft-04';
import ajvFormats from 'ajv-formats';
import { fieldsOf } from '../../src/json-access.ts';
import { type IconKind, iconProblems } from './teams-icons.ts';
import { VERSION } from './teams-options.ts';

type Files = Readonly<Record<string, Uint8Array>>;

const SCHEMAS = '@microsoft/app-manifest/build/json-schemas/teams/v1.29';

/** Returns the problems that a schema finds in a JSON. */
type Check = (json: unknown) => readonly string[];

/**
 * Returns a function that lists what Teams would reject in an app package, as far as its schemas tell. Each problem
 * begins with the name of its file. Call this once: reading the schemas takes half a second.
 */
export function packageCheck(): (files: Files) => Promise<readonly string[]> {
  const checkManifest = schemaCheck('MicrosoftTeams.schema.json');
  const checkLanguage = schemaCheck('MicrosoftTeams.Localization.schema.json');
  return async (files) => {
    const manifest = readJson(files['manifest.json']);
    const { version, icons, localizationInfo } = fieldsOf(manifest);
    const iconsFound = (['color', 'outline'] as const).map((kind) =>
      namedIconProblems(files, fieldsOf(icons)[kind], kind),
    );
    return [
      ...checkManifest(manifest).map((problem) => `manifest.json ${problem}`),
      ...(VERSION.test(String(version)) ? [] : ['manifest.json /version must be three numbers, such as 1.0.2']),
      ...languageFilesOf(localizationInfo).flatMap((name) => languageProblems(files, name, checkLanguage)),
      ...(await Promise.all(iconsFound)).flat(),
    ];
  };
}

function languageFilesOf(localizationInfo: unknown): readonly string[] {
  const { additionalLanguages } = fieldsOf(localizationInfo);
  return Array.isArray(additionalLanguages) ? additionalLanguages.map((each) => String(fieldsOf(each)['file'])) : [];
}

function languageProblems(files: Files, name: string, check: Check): readonly string[] {
  if (files[name] === undefined) return [`${name} is named in manifest.json and missing`];
  return check(readJson(files[name])).map((problem) => `${name} ${problem}`);
}

async function namedIconProblems(files: Files, name: unknown, kind: IconKind): Promise<readonly string[]> {
  const icon = files[String(name)];
  if (icon === undefined) return [`${String(name)} is named in manifest.json and missing`];
  return (await iconProblems(icon, kind)).map((problem) => `${String(name)} ${problem}`);
}

/** Undefined, which no schema accepts, if the file is missing or no JSON. */
function readJson(file: Uint8Array | undefined): unknown {
  try {
    return JSON.parse(Buffer.from(file ?? []).toString());
  } catch {
    return undefined;
  }
}

function schemaCheck(schemaFile: string): Check {
  // The schemas have keywords of other drafts, and patterns that are invalid in Unicode mode.
  const ajv = new ajvDraft04.default({ allErrors: true, strict: false, unicodeRegExp: false });
  ajvFormats.default(ajv);
  const path = createRequire(import.meta.url).resolve(`${SCHEMAS}/${schemaFile}`);
  const validate = ajv.compile(JSON.parse(readFileSync(path, 'utf8')));
  return (json) => {
    if (validate(json)) return [];
    return (validate.errors ?? []).map(({ instancePath, message = '', params }) => {
      const details = Object.values(params).flat().join(', ');
      return `${instancePath || '/'} ${message}${message.includes(details) ? '' : ` (${details})`}`;
    });
  };
}
