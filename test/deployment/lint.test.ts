import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { lint } from './lint.ts';
import { deploymentFile, readTemplate } from './template.ts';
import { TEMPLATES, valueProblems, WHOLE_VARIANTS } from './variants.ts';

/** Seeded faults in azuredeploy.json: the original text, the changed text and the expected finding. */
const FAULTS: readonly (readonly [name: string, from: string, to: string, says: RegExp])[] = [
  ['an open bracket', "[variables('planId')]", "[variables('planId']", /missing before/],
  ['an open quote', "[variables('planId')]", "[variables('planId)]", /cannot be read/],
  ['a comma too much', "add(parameters('drainSeconds'), 30)", "add(parameters('drainSeconds'), 30,)", /no name/],
  ['an end too much', "[add(parameters('drainSeconds'), 30)]", "[add(parameters('drainSeconds'), 30))]", /left over/],
  ['an expression without its brackets', '"[variables(\'makesAi\')]"', '"variables(\'makesAi\')"', /not in brackets/],
  ['an unknown function', '[string(', '[toString(', /no function toString/],
  [
    'a function with too few values',
    "format('{0}-plan', variables('siteName'))",
    "format('{0}-plan')",
    /no value \{0\}/,
  ],
  ['an unknown parameter', "parameters('voice')", "parameters('voices')", /parameters: voices is not defined/],
  ['an unused parameter', "parameters('voice')", "parameters('instructions')", /parameters: voice is not used/],
  ['an unknown variable', "variables('planId')", "variables('planID')", /variables: planID is not defined/],
  ['an unknown field', ').clientId]', ').clientID]', /there is no "clientID"/],
  ['a key that is handed out', "[reference(variables('insightsId'), '2020-02-02')", "[listKeys('x')", /a secret/],
  ['an early reference', '"[variables(\'planName\')]"', '"[reference(\'planName\')]"', /only stand in properties/],
  [
    'a missing target',
    '"serverFarmId": "[variables(\'planId\')]"',
    '"serverFarmId": "[resourceId(\'a/b\', \'c\')]"',
    /not in the/,
  ],
  ['a name too few', "'Microsoft.Web/sites', variables(", "'Microsoft.Web/sites/slots', variables(", /2 names, and 1/],
  ["a child without its parent's name", "'/logs')", "'-logs')", /needs 2 names/],
  ['a parent that is not waited for', '"dependsOn": ["[variables(\'aiId\')]"],', '', /does not wait for/],
  [
    'a part that is not waited for',
    '"dependsOn": ["[variables(\'workspaceId\')]"],',
    '',
    /insights does not wait for .*-logs/,
  ],
  ['a circle', '"properties": { "reserved": true }', '"dependsOn": ["[variables(\'siteId\')]"]', /waits for itself/],
  ['two versions of a type', '"2026-01-01"', '"2018-03-01"', /several versions/],
  ['another version that is read', "'2020-02-02'", "'2015-05-01'", /as of 2015-05-01/],
  ['a preview', '"2022-09-15"', '"2023-09-15-preview"', /has version/],
  ['a secret', '"voice": {', '"appPassword": {"type": "string"}, "voice": {', /looks like a secret/],
  ['a default that is not allowed', '"defaultValue": "B1"', '"defaultValue": "F1"', /is not allowed/],
  ['a resource twice', "'/scm')", "'/ftp')", /is there twice/],
  [
    'a reference to what may be left out',
    '"type": "Microsoft.ManagedIdentity/userAssignedIdentities",',
    '"condition": "[variables(\'makesAi\')]", "type": "Microsoft.ManagedIdentity/userAssignedIdentities",',
    /an output reads .* which may not be there/,
  ],
  [
    'a reference to a database that may be left out',
    "if(variables('makesDatabase'), reference(",
    "if(variables('hasDatabase'), reference(",
    /reads .*-db, which may not be there/,
  ],
  ['a name that is empty in some cases', "'none', parameters('databaseAdminGroupId')", "'', 'x'", /an empty name/],
  [
    'an unknown parameter in a template inside',
    '"[parameters(\'principalName\')]"',
    '"[parameters(\'identityName\')]"',
    /parameters: identityName is not defined/,
  ],
  [
    'a variable of the template around in a template inside',
    "[concat(parameters('serverName'), '/', parameters('principalId'))]",
    "[concat(variables('databaseServerName'), '/', parameters('principalId'))]",
    /variables: databaseServerName is not defined/,
  ],
  [
    'a name that is read from another resource in a template inside',
    "[concat(parameters('serverName'), '/', parameters('principalId'))]",
    "[concat(parameters('serverName'), '/', reference(parameters('principalId')))]",
    /reference may only stand in properties/,
  ],
  [
    'a parameter that is not handed to a template inside',
    '"principalName": { "value": "[variables(\'identityName\')]" },',
    '',
    /parameter principalName has no value/,
  ],
  ['a template inside that sees all', '"scope": "Inner"', '"scope": "Outer"', /not the inner one/],
  [
    'a template inside whose server is not waited for',
    '"dependsOn": ["[variables(\'databaseServerId\')]", "[variables(\'identityId\')]"]',
    '"dependsOn": ["[variables(\'identityId\')]"]',
    /administrators\/\S+ does not wait for .*-db/,
  ],
];

describe('a template', () => {
  for (const [file, variants] of Object.entries(TEMPLATES)) {
    it(`${file} has no fault that the linter finds`, () => {
      assert.deepEqual(lint(readTemplate(file), variants), []);
    });
  }

  for (const [name, from, to, says] of FAULTS) {
    it(`with ${name} is rejected`, () => {
      assert.match(lint(readTemplate('azuredeploy.json', from, to), WHOLE_VARIANTS).join('\n'), says);
    });
  }
});

describe('the parameters file', () => {
  const file = JSON.parse(deploymentFile('azuredeploy.parameters.json'));
  const given = Object.fromEntries(
    Object.entries<{ value: string }>(file.parameters).map(([name, { value }]) => [name, value]),
  );

  it('fits the template, and changes none of its defaults', () => {
    const template = readTemplate('azuredeploy.json');
    assert.match(file.$schema, /\/2019-04-01\/deploymentParameters\.json#$/);
    assert.deepEqual(valueProblems(template, given), []);
    for (const [name, value] of Object.entries(given))
      assert.equal(value, template.parameters[name]?.defaultValue, name);
  });

  it('has a line for every common setting, except those that are expressions in the template', () => {
    const wanted = [
      'aiLocation',
      'aiCapacity',
      'existingAiEndpoint',
      'alertEmail',
      'dailyBudgetUsd',
      'planSku',
      'instances',
      'database',
      'databaseBackupDays',
    ];
    for (const name of wanted) assert.ok(name in given, name);
    for (const name of ['allowedTenants', 'location', 'databaseLocation']) assert.ok(!(name in given), name);
  });

  it('is rejected with an unknown name, a wrong type or a value that is not allowed', () => {
    const wrong = { ...given, planSize: 'B1', instances: '1', planSku: 'F1', drainSeconds: 91 };
    assert.deepEqual(valueProblems(readTemplate('azuredeploy.json'), wrong), [
      'planSize is no parameter',
      'planSku may not be F1',
      'instances has another type',
      'drainSeconds is out of its bounds',
    ]);
  });
});
