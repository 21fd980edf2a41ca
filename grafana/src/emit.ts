import { writeFileSync } from 'node:fs';
import { projectFile } from '../../src/project-file.ts';
import { grafanaFiles } from './files.ts';
import { settingsOf } from './settings.ts';

/** `npm run dashboards`: writes what Grafana is provisioned with, for the configuration in the environment. */
for (const { path, content } of grafanaFiles(settingsOf(process.env))) {
  writeFileSync(projectFile(path), content);
  process.stdout.write(`${path}\n`);
}
