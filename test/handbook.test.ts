import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { expect } from 'chai';
import { parse } from 'yaml';
import { z } from 'zod';
import { documents } from '../checks/links.ts';
import { ERROR_CODES } from '../src/errors.ts';
import { projectFile } from '../src/project-file.ts';
import { runEvida } from './fixture/command.ts';

/** The alerts that there are to be; those of grafana/provisioning/alerting may be more. */
const ALERTS = [
  'box-offline',
  'outlet-silent-while-charging',
  'draw-without-charging',
  'voltage-out-of-range',
  'current-out-of-range',
  'meter-against-outlets',
  'no-messages',
  'oldest-unsent-point',
  'dead-letters-growing',
  'log-nearly-full',
  'job-late',
  'backup-late',
  'rehearsal-failed',
  'reconciliation-above-tolerance',
];
const RULES = projectFile('grafana', 'provisioning', 'alerting');
const Provisioned = z.object({
  groups: z
    .array(
      z.object({
        rules: z.array(z.object({ uid: z.string(), annotations: z.record(z.string(), z.string()) })),
      }),
    )
    .optional(),
});

/** The sections of a page of the handbook: what stands under each heading of the second level. */
function sectionsOf(page: string): Map<string, string> {
  const text = readFileSync(projectFile('docs', 'handbook', page), 'utf8');
  return new Map(
    text
      .split(/^## /m)
      .slice(1)
      .map((section) => {
        const [heading = '', ...lines] = section.split('\n');
        return [heading, lines.join('\n').trim()];
      }),
  );
}

function provisionedAlerts(): { uid: string; annotations: Record<string, string> }[] {
  const files = existsSync(RULES) ? readdirSync(RULES).filter((name) => /\.ya?ml$/.test(name)) : [];
  return files.flatMap((name) => {
    const { groups = [] } = Provisioned.parse(parse(readFileSync(join(RULES, name), 'utf8')));
    return groups.flatMap(({ rules }) => rules);
  });
}

/** What may follow each path of commands: subcommands, choices, options. By the completion of the program itself. */
async function wordsByPath(): Promise<Map<string, string[]>> {
  const { stdout } = await runEvida(['completion', 'bash']);
  return new Map(
    [...stdout.matchAll(/^ +"([a-z -]*)"\) candidates="([^"]*)" ;;$/gm)].map(([, path = '', words = '']) => [
      path,
      words.split(' '),
    ]),
  );
}

/** The command lines of evida in the code of a document, each without the program itself. */
function commandsOf(text: string): string[][] {
  const fenced = [...text.matchAll(/^ *```sh\n([\s\S]*?)^ *```/gm)].map(([, block = '']) => block);
  const rest = text.replace(/^ *```[\s\S]*?^ *```/gm, '');
  const inline = [...rest.matchAll(/`([^`]+)`/g)].map(([, code = '']) => code.replace(/\s+/g, ' '));
  const program =
    /(?:^ *|&& |; )(?:\$ )?(?:[A-Z_]+=\S+ )*(?:(?:sudo -u evida )?npx )?evida(?= |$)([^|;&#>\n]*)|dist\/src\/evida\.js(?= |$)([^|;&#>\n]*)/gm;
  return [...fenced, ...inline].flatMap((code) =>
    [...code.matchAll(program)].map(([, line = '', other = '']) =>
      (line || other).split(' ').filter((word) => word !== ''),
    ),
  );
}

/** What a command line names that the program does not know, if anything. */
function unknownWord(
  line: readonly string[],
  words: ReadonlyMap<string, readonly string[]>,
): string | undefined {
  let path = '';
  let isCommand = true;
  for (const word of line) {
    const known = words.get(path) ?? [];
    if (word.startsWith('--')) {
      isCommand = false;
      if (!known.includes(word.replace(/=.*/, ''))) return word;
    } else if (isCommand && known.includes(word)) {
      path = path === '' ? word : `${path} ${word}`;
    } else {
      const subcommands = known.filter((candidate) => !candidate.startsWith('--'));
      if (isCommand && subcommands.length > 0) return word;
      isCommand = false;
    }
  }
  return undefined;
}

describe('the handbook', function () {
  this.timeout(60_000);

  it('has a section for each error code, with what src/errors.ts says of it, and for no other', () => {
    const sections = sectionsOf('troubleshooting.md');
    expect([...sections.keys()]).to.deep.equal(Object.keys(ERROR_CODES));
    for (const [code, { summary, exitCode, retryable }] of Object.entries(ERROR_CODES)) {
      const [facts, why, what] = sections.get(code)?.split('\n\n') ?? [];
      expect(facts).to.equal(
        `${summary}. Exit code ${exitCode}${retryable ? '; passes by itself' : ''}.`,
        code,
      );
      expect(why, code).to.match(/^\*\*Why\.\*\* ./);
      expect(what, code).to.match(/^\*\*What to do\.\*\* ./);
    }
  });

  it('is named by the error of a command, with its code', async () => {
    const { stderr } = await runEvida(['run']);
    expect(stderr).to.match(/CONFIG_INVALID: docs\/handbook\/troubleshooting\.md#config_invalid\n$/);
  });

  it('has a section for each alert: what it means, what to look at, what to do', () => {
    const sections = sectionsOf('alerts.md');
    const rules = provisionedAlerts();
    for (const uid of new Set([...ALERTS, ...rules.map((rule) => rule.uid)])) {
      expect(sections.get(uid), uid).to.match(
        /\*\*What it means\.\*\* [\s\S]*\*\*What to look at\.\*\* ?[\s\S]*\*\*What to do\.\*\*\n\n1\. /,
      );
    }
  });

  it('is linked to by each alert', () => {
    for (const { uid, annotations } of provisionedAlerts())
      expect(annotations.runbook_url, uid).to.satisfy((url = '') =>
        url.endsWith(`docs/handbook/alerts.md#${uid}`),
      );
  });

  it('names, as all documents, only commands and options that there are', async () => {
    const words = await wordsByPath();
    expect(words.get('backup')).to.include.members(['run', '--help']);
    const unknown = documents().flatMap((path) =>
      commandsOf(readFileSync(path, 'utf8')).flatMap((line) => {
        const word = unknownWord(line, words);
        return word === undefined
          ? []
          : [`${relative(projectFile(), path)}: evida ${line.join(' ')}: there is no ${word}`];
      }),
    );
    expect(unknown).to.deep.equal([]);
  });
});
