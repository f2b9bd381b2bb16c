import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readConfig } from '../../src/config/config.ts';
import {
  type Deployment,
  deploy,
  type Evaluated,
  OUTBOUND_ADDRESSES,
  ofType,
  PRINCIPAL_ID,
  theOne,
} from './deployment.ts';
import { TENANT } from './functions.ts';
import { environmentOf, settingsOf } from './settings.ts';
import { type Json, readTemplate, textsIn } from './template.ts';
import { GROUP_ID, WHOLE_VARIANTS } from './variants.ts';

const PROVIDER = 'Microsoft.DBforPostgreSQL/';
const SERVER = `${PROVIDER}flexibleServers`;
const IDENTITY = 'Microsoft.ManagedIdentity/userAssignedIdentities';
/** For B1ms: https://learn.microsoft.com/azure/postgresql/configure-maintain/concepts-limits */
const BURSTABLE_USER_CONNECTIONS = 35;

const template = readTemplate('azuredeploy.json');
const deployWith = (given: Readonly<Record<string, Json>> = {}) => deploy(template, given);
const burstable = deployWith();
const more = deployWith(WHOLE_VARIANTS['with more of everything']);
const HOST = 'shared.postgres.database.azure.com';
const existing = deployWith({ database: 'existing', existingDatabaseHost: HOST });

const partsOf = ({ resources }: Deployment) => resources.filter(({ resource }) => resource.type.startsWith(PROVIDER));
const databaseOf = (deployment: Deployment) => readConfig(environmentOf(deployment)).database;
const urlOf = (deployment: Deployment) => settingsOf(deployment)['DATABASE_URL'] ?? '';

/** Whether a resource is created only after the other one. */
function isAfter(deployment: Deployment, later: Evaluated, earlier: Evaluated): boolean {
  const isMet = (id: string): boolean => {
    if (id === earlier.id || id === earlier.within) return true;
    return deployment.resources.find((each) => each.id === id)?.awaited.some(isMet) ?? false;
  };
  return later.awaited.some(isMet);
}

describe('the parameter database', () => {
  it('has four values, of which two create a server', () => {
    assert.deepEqual(template.parameters['database']?.allowedValues, [
      'none',
      'existing',
      'burstable',
      'generalPurpose',
    ]);
    for (const database of ['none', 'existing'])
      assert.deepEqual(partsOf(deployWith({ database, existingDatabaseHost: HOST })), [], database);
    for (const [database, sku] of [
      ['burstable', { name: 'Standard_B1ms', tier: 'Burstable' }],
      ['generalPurpose', { name: 'Standard_D2ds_v5', tier: 'GeneralPurpose' }],
    ] as const)
      assert.deepEqual(theOne(deployWith({ database }), SERVER).resource['sku'], sku);
  });

  it('`database=none` leaves the bot with its memory, and requires no other parameter', () => {
    const none = deployWith({ database: 'none' });
    assert.equal(urlOf(none), '');
    assert.equal(databaseOf(none), undefined);
  });

  it('`database=existing` makes the bot a user of that server', () => {
    const user = theOne(existing, IDENTITY).resource.name;
    assert.partialDeepStrictEqual(databaseOf(existing), { host: HOST, user, database: 'voice_bot' });
    assert.equal(existing.outputs['databaseServer'], '');
    assert.equal(existing.outputs['identityName'], user);
  });
});

describe('a new server', () => {
  it('has the checked API version and the chosen properties', () => {
    for (const { resource } of partsOf(more)) assert.equal(resource.apiVersion, '2025-08-01', resource.type);
    assert.partialDeepStrictEqual(theOne(more, SERVER).resource, {
      location: 'northeurope',
      properties: {
        version: '18',
        storage: { storageSizeGB: 128, autoGrow: 'Enabled' },
        backup: { backupRetentionDays: 35 },
      },
    });
    assert.partialDeepStrictEqual(theOne(burstable, SERVER).resource, {
      location: 'westeurope',
      properties: { version: '17', storage: { storageSizeGB: 32 }, backup: { backupRetentionDays: 7 } },
    });
    assert.equal(burstable.outputs['databaseServer'], theOne(burstable, SERVER).resource.name);
  });

  it('does not set high availability, since the published schema has no value for "none"', () => {
    assert.ok(!('highAvailability' in Object(theOne(burstable, SERVER).resource['properties'])));
  });

  it('accepts no password', () => {
    const { properties } = theOne(burstable, SERVER).resource as unknown as { properties: Record<string, Json> };
    assert.deepEqual(properties['authConfig'], {
      activeDirectoryAuth: 'Enabled',
      passwordAuth: 'Disabled',
      tenantId: TENANT,
    });
    for (const name of ['administratorLogin', 'administratorLoginPassword']) assert.ok(!(name in properties), name);
  });

  it("has the bot's identity as an administrator, and a group as another one if it is named", () => {
    const administrators = (deployment: Deployment) =>
      ofType(deployment, `${SERVER}/administrators`).map(({ resource }) => [
        resource.name.split('/')[1],
        resource['properties'],
      ]);
    const principalName = theOne(burstable, IDENTITY).resource.name;
    const bot = [PRINCIPAL_ID, { principalType: 'ServicePrincipal', principalName, tenantId: TENANT }];
    assert.deepEqual(administrators(burstable), [bot]);
    const group = { principalType: 'Group', principalName: 'Voice bot operators', tenantId: TENANT };
    const other = [PRINCIPAL_ID, { ...(bot[1] as object), principalName: theOne(more, IDENTITY).resource.name }];
    assert.deepEqual(administrators(more), [other, [GROUP_ID, group]]);
  });

  it('requires TLS', () => {
    const { resource } = theOne(burstable, `${SERVER}/configurations`);
    assert.equal(resource.name.split('/')[1], 'require_secure_transport');
    assert.partialDeepStrictEqual(resource, { properties: { value: 'on' } });
  });

  for (const [name, deployment] of Object.entries({ least: burstable, most: more })) {
    it(`gets its parts one after another: administrators, database, parameters, firewall (with the ${name} of them)`, () => {
      const [server, ...parts] = partsOf(deployment);
      const order = ['administrators', 'databases', 'configurations', 'firewallRules'];
      const kinds = parts.map(({ resource }) => order.indexOf(resource.type.split('/')[2] ?? ''));
      assert.deepEqual([...kinds].sort(), kinds, 'in the template they stand in this order');
      assert.ok(server !== undefined && kinds.includes(3));
      for (const [index, part] of parts.entries()) {
        assert.ok(isAfter(deployment, part, server), part.id);
        // Resource Manager creates the copies one by one.
        const before = parts.slice(0, index).filter(({ within }) => within === undefined || within !== part.within);
        for (const each of before) assert.ok(isAfter(deployment, part, each), `${part.id} after ${each.id}`);
      }
    });
  }

  it("is open to Azure or to the site's addresses, one rule at a time", () => {
    const rules = (deployment: Deployment) => ofType(deployment, `${SERVER}/firewallRules`);
    const addresses = (deployment: Deployment) => rules(deployment).map(({ resource }) => resource['properties']);
    assert.deepEqual(addresses(burstable), [{ startIpAddress: '0.0.0.0', endIpAddress: '0.0.0.0' }]);
    assert.deepEqual(
      addresses(more),
      OUTBOUND_ADDRESSES.map((address) => ({ startIpAddress: address, endIpAddress: address })),
    );
    const written = JSON.stringify(template.resources);
    assert.ok(written.includes('"copy":{"name":"addresses","count":'));
    assert.ok(written.includes('"mode":"Serial","batchSize":1}'));
  });

  it('has connections for all instances, and twice as many during an update', () => {
    const { defaultValue: most = 0 } = template.parameters['maxInstances'] ?? {};
    const needed = 2 * Number(most) * (databaseOf(burstable)?.poolSize ?? Number.NaN);
    assert.ok(needed <= BURSTABLE_USER_CONNECTIONS, `${needed} connections`);
  });
});

describe('the address of the database', () => {
  for (const [name, deployment] of Object.entries({ 'a new server': burstable, 'all options': more, existing })) {
    it(`authenticates the identity without a password, over verified TLS (${name})`, () => {
      const url = new URL(urlOf(deployment));
      assert.deepEqual([url.protocol, url.password, url.port], ['postgres:', '', '5432']);
      assert.deepEqual([...url.searchParams], [['sslmode', 'verify-full']]);
      assert.partialDeepStrictEqual(databaseOf(deployment), {
        user: theOne(deployment, IDENTITY).resource.name,
        tls: 'verified',
        signIn: { kind: 'azureEntraId', scope: 'https://ossrdbms-aad.database.windows.net/.default' },
      });
    });
  }

  it("names the created database and its administrator's role", () => {
    for (const deployment of [burstable, more]) {
      const config = databaseOf(deployment);
      const [server = '', database = ''] = theOne(deployment, `${SERVER}/databases`).resource.name.split('/');
      assert.equal(config?.host, `${server}.postgres.database.azure.com`);
      assert.equal(config?.database, database);
      const administrators = ofType(deployment, `${SERVER}/administrators`).map((each) => each.resource['properties']);
      assert.partialDeepStrictEqual(administrators, [
        { principalType: 'ServicePrincipal', principalName: config?.user },
      ]);
    }
  });

  it('names a valid PostgreSQL role, even with the longest bot name', () => {
    const { maxLength = 0 } = template.parameters['baseName'] ?? {};
    const { user = '' } = databaseOf(deployWith({ baseName: 'v'.repeat(maxLength) })) ?? {};
    assert.ok(user.length > maxLength && user.length <= 63, user);
  });

  it('accepts a database name that has to be encoded', () => {
    const encoded = deployWith({ database: 'existing', existingDatabaseHost: HOST, databaseName: 'bot @home?' });
    assert.equal(databaseOf(encoded)?.database, 'bot @home?');
  });
});

describe('a password', () => {
  it('appears nowhere in the deployment, and is not a parameter', () => {
    for (const given of Object.values(WHOLE_VARIANTS)) {
      const texts = deployWith(given).declared.flatMap(({ resource }) => textsIn(resource));
      const found = texts.filter(([path, text]) => /passw|administratorLogin/i.test(`${path} ${text}`));
      const [names, values] = [
        found.filter(([path]) => path.endsWith('#name')),
        found.filter(([path]) => !path.endsWith('#name')),
      ];
      assert.ok(names.every(([, text]) => text === 'passwordAuth'));
      assert.ok(values.every(([, text]) => text === 'Disabled'));
    }
    for (const [name, { type }] of Object.entries(template.parameters)) {
      assert.doesNotMatch(name, /passw|login/i);
      assert.doesNotMatch(type, /^secure/i, name);
    }
  });
});

describe('the parameter dispatch', () => {
  it('prevents a site from running turns, and does nothing else', () => {
    const [on, off] = [true, false].map((dispatch) => readConfig(environmentOf(deployWith({ dispatch }))));
    assert.deepEqual([on?.database?.isDispatching, off?.database?.isDispatching], [true, false]);
    assert.deepEqual({ ...off, database: { ...off?.database, isDispatching: true } }, on);
  });
});
