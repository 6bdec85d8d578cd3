import { describe, expect, it } from 'vitest';
import { accessOf, allows, somebodyMayAct } from '../../src/chat/permissions.ts';

const none = { operators: [], admins: [] };
const set = { operators: ['op'], admins: ['ad'] };

describe('access', () => {
  it('without role settings is for those who manage the server', () => {
    expect(accessOf(none, { roleIds: [], managesServer: true, inNamedServer: true })).toBe('admin');
    expect(accessOf(none, { roleIds: ['x'], managesServer: false, inNamedServer: true })).toBe('everyone');
  });

  it('without role settings is for nobody in a server that is not named', () => {
    expect(accessOf(none, { roleIds: [], managesServer: true, inNamedServer: false })).toBe('everyone');
    expect(somebodyMayAct(none, [])).toBe(false);
    expect(somebodyMayAct(none, ['1'])).toBe(true);
    expect(somebodyMayAct(set, [])).toBe(true);
  });

  it('with role settings is by role alone, also when only one kind is set', () => {
    expect(accessOf(set, { roleIds: ['op'], managesServer: false, inNamedServer: true })).toBe('operator');
    expect(accessOf(set, { roleIds: ['op', 'ad'], managesServer: false, inNamedServer: true })).toBe('admin');
    expect(accessOf(set, { roleIds: ['other'], managesServer: true, inNamedServer: true })).toBe('everyone');
    expect(accessOf({ operators: ['op'], admins: [] }, { roleIds: [], managesServer: true, inNamedServer: true })).toBe(
      'everyone',
    );
    expect(
      accessOf({ operators: [], admins: ['ad'] }, { roleIds: ['op'], managesServer: true, inNamedServer: true }),
    ).toBe('everyone');
  });

  it('outside of a server is asking only', () => {
    expect(accessOf(none, null)).toBe('everyone');
  });

  it('includes what less access may do, and nothing more', () => {
    expect(allows('admin', 'operator')).toBe(true);
    expect(allows('operator', 'operator')).toBe(true);
    expect(allows('operator', 'admin')).toBe(false);
    expect(allows('everyone', 'operator')).toBe(false);
    expect(allows('owner' as 'admin', 'everyone')).toBe(false);
    expect(allows('admin', 'god' as 'admin')).toBe(false);
  });
});
