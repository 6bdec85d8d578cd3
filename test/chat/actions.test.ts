import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createActionRegistry } from '../../src/chat/actions.ts';
import type { Action } from '../../src/chat/reply.ts';

function action(n: number, more: Partial<Action> = {}): Action {
  return { label: `n${n}`, style: 'primary', call: { handler: 'h', payload: { n } }, ...more };
}

describe('the registry of buttons', () => {
  it('gives tokens that fit into a custom_id, are never the same, and say nothing', () => {
    const registry = createActionRegistry();
    const tokens = Array.from({ length: 500 }, (_, n) => registry.issue([action(n)])[0]!);
    expect(new Set(tokens).size).toBe(500);
    for (const token of tokens) {
      expect(token).toMatch(/^[A-Za-z0-9_-]{22}$/);
    }
  });

  it('knows no token that it did not give', () => {
    const registry = createActionRegistry();
    registry.issue([action(1)]);
    fc.assert(
      fc.property(fc.string(), (token) => {
        expect(registry.check(token, 'ada')).toEqual({ ok: false, why: 'error.button-unknown' });
      }),
    );
  });

  it('binds to people, to one use, and to time', () => {
    let now = 1_000;
    const registry = createActionRegistry({ now: () => now });
    const [mine, once, brief] = registry.issue([
      action(1, { onlyFor: ['ada'] }),
      action(2, { once: true }),
      action(3, { expiresInMs: 50 }),
    ]);
    expect(registry.check(mine!, 'bob')).toEqual({ ok: false, why: 'error.button-not-yours' });
    expect(registry.check(mine!, 'ada').ok).toBe(true);

    const first = registry.check(once!, 'ada');
    const second = registry.check(once!, 'bob');
    expect([first.ok, second.ok]).toEqual([true, true]);
    if (first.ok) {
      first.consume();
    }
    expect(registry.check(once!, 'bob')).toEqual({ ok: false, why: 'error.button-used' });

    now += 49;
    expect(registry.check(brief!, 'ada').ok).toBe(true);
    now += 1;
    expect(registry.check(brief!, 'ada')).toEqual({ ok: false, why: 'error.button-expired' });
  });

  it('expires after a day unless told otherwise', () => {
    let now = 0;
    const registry = createActionRegistry({ now: () => now });
    const [token] = registry.issue([action(1)]);
    now = 24 * 60 * 60 * 1000 - 1;
    expect(registry.check(token!, 'ada').ok).toBe(true);
    now += 1;
    expect(registry.check(token!, 'ada').ok).toBe(false);
  });

  it('forgets the oldest beyond its capacity', () => {
    const registry = createActionRegistry({ capacity: 3 });
    const tokens = [1, 2, 3, 4].map((n) => registry.issue([action(n)])[0]!);
    expect(registry.size).toBe(3);
    expect(tokens.map((token) => registry.check(token, 'ada').ok)).toEqual([false, true, true, true]);
  });

  it('keeps the token of a button that stays on its message and drops those that left', () => {
    const registry = createActionRegistry();
    const before = registry.issue([action(1), action(2)]);
    const after = registry.issue([action(2, { label: 'new label' }), action(3)], before);
    expect(after[0]).toBe(before[1]);
    expect(registry.check(before[0]!, 'ada').ok).toBe(false);
    expect(registry.size).toBe(2);
    for (let edit = 0; edit < 100; edit += 1) {
      registry.issue([action(2), action(3)], after);
    }
    expect(registry.size).toBe(2);
  });

  it('does not make a used button fresh by drawing it again', () => {
    const registry = createActionRegistry();
    const [token] = registry.issue([action(1, { once: true })]);
    const check = registry.check(token!, 'ada');
    if (check.ok) {
      check.consume();
    }
    const again = registry.issue([action(1, { once: true })], [token!]);
    expect(registry.check(again[0]!, 'ada').ok).toBe(false);
  });
});
