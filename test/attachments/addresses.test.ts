import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { kindOfAddress } from '../../src/attachments/connection.ts';
import { forbiddenV4, forbiddenV6, formsOfV4, formsOfV6, v4InV6 } from './forms.ts';

describe('the kind of an address', () => {
  for (const address of [
    '13.107.42.14',
    '52.112.0.1',
    '8.8.8.8',
    '168.63.129.15',
    '172.15.255.255',
    '172.32.0.0',
    '100.63.255.255',
    '100.128.0.0',
    '2603:1063::1',
    '2620:1ec:6::14',
    '2001:4860:4860::8888',
    '2A00:1450:4001:80B::200E',
  ]) {
    it(`is public: ${address}`, () => assert.equal(kindOfAddress(address), 'public'));
  }

  for (const address of ['127.0.0.1', '127.255.255.254', '::1', '0:0:0:0:0:0:0:1']) {
    it(`is loopback: ${address}`, () => assert.equal(kindOfAddress(address), 'loopback'));
  }

  for (const [name, address] of [
    ['unspecified', '0.0.0.0'],
    ['this network', '0.1.2.3'],
    ['private', '10.0.0.1'],
    ['private', '172.16.0.1'],
    ['private', '172.31.255.255'],
    ['private', '192.168.1.1'],
    ['of a carrier', '100.64.0.1'],
    ["Alibaba's metadata", '100.100.100.200'],
    ['link-local', '169.254.1.1'],
    ['metadata of Azure, AWS and Google', '169.254.169.254'],
    ["Azure's host", '168.63.129.16'],
    ["Oracle's metadata", '192.0.0.192'],
    ['documentation', '192.0.2.1'],
    ['documentation', '198.51.100.1'],
    ['documentation', '203.0.113.1'],
    ['relays of 6to4', '192.88.99.1'],
    ['benchmarks', '198.18.0.1'],
    ['multicast', '224.0.0.1'],
    ['reserved', '240.0.0.1'],
    ['broadcast', '255.255.255.255'],
    ['unspecified', '::'],
    ['IPv4-mapped', '::ffff:8.8.8.8'],
    ['IPv4-mapped loopback', '::ffff:127.0.0.1'],
    ['IPv4-mapped loopback', '::ffff:7f00:1'],
    ['IPv4-compatible loopback', '::127.0.0.1'],
    ['IPv4-compatible', '::8.8.8.8'],
    ['IPv4-translated', '::ffff:0:127.0.0.1'],
    ['NAT64', '64:ff9b::7f00:1'],
    ['NAT64 of a site', '64:ff9b:1::7f00:1'],
    ['6to4', '2002:7f00:1::'],
    ['Teredo', '2001:0:4136:e378:8000:63bf:80ff:fffe'],
    ['link-local', 'fe80::1'],
    ['link-local with a zone', 'fe80::1%eth0'],
    ['public with a zone', '2603:1063::1%eth0'],
    ['site-local', 'fec0::1'],
    ['unique-local', 'fc00::1'],
    ["AWS' metadata", 'fd00:ec2::254'],
    ["Google's metadata", 'fd20:ce::254'],
    ['multicast', 'ff02::1'],
    ['discard', '100::1'],
    ['documentation', '2001:db8::1'],
    ['documentation', '3fff::1'],
    ['benchmarks', '2001:2::1'],
    ['handed out to nobody', '4000::1'],
  ] as const) {
    it(`is forbidden: ${address} (${name})`, () => assert.equal(kindOfAddress(address), 'forbidden'));
  }

  for (const text of [
    '',
    ' ',
    'localhost',
    '8.8.8',
    '8.8.8.8.',
    '8.8.8.8 ',
    '8.8.8.8/32',
    '08.8.8.8',
    '010.8.8.8',
    '134744072',
    '0x8.8.8.8',
    '[2603:1063::1]',
    '2603:1063::1::',
    '2603:1063::1 ',
    '٨.8.8.8',
    '8。8。8。8',
  ]) {
    it(`is forbidden if the text is ambiguous or invalid: ${JSON.stringify(text)}`, () => {
      assert.equal(kindOfAddress(text), 'forbidden');
    });
  }

  it('is never public for any form of a forbidden IPv4 address', () => {
    fc.assert(
      fc.property(forbiddenV4, (value) => {
        for (const form of formsOfV4(value)) assert.notEqual(kindOfAddress(form), 'public', form);
      }),
    );
  });

  it('is never public for an IPv6 address that wraps a forbidden IPv4 address, in any form', () => {
    fc.assert(
      fc.property(forbiddenV4, (value) => {
        for (const groups of v4InV6(value)) {
          for (const form of formsOfV6(groups)) assert.notEqual(kindOfAddress(form), 'public', form);
        }
      }),
    );
  });

  it('is never public for any form of a forbidden IPv6 address', () => {
    fc.assert(
      fc.property(forbiddenV6, (groups) => {
        for (const form of formsOfV6(groups)) assert.notEqual(kindOfAddress(form), 'public', form);
      }),
    );
  });
});
