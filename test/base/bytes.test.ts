import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { GIB, KIB, MIB } from '../../src/base/bytes.ts';
import { filesUnder } from '../wall/imports.ts';

const repository = join(import.meta.dirname, '..', '..');
const SPELLED_OUT = /\b1024 \* 1024\b|\b2 \*\* [23]0\b|\b1024 \*\* [23]\b/;

test('units of memory are powers of 1024', () => {
  expect([KIB, MIB, GIB]).toEqual([2 ** 10, 2 ** 20, 2 ** 30]);
});

test('nobody writes them out again', () => {
  const files = ['src', 'commands'].flatMap((folder) => filesUnder(repository, folder));
  expect(files.filter((file) => SPELLED_OUT.test(readFileSync(join(repository, file), 'utf8')))).toEqual([]);
});
