import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as ofIdentity from '@azure/identity';
import * as ofConnector from 'botframework-connector';
import { AuthenticationError as OpenAiAuthenticationError } from 'openai';
import { TurnError } from '../src/errors.ts';
import { createLogger, describeError } from '../src/log.ts';

describe('the log', () => {
  it('writes one JSON line an event, with the level by name', () => {
    const lines: string[] = [];
    createLogger('info', { write: (line: string) => void lines.push(line) }).info({ turn: 't' }, 'turn ended');
    const { level, turn, msg } = JSON.parse(lines[0] ?? '');
    assert.deepEqual({ level, turn, msg }, { level: 'info', turn: 't', msg: 'turn ended' });
  });

  it('logs names and codes of an error and its causes, and no other fields', () => {
    const rest = Object.assign(new Error('refused'), {
      code: 'BadSyntax',
      statusCode: 400,
      request: { headers: { authorization: 'Bearer secret' }, body: 'what somebody said' },
    });
    const described = describeError(new TurnError('internal', 'broke', { cause: rest }));
    assert.doesNotMatch(JSON.stringify(described), /secret|somebody/);
    assert.deepEqual(described['cause'], { type: 'Error', code: 'BadSyntax', statusCode: 400 });
    assert.equal(described['code'], 'internal');
  });

  it("omits messages that may quote the users' words, but not those of this program", () => {
    const said = 'what somebody said';
    const parsed = (() => {
      try {
        return JSON.parse(said);
      } catch (error) {
        return error;
      }
    })();
    const several = new Error(`first\n    at ${said} (file:1:1)\nlast`);
    const coded = Object.assign(new Error('x'), { code: said, name: 'RestError' });
    for (const error of [parsed, new TypeError(said), several, coded, said, { message: said }])
      assert.doesNotMatch(JSON.stringify(describeError(error)), /somebody/);
    assert.match(String(describeError(several)['stack']), /^ {4}at .*log\.test\.ts:\d+:\d+\)?/);
    assert.equal(describeError(new TurnError('internal', 'broke'))['message'], 'broke');
  });

  it('logs the messages of sign-in errors, but not those of other errors with the same names', () => {
    const said = 'AADSTS7000215: Invalid client secret';
    const named = (name: string) => Object.assign(new Error(said), { name });
    for (const error of [
      new ofIdentity.AuthenticationError(401, { error: 'invalid_client', error_description: said }),
      new ofIdentity.AggregateAuthenticationError([new Error(said)]),
      new ofIdentity.CredentialUnavailableError(said),
      // The form of MSAL's errors.
      Object.assign(named('ServerError'), { errorCode: 'invalid_client', errorMessage: said, subError: '' }),
      Object.assign(named('ClientAuthError'), { errorCode: 'endpoints_resolution_error', errorMessage: said }),
      new ofConnector.AuthenticationError(said, 401),
      named('JsonWebTokenError'),
      named('TokenExpiredError'),
    ])
      assert.match(String(describeError(error)['message']), /AADSTS7000215/, error.constructor.name);

    class LocalServerError extends Error {
      override readonly name = 'ServerError';
    }
    const headers = new Headers();
    for (const error of [
      new OpenAiAuthenticationError(401, { message: 'what somebody said' }, undefined, headers),
      new LocalServerError('what somebody said'),
      Object.assign(new Error('what somebody said'), { name: 'AuthenticationError' }),
    ])
      assert.doesNotMatch(JSON.stringify(describeError(error)), /somebody/, error.constructor.name);
  });

  it('logs the stack of a programming error', () => {
    assert.match(String(describeError(new TypeError('x is not a function'))['stack']), /log\.test\.ts/);
  });

  it('accepts values that are not errors, and endless chains of causes', () => {
    assert.deepEqual(describeError(undefined), { type: 'undefined' });
    const loop = new Error('loop');
    loop.cause = loop;
    assert.ok(JSON.stringify(describeError(loop)).length < 20_000);
  });
});
