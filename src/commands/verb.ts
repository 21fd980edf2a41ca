import { readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';
import { Command, InvalidArgumentError } from 'commander';
import { type Config, type Environment, loadConfig, loadSetupConfig, type SetupConfig } from '../config.ts';
import { duration } from '../config-types.ts';
import { EvidaError, messageOf } from '../errors.ts';

export interface VerbTexts {
  /** One line, for the list of commands. */
  readonly summary: string;
  /** What it does, in full sentences. */
  readonly description: string;
  /** Command lines with what they do. */
  readonly examples: readonly (readonly [commandLine: string, effect: string])[];
  /** Exit codes besides 0 and 2. */
  readonly exitCodes?: readonly (readonly [code: number, meaning: string])[];
}

/** A command whose help reads like a manual page. */
export function createVerb(
  name: string,
  { summary, description, examples, exitCodes = [] }: VerbTexts,
): Command {
  const codes = [[0, 'done'], ...exitCodes, [2, 'the command line is wrong']] as const;
  const sections = [
    `Examples:\n${examples.map(([line, effect]) => `  $ ${line}\n      ${effect}`).join('\n')}`,
    `Exit codes:\n${[...codes]
      .sort(([a], [b]) => a - b)
      .map(([code, meaning]) => `  ${String(code).padEnd(4)}${meaning}`)
      .join('\n')}`,
  ];
  return new Command(name)
    .summary(summary)
    .description(unwrap(description))
    .addHelpText('after', `\n${sections.join('\n\n')}`);
}

/** Paragraphs are wrapped by the width of the terminal, not by that of the source. */
function unwrap(text: string): string {
  return text.replace(/(?<!\n)\n(?!\n)/g, ' ');
}

/** The same for a command that reads the environment. */
export function createConfiguredVerb(name: string, texts: VerbTexts): Command {
  const exitCodes = [...(texts.exitCodes ?? []), [78, 'the environment is incomplete or wrong']] as const;
  return createVerb(name, { ...texts, exitCodes }).option(
    '--env <file>',
    'read variables from this file, too; those of the environment come first',
  );
}

export interface EnvironmentOptions {
  /** Not `--env-file`: that node takes for itself, wherever it stands. */
  readonly env?: string;
}

/** @throws EvidaError CONFIG_INVALID */
export function configOf(options: EnvironmentOptions): Config {
  return loadConfig(environmentOf(options), readText);
}

/** @throws EvidaError CONFIG_INVALID */
export function setupConfigOf(options: EnvironmentOptions): SetupConfig {
  return loadSetupConfig(environmentOf(options), readText);
}

/** The variables of the process, and of the file that `--env` names. @throws EvidaError CONFIG_INVALID */
export function environmentOf({ env: file }: EnvironmentOptions): Environment {
  if (file === undefined) return process.env;
  try {
    return { ...parseEnv(readText(file)), ...process.env };
  } catch (error) {
    throw new EvidaError('CONFIG_INVALID', {
      operation: `reading --env ${file}`,
      problem: messageOf(error),
      hint: 'It holds lines of NAME=value; .env.example is one.',
    });
  }
}

function readText(path: string): string {
  return readFileSync(path, 'utf8');
}

/** An option's argument: a whole number of at least 1. */
export function positiveInteger(text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('It must be a whole number of at least 1.');
}

/** An option's argument: a duration, in ms. */
export function durationMs(text: string): number {
  const parsed = duration(1).safeParse(text);
  if (parsed.success) return parsed.data;
  throw new InvalidArgumentError('It must be a number with its unit: ms, s, m, h or d.');
}

/** An option's argument `name=value`, that may be given again: the values that each name was given. */
export function givenVariable(
  text: string,
  before: ReadonlyMap<string, readonly string[]> = new Map(),
): ReadonlyMap<string, readonly string[]> {
  const [, name, value] = /^(\w+)=(.*)$/s.exec(text) ?? [];
  if (name === undefined || value === undefined)
    throw new InvalidArgumentError('It must be a name and a value: box=12.');
  return new Map([...before, [name, [...(before.get(name) ?? []), value]]]);
}
