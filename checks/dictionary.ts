import { readdirSync, readFileSync } from 'node:fs';
import { projectFile } from '../src/project-file.ts';
import type { GeneratedFile } from './generated-file.ts';

const DOCUMENT = 'docs/analysis.md';
/** What stands before it is written by hand. */
const START = '<!-- From here on: npm run docs -->\n';

/** docs/analysis.md, whose data dictionary follows from the comments of sql/schema.sql and of the files in sql/views. */
export function dictionaryFile(): GeneratedFile {
  const [text = ''] = readFileSync(projectFile(DOCUMENT), 'utf8').split(START);
  return { path: DOCUMENT, content: `${text}${START}\n${dictionary()}` };
}

function dictionary(): string {
  const schema = readFileSync(projectFile('sql', 'schema.sql'), 'utf8');
  const tables = [...schema.matchAll(/^CREATE TABLE (\w+) \(\n([^;]*)\n\);$/gm)].map(
    ([, table = '', columns = '']) => describeTable(schema, table, columns.split(',\n')),
  );
  const views = readdirSync(projectFile('sql', 'views')).map(describeView);
  return `## Data dictionary\n\n${tables.join('\n')}\n### Views\n\n| view | what it shows |\n|---|---|\n${views.join('')}`;
}

function describeTable(schema: string, table: string, columns: readonly string[]): string {
  const rows = columns.map((line) => {
    const [, name = '', type = ''] = /^ {2}(\w+) (.*?)(?: NOT NULL)?(?: DEFAULT .*)?$/.exec(line) ?? [];
    return `| \`${name}\` | ${type.replace('timestamp with time zone', 'timestamptz')} | ${commentOn(schema, `COLUMN ${table}.${name}`)} |\n`;
  });
  return `### ${table.toUpperCase()}\n\n${commentOn(schema, `TABLE ${table}`)}.\n\n| column | type | meaning |\n|---|---|---|\n${rows.join('')}`;
}

function commentOn(schema: string, object: string): string {
  const [, comment = ''] = new RegExp(`^COMMENT ON ${object} IS '((?:[^']|'')*)';$`, 'm').exec(schema) ?? [];
  return comment.replaceAll("''", "'").replaceAll('|', '\\|');
}

/** Its file begins with what it shows. */
function describeView(file: string): string {
  const text = readFileSync(projectFile('sql', 'views', file), 'utf8');
  const [, name = ''] = /^CREATE OR REPLACE VIEW (\w+)/m.exec(text) ?? [];
  const words = text
    .split('\n')
    .filter((line) => line.startsWith('-- '))
    .map((line) => line.slice(3));
  return `| \`${name.toUpperCase()}\` | ${words.join(' ')} |\n`;
}
