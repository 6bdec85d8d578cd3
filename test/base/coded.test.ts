import { expect, test } from 'vitest';
import { CodedError } from '../../src/base/coded.ts';

class RoomError extends CodedError<'gone'> {
  override readonly name = 'RoomError';
}

test('an error of a room tells its code, its figures and its cause, and is told apart by its class', () => {
  const cause = new Error('below');
  const error = new RoomError('gone', { after: 3 }, cause);
  expect(error).toBeInstanceOf(CodedError);
  expect([error.name, error.code, error.params, error.message, error.cause]).toEqual([
    'RoomError',
    'gone',
    { after: 3 },
    'gone {"after":3}',
    cause,
  ]);
  expect(String(new RoomError('gone'))).toBe('RoomError: gone');
  expect('cause' in new RoomError('gone')).toBe(false);
});
