import { Argument, type Command } from 'commander';
import { createVerb } from './verb.ts';

export const completionCommand: Command = createVerb('completion', {
  summary: 'print a script that completes commands in your shell',
  description: 'Prints a script for your shell that completes the commands and options of evida.',
  examples: [
    ['evida completion bash > ~/.local/share/bash-completion/completions/evida', 'for bash'],
    ['evida completion zsh > "${fpath[1]}/_evida"', 'for zsh'],
    ['evida completion fish > ~/.config/fish/completions/evida.fish', 'for fish'],
  ],
})
  .addArgument(new Argument('<shell>').choices(['bash', 'zsh', 'fish']))
  .action((shell: 'bash' | 'zsh' | 'fish') => {
    const program = completionCommand.parent;
    if (program !== null) process.stdout.write(SCRIPTS[shell](wordsByPath(program)));
  });

/** What may follow each path of commands: `backup` is followed by `run` and by options. */
type WordsByPath = ReadonlyMap<string, readonly string[]>;

const SCRIPTS: Readonly<Record<'bash' | 'zsh' | 'fish', (words: WordsByPath) => string>> = {
  bash: (words) =>
    `_evida() {
${POSIX_PATH}
  COMPREPLY=($(compgen -W "$words" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _evida evida
`.replace('@CASES@', cases(words)),
  zsh: (words) =>
    `#compdef evida
COMP_WORDS=("\${words[@]}")
COMP_CWORD=$((CURRENT - 1))
setopt local_options ksh_arrays
${POSIX_PATH}
compadd -- \${=words}
`.replace('@CASES@', cases(words)),
  fish: (words) =>
    [...words]
      .flatMap(([path, following]) => following.map((word) => [path, word] as const))
      .map(
        ([path, word]) =>
          `complete -c evida -f -n 'test "$(string join " " (commandline -opc)[2..])" = "${path}"' -a '${word}'\n`,
      )
      .join(''),
};

/** Finds the path of commands before the cursor in COMP_WORDS, and what may follow it. */
const POSIX_PATH = `  local path="" word
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "$word" in -*) ;; *) path="$path $word" ;; esac
  done
  local words=""
  case "\${path# }" in
@CASES@
  esac`;

function cases(words: WordsByPath): string {
  return [...words]
    .map(([path, following]) => `    "${path}"*) words="${following.join(' ')}" ;;`)
    .reverse()
    .join('\n');
}

function wordsByPath(command: Command, path = ''): Map<string, readonly string[]> {
  const options = command.options
    .map(({ long }) => long)
    .filter((long) => long !== undefined && long !== null);
  const words = new Map<string, readonly string[]>([
    [path, [...command.commands.map((child) => child.name()), ...options, '--help']],
  ]);
  for (const child of command.commands) {
    for (const entry of wordsByPath(child, path === '' ? child.name() : `${path} ${child.name()}`))
      words.set(...entry);
  }
  return words;
}
