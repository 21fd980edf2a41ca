import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { projectFile } from '../src/project-file.ts';

const LINK = /\]\(([^)\s]+)[^)]*\)/g;
/** `[words]: target`, what `[some][words]` refers to. */
const DEFINITION = /^ {0,3}\[([^\]]+)\]:\s*(\S+)/gm;
const REFERENCE = /\[([^\][]+)\]\[([^\][]*)\]/g;
/** A path of the project in backticks. */
const PATH = /`((?:src|streams|sql|flux|test|checks|grafana|bench|docker|docs)\/[^`\s]*)`/g;
/** What stands for many files, or for one that is yet to be named. */
const PLACEHOLDER = /[*<>{}…]|NNNN|\.\.\./;
const CODE = /^ *```[\s\S]*?^ *```|`[^`\n]*`/gm;
const HEADING = /^#+ (.*)$/gm;

/** What the project's documents name that is not there: files, headings, references. */
export function brokenLinks(): string[] {
  return documents().flatMap((path) => {
    const text = readFileSync(path, 'utf8');
    return [...brokenTargets(path, text), ...brokenReferences(text), ...brokenPaths(text)].map(
      (problem) => `${relative(projectFile(), path)}: ${problem}`,
    );
  });
}

function brokenTargets(path: string, text: string): string[] {
  const targets = [
    ...[...text.matchAll(LINK)].map(([, target = '']) => target),
    ...[...text.matchAll(DEFINITION)].map(([, , target = '']) => target),
  ];
  return targets
    .filter((target) => !/^[a-z]+:/.test(target) && !leadsSomewhere(path, target))
    .map((target) => `the link ${target} leads nowhere`);
}

function brokenReferences(text: string): string[] {
  const plain = text.replace(CODE, '');
  const defined = new Set([...plain.matchAll(DEFINITION)].map(([, name = '']) => name.toLowerCase()));
  return [...plain.matchAll(REFERENCE)]
    .map(([, words = '', name]) => name || words)
    .filter((name) => !defined.has(name.toLowerCase()))
    .map((name) => `[${name}] is defined nowhere`);
}

function brokenPaths(text: string): string[] {
  return [...text.matchAll(PATH)]
    .map(([, path = '']) => path)
    .filter((path) => !PLACEHOLDER.test(path) && !existsSync(projectFile(path)))
    .map((path) => `there is no ${path}`);
}

/** Headings become anchors in lower case, with dashes for spaces and without punctuation. */
function leadsSomewhere(path: string, target: string): boolean {
  const [file = '', anchor] = target.split('#');
  const document = file === '' ? path : join(dirname(path), file);
  if (!existsSync(document)) return false;
  if (anchor === undefined) return true;
  const headings = [...readFileSync(document, 'utf8').matchAll(HEADING)].map(([, heading = '']) => heading);
  return headings.some(
    (heading) =>
      heading
        .toLowerCase()
        .replace(/[^\w\- ]/g, '')
        .replaceAll(' ', '-') === anchor,
  );
}

/** The files of all documents of the project. */
export function documents(): string[] {
  const inRoot = readdirSync(projectFile()).filter((name) => name.endsWith('.md'));
  const inDocs = readdirSync(projectFile('docs'), { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.md'),
  );
  return [...inRoot.map((name) => projectFile(name)), ...inDocs.map((name) => projectFile('docs', name))];
}
