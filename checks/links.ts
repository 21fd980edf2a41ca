import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { projectFile } from '../src/project-file.ts';

const LINK = /\]\(([^)\s]+)\)/g;
const HEADING = /^#+ (.*)$/gm;

/** The links of the project's documents that lead nowhere: files that do not exist, headings that are not there. */
export function brokenLinks(): string[] {
  return documents().flatMap((path) =>
    [...readFileSync(path, 'utf8').matchAll(LINK)]
      .map(([, target = '']) => target)
      .filter((target) => !/^[a-z]+:/.test(target) && !leadsSomewhere(path, target))
      .map((target) => `${relative(projectFile(), path)}: the link ${target} leads nowhere`),
  );
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

function documents(): string[] {
  const inRoot = readdirSync(projectFile()).filter((name) => name.endsWith('.md'));
  const inDocs = readdirSync(projectFile('docs'), { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.md'),
  );
  return [...inRoot.map((name) => projectFile(name)), ...inDocs.map((name) => projectFile('docs', name))];
}
