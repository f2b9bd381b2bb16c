import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { deploy, ofType, theOne } from './deployment.ts';
import { readTemplate } from './template.ts';
import { WHOLE_VARIANTS } from './variants.ts';

const template = readTemplate('azuredeploy.json');
const whole = deploy(template);
const more = deploy(template, WHOLE_VARIANTS['with more of everything']);

interface ScaleRule {
  readonly metricTrigger: {
    readonly metricName: string;
    readonly metricResourceUri: string;
    readonly operator: string;
    readonly threshold: number;
    readonly timeWindow: string;
  };
  readonly scaleAction: {
    readonly direction: string;
    readonly type: string;
    readonly value: string;
    readonly cooldown: string;
  };
}

describe('the App Service plan', () => {
  it('runs Linux, and can keep a site loaded', () => {
    const { resource } = theOne(whole, 'Microsoft.Web/serverfarms');
    assert.partialDeepStrictEqual(resource, {
      kind: 'linux',
      sku: { name: 'B1', capacity: 1 },
      properties: { reserved: true },
    });
    for (const size of template.parameters['planSku']?.allowedValues ?? []) {
      const made = theOne(deploy(template, { planSku: size }), 'Microsoft.Web/serverfarms').resource;
      assert.partialDeepStrictEqual(made, { sku: { name: size } });
    }
    assert.ok(template.parameters['planSku']?.allowedValues?.every((size) => /^[BSP]/.test(String(size))));
  });

  it('scales automatically if its size can, and only then', () => {
    assert.deepEqual(ofType(whole, 'Microsoft.Insights/autoscalesettings'), []);
    for (const size of template.parameters['planSku']?.allowedValues ?? []) {
      const scaled = ofType(deploy(template, { planSku: size }), 'Microsoft.Insights/autoscalesettings');
      assert.equal(scaled.length, String(size).startsWith('B') ? 0 : 1, String(size));
    }
    const { resource } = theOne(more, 'Microsoft.Insights/autoscalesettings');
    assert.partialDeepStrictEqual(resource, {
      properties: {
        enabled: true,
        targetResourceUri: theOne(more, 'Microsoft.Web/serverfarms').id,
        profiles: [{ capacity: { minimum: '2', maximum: '5', default: '2' } }],
      },
    });
  });

  it('has the requested number of instances, or the current one if it scales automatically', () => {
    const skuOf = (planSku: string) =>
      theOne(deploy(template, { planSku, instances: 2 }), 'Microsoft.Web/serverfarms').resource['sku'];
    assert.deepEqual(skuOf('B2'), { name: 'B2', capacity: 2 });
    assert.deepEqual(skuOf('S1'), { name: 'S1' });
  });

  it('has one instance without a database and does not scale, since instances would not share memory', () => {
    for (const planSku of template.parameters['planSku']?.allowedValues ?? []) {
      const alone = deploy(template, { database: 'none', planSku, instances: 3 });
      assert.deepEqual(ofType(alone, 'Microsoft.Insights/autoscalesettings'), []);
      const { resource } = theOne(alone, 'Microsoft.Web/serverfarms');
      assert.deepEqual(resource['sku'], { name: planSku, capacity: 1 });
    }
  });

  it('adds an instance if one of two resources is short, and more slowly removes one if neither is', () => {
    const { id } = theOne(more, 'Microsoft.Web/serverfarms');
    const { profiles } = theOne(more, 'Microsoft.Insights/autoscalesettings').resource['properties'] as unknown as {
      profiles: readonly { readonly rules: readonly ScaleRule[] }[];
    };
    const rules = profiles.flatMap((profile) => profile.rules);
    for (const { metricTrigger, scaleAction } of rules) {
      assert.equal(metricTrigger.metricResourceUri, id);
      assert.deepEqual([scaleAction.type, scaleAction.value], ['ChangeCount', '1']);
    }
    const said = rules.map(({ metricTrigger: { metricName, operator, threshold, timeWindow }, scaleAction }) =>
      [metricName, operator, threshold, timeWindow, scaleAction.direction, scaleAction.cooldown].join(' '),
    );
    assert.deepEqual(said, [
      'CpuPercentage GreaterThan 70 PT5M Increase PT5M',
      'MemoryPercentage GreaterThan 80 PT5M Increase PT5M',
      'CpuPercentage LessThan 30 PT15M Decrease PT15M',
      'MemoryPercentage LessThan 60 PT15M Decrease PT15M',
    ]);
  });

  it('never scales below its minimum', () => {
    const given = { planSku: 'P0v3', instances: 4, maxInstances: 1 };
    assert.partialDeepStrictEqual(theOne(deploy(template, given), 'Microsoft.Insights/autoscalesettings').resource, {
      properties: { profiles: [{ capacity: { minimum: '4', maximum: '4' } }] },
    });
  });
});
