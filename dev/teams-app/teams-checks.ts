import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import ajvDraft04 from 'ajv-draft-04';
import ajvFormats from 'ajv-formats';
import { fieldsOf } from '../../src/json-access.ts';
import { type IconKind, iconProblems } from './teams-icons.ts';
import { VERSION } from './teams-options.ts';

type Files = Readonly<Record<string, Uint8Array>>;

/** Microsoft's own, as its package has them. */
const SCHEMAS = '@microsoft/app-manifest/build/json-schemas/teams/v1.29';

/** In the words of a schema, what is wrong with a JSON. */
type Check = (json: unknown) => readonly string[];

/**
 * What tells of a package what Teams would refuse in it, as far as that can be known here; each begins with the file
 * that it is in. Made once, since reading the schemas takes half a second.
 */
export function packageCheck(): (files: Files) => readonly string[] {
  const checkManifest = schemaCheck('MicrosoftTeams.schema.json');
  const checkLanguage = schemaCheck('MicrosoftTeams.Localization.schema.json');
  return (files) => {
    const manifest = readJson(files['manifest.json']);
    const { version, icons, localizationInfo } = fieldsOf(manifest);
    return [
      ...checkManifest(manifest).map((problem) => `manifest.json ${problem}`),
      ...(VERSION.test(String(version)) ? [] : ['manifest.json /version must be three numbers, such as 1.0.2']),
      ...languageFilesOf(localizationInfo).flatMap((name) => languageProblems(files, name, checkLanguage)),
      ...(['color', 'outline'] as const).flatMap((kind) => namedIconProblems(files, fieldsOf(icons)[kind], kind)),
    ];
  };
}

function languageFilesOf(localizationInfo: unknown): readonly string[] {
  const { additionalLanguages } = fieldsOf(localizationInfo);
  return Array.isArray(additionalLanguages) ? additionalLanguages.map((each) => String(fieldsOf(each)['file'])) : [];
}

function languageProblems(files: Files, name: string, check: Check): readonly string[] {
  if (files[name] === undefined) return [`${name} is named by manifest.json and is not there`];
  return check(readJson(files[name])).map((problem) => `${name} ${problem}`);
}

function namedIconProblems(files: Files, name: unknown, kind: IconKind): readonly string[] {
  const icon = files[String(name)];
  if (icon === undefined) return [`${String(name)} is named by manifest.json and is not there`];
  return iconProblems(icon, kind).map((problem) => `${String(name)} ${problem}`);
}

/** `undefined`, which no schema takes, where there is none. */
function readJson(file: Uint8Array | undefined): unknown {
  try {
    return JSON.parse(Buffer.from(file ?? []).toString());
  } catch {
    return undefined;
  }
}

function schemaCheck(schemaFile: string): Check {
  // The schemas have keywords of other drafts, and patterns that are none in Unicode mode.
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
