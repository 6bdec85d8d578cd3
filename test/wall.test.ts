import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { breaches } from './wall/check.ts';
import { KNOWN_CIRCLES, ROOMS } from './wall/table.ts';

const repository = join(import.meta.dirname, '..');

describe('the wall between the rooms', () => {
  test('holds: rooms, packages, purity, no circles', { timeout: 60_000 }, () => {
    expect(breaches(repository, { rooms: ROOMS, knownCircles: KNOWN_CIRCLES })).toEqual([]);
  });
});

describe('a tree that breaks it', () => {
  const trees: string[] = [];
  afterEach(() => {
    for (const tree of trees.splice(0)) {
      rmSync(tree, { recursive: true });
    }
  });

  function breachesWith(files: Readonly<Record<string, string>>, knownCircles = [] as typeof KNOWN_CIRCLES) {
    const tree = mkdtempSync(join(tmpdir(), 'headroom-wall-'));
    trees.push(tree);
    cpSync(join(repository, 'package.json'), join(tree, 'package.json'));
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(tree, path)), { recursive: true });
      writeFileSync(join(tree, path), text);
    }
    return breaches(tree, { rooms: ROOMS, knownCircles });
  }

  test('a room imports one that the table does not grant it, for types as for values', () => {
    expect(
      breachesWith({
        'src/estimator/a.ts': "import type { Log } from '../store/b.ts';\nexport const log: Log | null = null;",
        'src/chat/a.ts': "export { b } from '../servers/b.ts';",
        'src/schedule/a.ts': "export const b = () => import('../gpus/b.ts');",
        'src/gguf/a.ts': "export type B = import('../compose/b.ts').B;",
        'src/web/a.ts': "export const file = new URL('../discord/b.ts', import.meta.url);",
        'src/store/b.ts': 'export type Log = string;',
        'src/servers/b.ts': 'export const b = 1;',
        'src/gpus/b.ts': 'export const b = 1;',
        'src/compose/b.ts': 'export type B = string;',
        'src/discord/b.ts': 'export const b = 1;',
      }),
    ).toEqual([
      'src/chat/a.ts: chat may not import servers (src/servers/b.ts)',
      'src/estimator/a.ts: estimator may not import store (src/store/b.ts)',
      'src/gguf/a.ts: gguf may not import compose (src/compose/b.ts)',
      'src/schedule/a.ts: schedule may not import gpus (src/gpus/b.ts)',
      'src/web/a.ts: web may not import discord (src/discord/b.ts)',
    ]);
  });

  test('a room imports another past the door that the table names', () => {
    expect(
      breachesWith({
        'src/gpus/a.ts':
          "import type { A } from '../estimator/types.ts';\nimport '../estimator/plan/decide.ts';\nexport type B = A;",
        'src/estimator/types.ts': 'export type A = string;',
        'src/estimator/plan/decide.ts': 'export const decide = 1;',
      }),
    ).toEqual([
      'src/gpus/a.ts: gpus may import of estimator only types.ts, cards.ts, gpu-list.ts, versions.ts, not plan/decide.ts',
    ]);
  });

  test('a package where it does not belong, or that only developers have', () => {
    expect(
      breachesWith({
        'src/estimator/a.ts':
          "import { readFileSync } from 'node:fs';\nimport { z } from 'zod';\nexport const a = [readFileSync, z];",
        'src/chat/a.ts': "import { Client } from 'discord.js';\nexport const a = Client;",
        'commands/a.ts': "import { parseSync } from 'oxc-parser';\nexport const a = parseSync;",
      }),
    ).toEqual([
      'commands/a.ts: commands may not use the package oxc-parser',
      'src/chat/a.ts: chat may not use the package discord.js',
      'src/estimator/a.ts: estimator may not use the package node:fs',
      'src/estimator/a.ts: estimator may not use the package zod',
    ]);
  });

  test('a pure room looks at the clock, the environment, chance or the network', () => {
    expect(
      breachesWith({
        'src/estimator/a.ts': 'export const a = () => [Date.now(), Math.random(), process.env.HOME];',
        'src/logs/a.ts': 'const { env } = process;\nexport const a = [env, new Date(), performance.now(), fetch("x")];',
        'src/base/a.ts': 'export const a = () => { setTimeout(() => console.log(1), 5); };',
        'src/gguf/a.ts': 'export const a = Date.now();',
        'src/estimator/b.ts': 'export const b = (process: { name: string }, at: Date) => new Date(at) && { process };',
      }),
    ).toEqual([
      'src/base/a.ts: base is pure and may not touch console',
      'src/estimator/a.ts: estimator is pure and may not touch Date.now',
      'src/estimator/a.ts: estimator is pure and may not touch Math.random',
      'src/estimator/a.ts: estimator is pure and may not touch process',
      'src/logs/a.ts: logs is pure and may not touch fetch',
      'src/logs/a.ts: logs is pure and may not touch new Date()',
      'src/logs/a.ts: logs is pure and may not touch performance',
      'src/logs/a.ts: logs is pure and may not touch process',
    ]);
  });

  test('a room or a file that the table does not know', () => {
    expect(
      breachesWith({
        'src/attic/a.ts': "import '../attic/b.ts';",
        'src/helpers.ts': 'export const a = 1;',
        'extras/a.ts': 'export const a = 1;',
        'commands/a.ts': "export { a } from '../src/helpers.ts';",
      }),
    ).toEqual([
      'commands/a.ts: imports src/helpers.ts, which lies in no room of the table',
      'extras/a.ts: lies in no room of the table',
      'src/attic/a.ts: lies in no room of the table',
      'src/helpers.ts: lies in no room of the table',
    ]);
  });

  test('files that import each other in a circle, types too', () => {
    const circle = {
      'src/chat/a.ts': "import type { B } from './b.ts';\nexport type A = B;",
      'src/chat/b.ts': "import type { C } from './c.ts';\nexport type B = C;",
      'src/chat/c.ts': "import type { A } from './a.ts';\nexport type C = A;",
      'src/chat/d.ts': "import type { A } from './a.ts';\nexport type D = A;",
    };
    expect(breachesWith(circle)).toEqual([
      'src/chat/a.ts: imports itself in a circle of 3 files: src/chat/a.ts, src/chat/b.ts, src/chat/c.ts',
    ]);
    expect(breachesWith(circle, [{ under: 'src/chat', why: 'on its way out' }])).toEqual([]);
  });

  test('a circle that is gone but still excused', () => {
    expect(
      breachesWith({ 'src/chat/a.ts': 'export const a = 1;' }, [{ under: 'src/chat', why: 'on its way out' }]),
    ).toEqual(['src/chat: its circle of imports is gone; take it off the list of known circles']);
  });

  test('an import whose target nobody can read', () => {
    expect(breachesWith({ 'src/chat/a.ts': 'export const a = (name: string) => import(name);' })).toEqual([
      'src/chat/a.ts: imports a module whose name is computed',
    ]);
  });

  test('a table in which rooms may import each other', () => {
    const tree = mkdtempSync(join(tmpdir(), 'headroom-wall-'));
    trees.push(tree);
    writeFileSync(join(tree, 'package.json'), '{}');
    const room = (folder: string, other: string) => ({ folder, mayImport: { [other]: 'all' as const }, packages: [] });
    expect(
      breaches(tree, { rooms: { one: room('src/one', 'two'), two: room('src/two', 'one') }, knownCircles: [] }),
    ).toEqual(['the table lets rooms import each other in a circle: one, two']);
  });
});
