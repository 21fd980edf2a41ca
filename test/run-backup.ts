import { parseArgs } from 'node:util';
import { runMocha } from './run-mocha.ts';

const HELP = `npm run test:backup -- [--kills 1] [--seed 0]

The tests of the backup alone. --kills N: so many rounds in which a backup, a prune and a restore are killed at a request to
storage that chance picks, beginning with --seed.
`;
const FILES = ['backup', 'backup-faults', 'backup-ledger', 'backup-new-machine'];

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '1' },
    seed: { type: 'string', default: '0' },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) process.stdout.write(HELP);
else process.exitCode = run(values.kills, values.seed);

function run(kills: string, seed: string): number {
  if (!/^[1-9]\d{0,3}$/.test(kills) || !/^\d{1,9}$/.test(seed)) {
    process.stderr.write(HELP);
    return 2;
  }
  const specs = FILES.map((file) => `test/${file}.test.ts`);
  return runMocha(['--config', 'test/files.mocharc.json', '--forbid-only', ...specs], {
    EVIDA_BACKUP_KILLS: kills,
    EVIDA_BACKUP_SEED: seed,
  });
}
