import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { createTranslator } from '../../src/chat/translate.ts';
import { toolCommands } from '../../src/tool/commands.ts';
import { completionScript } from '../../src/tool/completion.ts';
import { manPage } from '../../src/tool/man.ts';

const folder = mkdtempSync(join(tmpdir(), 'headroom-completion-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const MODELS = ['gemma3:12b', 'gemma3:1b', 'qwen3:8b'];
const has = (program: string) => spawnSync('sh', ['-c', `command -v ${program}`]).status === 0;

function script(shell: 'bash' | 'zsh' | 'fish'): string {
  const path = join(folder, `headroom.${shell}`);
  writeFileSync(path, completionScript(shell, toolCommands, MODELS));
  return path;
}

function said(program: string, args: readonly string[], input = ''): string {
  const { stdout, stderr } = spawnSync(program, args, { input, encoding: 'utf8', timeout: 30_000 });
  return stdout + stderr;
}

/** What each shell is asked, and a word that it must offer. */
const ASKED = [
  [['fi'], 'fit'],
  [['fit', '--ct'], '--ctx'],
  [['fit', 'x', '--kv', 'q8'], 'q8_0'],
  [['completion', 'z'], 'zsh'],
  [['fit', 'qwen'], 'qwen3:8b'],
] as const;

describe('completion in a real shell', () => {
  it.skipIf(!has('bash')).each(ASKED)('bash: headroom %j', (words, offered) => {
    const line = ['headroom', ...words];
    const program = `source "$0"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _headroom; printf '%s\\n' "\${COMPREPLY[@]}"`;
    // A colon parts words in bash; without its helper functions the whole name is one.
    expect(said('bash', ['--norc', '-c', program, script('bash'), ...line]).split('\n')).toContain(offered);
  });

  it.skipIf(!has('fish')).each(ASKED)('fish: headroom %j', (words, offered) => {
    const program = `source ${script('fish')}; complete -C "headroom ${words.join(' ')}"`;
    expect(said('fish', ['--no-config', '-c', program]).split('\n')).toContain(offered);
  });

  it.skipIf(!has('zsh')).each(ASKED)('zsh: headroom %j', (words, offered) => {
    // A shell in a terminal of its own, in which Tab and then Enter are pressed; the command tells what it was given.
    const program = `
      zmodload zsh/zpty
      zpty shell zsh -f -i
      zpty -w shell "PS1=ready; autoload -U compinit; compinit -u -d ${folder}/dump; source ${script('zsh')}; headroom() { echo GOT:\\$*: }; echo go''on"
      zpty -r shell line '*goon*'
      zpty -w -n shell "headroom ${words.join(' ')}"$'\\t'
      sleep 1
      zpty -w -n shell $'\\r'
      sleep 1
      while zpty -r -t shell more; do print -r -- "$more"; done
      zpty -d shell`;
    expect(said('zsh', ['-f', '-c', program])).toContain(`GOT:${[...words.slice(0, -1), offered].join(' ')}:`);
  });
});

describe('the man page', () => {
  it.skipIf(!has('man')).each(['en', 'zh-CN'] as const)('is taken by man without a warning: %s', (locale) => {
    const path = join(folder, `headroom-${locale}.1`);
    writeFileSync(path, manPage(toolCommands, createTranslator(locale), '1.2.3'));
    const { stdout, stderr } = spawnSync('man', ['--warnings', '-E', 'UTF-8', '-l', path], {
      encoding: 'utf8',
      env: { ...process.env, MANWIDTH: '80', LC_ALL: 'C.UTF-8' },
    });
    expect(stderr).toBe('');
    for (const { name } of toolCommands) {
      expect(stdout).toContain(`headroom ${name}`);
    }
  });
});
