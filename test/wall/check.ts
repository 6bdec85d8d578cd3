import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { circlesOf } from './circles.ts';
import { filesUnder, readSource, type SourceFile } from './imports.ts';
import type { KnownCircle, Room } from './table.ts';

export interface Wall {
  readonly rooms: { readonly [room: string]: Room };
  readonly knownCircles: readonly KnownCircle[];
}

/** Folders beside src that hold no rooms: tests stand outside the wall and may look at everything. */
const OUTSIDE = new Set(['test', 'node_modules', 'dist', 'build', 'coverage']);

/** Every breach of the wall in a tree, one sentence each, sorted; empty when it holds. */
export function breaches(tree: string, wall: Wall): readonly string[] {
  const files = allFiles(tree);
  const roomOf = (path: string) => roomOfPath(path, wall.rooms);
  const sources: SourceFile[] = [];
  const found: string[] = [];
  for (const path of files) {
    if (roomOf(path) === null) {
      found.push(`${path}: lies in no room of the table`);
    } else {
      sources.push(readSource(tree, path));
    }
  }
  const shipped = dependenciesOf(tree);
  for (const source of sources) {
    found.push(...breachesOf(source, roomOf(source.path)!, roomOf, wall, shipped));
  }
  found.push(...circleBreaches(sources, wall.knownCircles), ...roomCircles(wall.rooms));
  return found.sort();
}

function allFiles(tree: string): readonly string[] {
  return readdirSync(tree, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.') && !OUTSIDE.has(entry.name))
    .flatMap((entry) => filesUnder(tree, entry.name));
}

function roomOfPath(path: string, rooms: Wall['rooms']): string | null {
  for (const [name, room] of Object.entries(rooms)) {
    if (path === room.folder || path.startsWith(`${room.folder}/`)) {
      return name;
    }
  }
  return null;
}

function dependenciesOf(tree: string): ReadonlySet<string> {
  const { dependencies = {} } = JSON.parse(readFileSync(join(tree, 'package.json'), 'utf8')) as {
    dependencies?: Readonly<Record<string, string>>;
  };
  return new Set(Object.keys(dependencies));
}

/** `undici` of `undici/types`, `@huggingface/gguf` of anything below it. */
function packageOf(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}

function breachesOf(
  source: SourceFile,
  roomName: string,
  roomOf: (path: string) => string | null,
  wall: Wall,
  shipped: ReadonlySet<string>,
): readonly string[] {
  const room = wall.rooms[roomName]!;
  const found = source.faults.map((fault) => `${source.path}: ${fault}`);
  for (const { specifier, file } of source.imports) {
    if (file !== null) {
      const breach = importBreach(file, roomName, room, roomOf, wall);
      if (breach !== null) {
        found.push(`${source.path}: ${breach}`);
      }
    } else if (room.tooling !== true) {
      if (!room.packages.includes(specifier)) {
        found.push(`${source.path}: ${roomName} may not use the package ${specifier}`);
      } else if (room.bundled !== true && !specifier.startsWith('node:') && !shipped.has(packageOf(specifier))) {
        found.push(`${source.path}: ${specifier} is not among the dependencies that are installed with the project`);
      }
    }
  }
  if (room.pure !== undefined) {
    const except: readonly string[] = room.pure === true ? [] : room.pure.except;
    for (const name of source.ambient.filter((one) => !except.includes(one))) {
      found.push(`${source.path}: ${roomName} is pure and may not touch ${name}`);
    }
  }
  return found;
}

function importBreach(
  file: string,
  roomName: string,
  room: Room,
  roomOf: (path: string) => string | null,
  wall: Wall,
): string | null {
  const other = roomOf(file);
  if (other === roomName) {
    return null;
  }
  if (other === null) {
    const helpsTools = room.tooling === true && (file.startsWith('test/') || file === 'package.json');
    return helpsTools ? null : `imports ${file}, which lies in no room of the table`;
  }
  if (room.mayImport === 'everything') {
    return null;
  }
  const door = room.mayImport[other];
  if (door === undefined) {
    return `${roomName} may not import ${other} (${file})`;
  }
  const inside = file.slice(wall.rooms[other]!.folder.length + 1);
  return door === 'all' || door.includes(inside)
    ? null
    : `${roomName} may import of ${other} only ${door.join(', ')}, not ${inside}`;
}

function circleBreaches(sources: readonly SourceFile[], known: readonly KnownCircle[]): readonly string[] {
  const edges = new Map(
    sources.map((source) => [
      source.path,
      source.imports.flatMap(({ file, byUrl }) => (file === null || byUrl ? [] : [file])),
    ]),
  );
  const found: string[] = [];
  const met = new Set<KnownCircle>();
  for (const circle of circlesOf(edges)) {
    const excuse = known.find(({ under }) => circle.every((file) => file.startsWith(`${under}/`)));
    if (excuse === undefined) {
      found.push(`${circle[0]}: imports itself in a circle of ${circle.length} files: ${circle.join(', ')}`);
    } else {
      met.add(excuse);
    }
  }
  for (const gone of known.filter((one) => !met.has(one))) {
    found.push(`${gone.under}: its circle of imports is gone; take it off the list of known circles`);
  }
  return found;
}

/** Two rooms that may import each other are one room with two names. */
function roomCircles(rooms: Wall['rooms']): readonly string[] {
  const edges = new Map(
    Object.entries(rooms)
      .filter(([, room]) => room.mayImport !== 'everything')
      .map(([name, room]) => [name, Object.keys(room.mayImport)]),
  );
  return circlesOf(edges).map((circle) => `the table lets rooms import each other in a circle: ${circle.join(', ')}`);
}
