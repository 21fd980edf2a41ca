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

/** What may stand at the cursor: a command, an option, or an argument out of a few. */
interface Word {
  readonly text: string;
  readonly meaning: string;
  /** An option, the next word being its value. */
  readonly takesValue: boolean;
}

/** What may follow each path of commands: `backup` is followed by `run` and by options. */
type WordsByPath = ReadonlyMap<string, readonly Word[]>;

const SCRIPTS: Readonly<Record<'bash' | 'zsh' | 'fish', (words: WordsByPath) => string>> = {
  bash: (words) => `_evida() {
${posixCandidates(words, '"${COMP_WORDS[@]:1:$((COMP_CWORD - 1))}"')}
  COMPREPLY=()
  [ "$value" ] || COMPREPLY=($(compgen -W "$candidates" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _evida evida
`,
  zsh: (words) => `#compdef evida
_evida() {
${posixCandidates(words, '"${words[@]:1:$((CURRENT - 2))}"')}
  if [ "$value" ]; then _files; else compadd -- \${=candidates}; fi
}
if [ "\${funcstack[1]}" = _evida ]; then _evida "$@"; else compdef _evida evida; fi
`,
  fish: (words) => `function __evida_at
    set -l before (commandline -opc)
    set -e before[1]
    set -l line
    set -l value
    for word in $before
        if set -q value[1]
            set -e value[1]
        else if contains -- $word ${valuedOptions(words).join(' ')}
            set value yes
        else if string match -q -v -- '-*' $word
            set -a line $word
        end
    end
    not set -q value[1]; and test "$line" = "$argv[1]"
end
${[...words].flatMap(([path, following]) => fishLines(path, following)).join('\n')}
`,
};

/**
 * Lines for bash and zsh: from the words before the cursor, `candidates` for its place, or else `value` if that is the
 * value of an option. The names are none that mean something to zsh, as `path` and `words` do.
 */
function posixCandidates(words: WordsByPath, before: string): string {
  const cases = [...words].map(
    ([path, following]) => `    "${path}") candidates="${following.map(({ text }) => text).join(' ')}" ;;`,
  );
  // Bash makes three words of --env=file: the value comes after the "=".
  return `  local line="" value="" candidates="" word
  for word in ${before}; do
    if [ "$value" ]; then
      if [ "$word" != "=" ]; then value=""; fi
      continue
    fi
    case "$word" in
      ${valuedOptions(words).join('|')}) value=yes ;;
      -*|"") ;;
      *) line="\${line:+$line }$word" ;;
    esac
  done
  case "$line" in
${cases.join('\n')}
  esac`;
}

function fishLines(path: string, following: readonly Word[]): string[] {
  const here = `complete -c evida -n '__evida_at "${path}"'`;
  const lines = following.map(({ text, meaning, takesValue }) => {
    const word = text.startsWith('--') ? `-l ${text.slice(2)}${takesValue ? ' -r' : ''}` : `-a ${text}`;
    return `${here} ${word}${meaning && ` -d '${meaning.replace(/['\\]/g, '\\$&')}'`}`;
  });
  return [`${here} -f`, ...lines];
}

function valuedOptions(words: WordsByPath): string[] {
  const valued = [...words.values()].flat().filter(({ takesValue }) => takesValue);
  return [...new Set(valued.map(({ text }) => text))];
}

function wordsByPath(command: Command, path = ''): Map<string, readonly Word[]> {
  const word = (text: string, meaning = '', takesValue = false): Word => ({ text, meaning, takesValue });
  const following = [
    ...command.commands.map((child) => word(child.name(), child.summary())),
    ...command.registeredArguments.flatMap(({ argChoices = [] }) => argChoices).map((text) => word(text)),
    ...command.options.flatMap(({ long, description, required }) =>
      long ? [word(long, description, required)] : [],
    ),
    word('--help', 'display help for command'),
  ];
  const words = new Map<string, readonly Word[]>([[path, following]]);
  for (const child of command.commands) {
    const childPath = path === '' ? child.name() : `${path} ${child.name()}`;
    for (const entry of wordsByPath(child, childPath)) words.set(...entry);
  }
  return words;
}
