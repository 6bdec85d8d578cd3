/**
 * `npm run release -- VERSION`: the version, the changelog's date, the docs, all tests, the package, a commit and a tag.
 * Nothing is pushed; what goes wrong leaves the tree as it is, and says so.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
const [version = ''] = process.argv.slice(2);

/** Runs a program and shows what it says. */
function run(command: string, ...args: string[]): void {
  execFileSync(command, args, { cwd: root, stdio: 'inherit' });
}

function refuse(why: string): never {
  console.error(why);
  process.exit(1);
}

if (!/^\d+\.\d+\.\d+(?:-[0-9a-z.]+)?$/.test(version)) {
  refuse('Name a version: npm run release -- 0.2.0');
}
const git = (...args: string[]) => execFileSync('git', args, { cwd: root, encoding: 'utf8' }).trim();
if (git('status', '--porcelain') !== '') {
  refuse('There are changes that are not committed.');
}
if (git('tag', '--list', `v${version}`) !== '') {
  refuse(`There is a tag v${version} already.`);
}
const changelog = readFileSync(join(root, 'CHANGELOG.md'), 'utf8');
const heading = `## ${version} (unreleased)`;
if (!changelog.includes(heading)) {
  refuse(`CHANGELOG.md has no "${heading}".`);
}

run('npm', 'version', version, '--no-git-tag-version', '--allow-same-version');
const today = new Date().toISOString().slice(0, 10);
writeFileSync(join(root, 'CHANGELOG.md'), changelog.replace(heading, `## ${version} (${today})`));
run('npm', 'run', 'docs');
run('npm', 'test');
run('npm', 'run', 'test:full');
run('npm', 'run', 'build');
run('npm', 'pack');
git('add', '--all');
git('commit', '--message', `Headroom ${version}`);
git('tag', '--annotate', `v${version}`, '--message', `Headroom ${version}`);
console.log(`headroom-${version}.tgz is packed, v${version} is tagged. Push both when you have looked at them.`);
