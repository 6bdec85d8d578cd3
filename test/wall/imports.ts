/** What every TypeScript file of a tree imports and which ambient names it touches, read with a real parser. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, posix, relative, sep } from 'node:path';
import { parseSync, Visitor } from 'oxc-parser';

export interface Import {
  /** As written. */
  readonly specifier: string;
  /** Relative to the tree, for files of the project; null for packages. */
  readonly file: string | null;
  /** A worker's file is named by an URL: it is no import, but the wall stands there as well. */
  readonly byUrl: boolean;
}

export interface SourceFile {
  /** Relative to the tree, with `/`. */
  readonly path: string;
  readonly imports: readonly Import[];
  /** What of the world around it the file touches, such as `Date.now` or `process`. */
  readonly ambient: readonly string[];
  /** What the wall cannot see through: computed imports, files that do not parse. */
  readonly faults: readonly string[];
}

/** Names that are the world outside wherever they are no local variable. */
const AMBIENT_OBJECTS = new Set(['process', 'performance', 'globalThis', 'console', 'crypto']);
const AMBIENT_CALLS = new Set([
  'fetch',
  'require',
  'setTimeout',
  'clearTimeout',
  'setInterval',
  'setImmediate',
  'queueMicrotask',
  'Date',
]);
const AMBIENT_MEMBERS = new Set(['Date.now', 'Math.random', 'import.meta', 'Atomics.wait']);

/** Every `.ts` and `.tsx` file under a folder of the tree, generated declarations and installed packages left out. */
export function filesUnder(tree: string, folder: string): readonly string[] {
  const path = join(tree, folder);
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined) {
    return [];
  }
  if (found.isFile()) {
    return [folder];
  }
  return readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.tsx?$/.test(entry.name) && !entry.name.endsWith('.d.ts'))
    .map((entry) => relative(tree, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .filter((file) => !/(^|\/)(node_modules|dist|build)\//.test(file))
    .sort();
}

export function readSource(tree: string, path: string): SourceFile {
  const text = readFileSync(join(tree, path), 'utf8');
  const parsed = parseSync(path, text);
  const faults = parsed.errors.map((error) => `cannot be parsed: ${error.message}`);
  const specifiers = new Set<string>();
  for (const one of parsed.module.staticImports) {
    specifiers.add(one.moduleRequest.value);
  }
  for (const one of parsed.module.staticExports) {
    for (const entry of one.entries) {
      if (entry.moduleRequest !== null && entry.moduleRequest !== undefined) {
        specifiers.add(entry.moduleRequest.value);
      }
    }
  }
  const ambient = new Set<string>();
  const urls = new Set<string>();
  const touches = (name: string) => {
    ambient.add(name);
  };
  new Visitor({
    ImportExpression(node) {
      if (node.source.type === 'Literal' && typeof node.source.value === 'string') {
        specifiers.add(node.source.value);
      } else {
        faults.push('imports a module whose name is computed');
      }
    },
    TSImportType(node) {
      if (typeof node.source.value === 'string') {
        specifiers.add(node.source.value);
      }
    },
    MemberExpression(node) {
      if (node.object.type === 'MetaProperty') {
        touches('import.meta');
      }
      if (node.object.type !== 'Identifier') {
        return;
      }
      if (AMBIENT_OBJECTS.has(node.object.name)) {
        touches(node.object.name);
      }
      if (node.property.type === 'Identifier' && AMBIENT_MEMBERS.has(`${node.object.name}.${node.property.name}`)) {
        touches(`${node.object.name}.${node.property.name}`);
      }
    },
    VariableDeclarator(node) {
      // `const { env } = process`, `const later = setTimeout`.
      if (
        node.init?.type === 'Identifier' &&
        (AMBIENT_OBJECTS.has(node.init.name) || AMBIENT_CALLS.has(node.init.name))
      ) {
        touches(node.init.name);
      }
    },
    CallExpression(node) {
      if (node.callee.type === 'Identifier' && AMBIENT_CALLS.has(node.callee.name)) {
        touches(node.callee.name);
      }
    },
    NewExpression(node) {
      if (node.callee.type !== 'Identifier') {
        return;
      }
      if (node.callee.name === 'Date' && node.arguments.length === 0) {
        touches('new Date()');
      }
      const [first, second] = node.arguments;
      if (
        node.callee.name === 'URL' &&
        first?.type === 'Literal' &&
        typeof first.value === 'string' &&
        /^\.{1,2}\/.*\.ts$/.test(first.value) &&
        second?.type === 'MemberExpression'
      ) {
        urls.add(first.value);
      }
    },
  }).visit(parsed.program);
  const resolve = (specifier: string) =>
    specifier.startsWith('.') ? posix.normalize(posix.join(posix.dirname(path), specifier)) : null;
  return {
    path,
    imports: [
      ...[...specifiers].map((specifier) => ({ specifier, file: resolve(specifier), byUrl: false })),
      ...[...urls].map((specifier) => ({ specifier, file: resolve(specifier), byUrl: true })),
    ],
    ambient: [...ambient].sort(),
    faults,
  };
}
