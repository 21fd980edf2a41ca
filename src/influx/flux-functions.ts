import { EvidaError } from '../errors.ts';

/** The two parts of a Flux text, since imports must come before everything else. */
interface FluxText {
  readonly imports: string;
  readonly statements: string;
}

/**
 * A query and the functions that it calls as one text: the imports of both, the functions, its statements.
 * The file `energy-increases` defines `energyIncreases`. A function may call those declared before it, but reads no
 * `params`: what it depends on, it is given.
 * @param path of the query, for errors
 * @param declared names of the functions that the query and these call
 * @param functions the text of each function there is, by name
 * @throws EvidaError FLUX_FUNCTION if other functions are called than declared, or one is not there or wrong
 */
export function withFunctions(
  path: string,
  query: string,
  declared: readonly string[],
  functions: ReadonlyMap<string, string>,
): FluxText {
  const texts = declared.map((name) => functionText(path, name, functions));
  const called = [...functions.keys()].filter((name) =>
    [query, ...texts].some((text) => text.includes(`${identifier(name)}(`)),
  );
  const differing = called.filter((name) => !declared.includes(name));
  differing.push(...declared.filter((name) => !called.includes(name)));
  if (differing.length > 0) {
    throw refused(path, `called and declared functions differ: ${differing.join(', ')}`);
  }
  const { imports, statements } = splitImports(query);
  const own = importsOf(query);
  const added = new Set(texts.flatMap(importsOf).filter((line) => !own.includes(line)));
  const definitions = texts.map((text) => `\n${text.replace(/^import .*\n+/gm, '').trim()}\n`);
  return {
    imports: [imports, ...added].filter((text) => text !== '').join('\n'),
    statements: [...definitions, statements].join(''),
  };
}

function functionText(path: string, name: string, functions: ReadonlyMap<string, string>): string {
  const text = functions.get(name);
  if (text === undefined) throw refused(path, `there is no flux/functions/${name}.flux`);
  if (!`\n${text}`.includes(`\n${identifier(name)} = (`) || text.includes('params.')) {
    throw refused(path, `flux/functions/${name}.flux must define ${identifier(name)} and read no params`);
  }
  return text;
}

function splitImports(flux: string): FluxText {
  const last = [...flux.matchAll(/^import .*$/gm)].at(-1);
  const end = last === undefined ? 0 : last.index + last[0].length;
  return { imports: flux.slice(0, end), statements: flux.slice(end) };
}

function importsOf(flux: string): string[] {
  return [...flux.matchAll(/^import .*$/gm)].map(([line]) => line);
}

/** `energy-increases` to `energyIncreases`. */
function identifier(name: string): string {
  return name.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
}

function refused(path: string, problem: string): EvidaError {
  return new EvidaError('FLUX_FUNCTION', { operation: `loading flux/${path}`, problem });
}
