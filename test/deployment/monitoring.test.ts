import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { deploy, ofType, theOne } from './deployment.ts';
import { settingsOf } from './settings.ts';
import { readTemplate } from './template.ts';
import { WHOLE_VARIANTS } from './variants.ts';

const whole = deploy(readTemplate('azuredeploy.json'));
const more = deploy(readTemplate('azuredeploy.json'), WHOLE_VARIANTS['with more of everything']);

interface Alert {
  readonly enabled: boolean;
  readonly scopes: readonly string[];
  readonly evaluationFrequency: string;
  readonly windowSize: string;
  readonly criteria: { readonly allOf: readonly [Criterion] };
  readonly actions: readonly { readonly actionGroupId: string }[];
}

interface Criterion {
  readonly metricNamespace: string;
  readonly metricName: string;
  readonly timeAggregation: string;
  readonly operator: string;
  readonly threshold: number;
  readonly skipMetricValidation?: boolean;
  readonly dimensions?: readonly { readonly name: string }[];
}

function alertOn(metric: string, deployment = whole): Alert {
  const alerts = ofType(deployment, 'Microsoft.Insights/metricAlerts').map(
    ({ resource }) => resource['properties'] as unknown as Alert,
  );
  const [alert, ...others] = alerts.filter(({ criteria }) => criteria.allOf[0].metricName === metric);
  assert.ok(alert !== undefined && others.length === 0, `one alert on ${metric}`);
  return alert;
}

const minutes = (duration: string) => Number(/^PT(\d+)M$/.exec(duration)?.[1]);

describe('an alert', () => {
  const cases = [
    ['Http5xx', 'Microsoft.Web/sites', 'Total', 'GreaterThan', 5],
    ['HealthCheckStatus', 'Microsoft.Web/sites', 'Average', 'LessThan', 50],
    ['voice_bot.process.starts', 'Microsoft.Insights/components', 'Total', 'GreaterThan', 2],
    ['voice_bot.turns.failed', 'Microsoft.Insights/components', 'Total', 'GreaterThan', 5],
    ['storage_percent', 'Microsoft.DBforPostgreSQL/flexibleServers', 'Average', 'GreaterThan', 85],
  ] as const;

  it('exists for each of five conditions, and for four without a new database', () => {
    const alertsOf = (deployment = whole) => ofType(deployment, 'Microsoft.Insights/metricAlerts').length;
    assert.equal(alertsOf(), cases.length);
    for (const database of ['none', 'existing'])
      assert.equal(alertsOf(deploy(readTemplate('azuredeploy.json'), { database })), cases.length - 1, database);
  });

  for (const [metric, type, timeAggregation, operator, threshold] of cases) {
    it(`on ${metric} watches its source, and notifies the operator`, () => {
      const { enabled, scopes, criteria, actions, evaluationFrequency, windowSize } = alertOn(metric);
      assert.equal(enabled, true);
      assert.deepEqual(scopes, [theOne(whole, type).id]);
      assert.deepEqual(actions, [{ actionGroupId: theOne(whole, 'Microsoft.Insights/actionGroups').id }]);
      const isOfTheBot = metric.startsWith('voice_bot.');
      assert.partialDeepStrictEqual(criteria, {
        'odata.type': 'Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria',
        allOf: [
          {
            criterionType: 'StaticThresholdCriterion',
            metricNamespace: isOfTheBot ? 'azure.applicationinsights' : type,
            timeAggregation,
            operator,
            threshold,
          },
        ],
      });
      assert.ok(minutes(windowSize) >= minutes(evaluationFrequency));
    });
  }

  for (const metric of ['voice_bot.process.starts', 'voice_bot.turns.failed']) {
    it(`on ${metric} can be created before the bot has sent it, and uses no dimension of it`, () => {
      const [criterion] = alertOn(metric).criteria.allOf;
      // The namespace that Application Insights uses for exporters without one, such as OpenTelemetry's.
      assert.equal(criterion.metricNamespace, 'azure.applicationinsights');
      assert.equal(criterion.skipMetricValidation, true);
      assert.equal(criterion.dimensions, undefined);
    });
  }

  it('on health detects a single bad instance among others, from 0 to 100, at the interval of the metric', () => {
    const { criteria, windowSize } = alertOn('HealthCheckStatus');
    assert.partialDeepStrictEqual(criteria.allOf[0], {
      metricNamespace: 'Microsoft.Web/sites',
      dimensions: [{ name: 'Instance', operator: 'Include', values: ['*'] }],
      threshold: 50,
    });
    assert.ok(minutes(windowSize) >= 5);
  });

  it('on restarts tolerates an update of all instances', () => {
    assert.equal(alertOn('voice_bot.process.starts').criteria.allOf[0].threshold, 2);
    assert.equal(alertOn('voice_bot.process.starts', more).criteria.allOf[0].threshold, 6);
  });
});

describe('the recipient of alerts', () => {
  it('is the given address, or nobody', () => {
    const receivers = (deployment = whole) =>
      (theOne(deployment, 'Microsoft.Insights/actionGroups').resource['properties'] as { emailReceivers: unknown })
        .emailReceivers;
    assert.deepEqual(receivers(), []);
    assert.deepEqual(receivers(more), [
      { name: 'operator', emailAddress: 'operator@example.com', useCommonAlertSchema: true },
    ]);
    assert.partialDeepStrictEqual(theOne(whole, 'Microsoft.Insights/actionGroups').resource, {
      location: 'global',
      properties: { enabled: true },
    });
  });
});

describe('the logs', () => {
  const workspace = theOne(whole, 'Microsoft.OperationalInsights/workspaces').id;
  const siteLogs = ofType(whole, 'Microsoft.Web/sites/config').find(({ id }) => id.endsWith('/config/logs'))?.resource;
  const sent = ofType(whole, 'Microsoft.Insights/diagnosticSettings').map(({ resource }) => resource);

  for (const [type, logs] of [
    ['Microsoft.Web/sites', ['AppServiceConsoleLogs', 'AppServicePlatformLogs', 'AppServiceAuditLogs']],
    ['Microsoft.BotService/botServices', ['BotRequest']],
  ] as const) {
    it(`of ${type} go to the workspace`, () => {
      const found = sent.filter(({ scope }) => scope === theOne(whole, type).id);
      assert.deepEqual(
        found.map((each) => each['properties']),
        [
          {
            workspaceId: workspace,
            logs: logs.map((category) => ({ category, enabled: true })),
            metrics: [{ category: 'AllMetrics', enabled: true }],
          },
        ],
      );
    });
  }

  it('contain no request addresses, since the address of audio gives access to it', () => {
    for (const each of sent) assert.doesNotMatch(JSON.stringify(each['properties']), /HTTPLogs|allLogs/i);
    // On Linux only the console exists; request logs are files on Windows:
    // https://learn.microsoft.com/azure/app-service/troubleshoot-diagnostic-logs#overview
    assert.equal(theOne(whole, 'Microsoft.Web/sites').resource['kind'], 'app,linux');
    assert.deepEqual(siteLogs?.['properties'], {
      httpLogs: { fileSystem: { enabled: true, retentionInDays: 3, retentionInMb: 35 } },
    });
  });

  it('and metrics of the bot go where the template expects them', () => {
    const { APPLICATIONINSIGHTS_CONNECTION_STRING: target } = settingsOf(whole);
    assert.match(target ?? '', /^InstrumentationKey=[0-9a-f-]{36};IngestionEndpoint=https:/);
  });

  it('of the console can be streamed, and telemetry goes to the same workspace', () => {
    assert.partialDeepStrictEqual(siteLogs, { properties: { httpLogs: { fileSystem: { enabled: true } } } });
    assert.partialDeepStrictEqual(theOne(whole, 'Microsoft.Insights/components').resource, {
      properties: { WorkspaceResourceId: workspace, IngestionMode: 'LogAnalytics' },
    });
  });
});
