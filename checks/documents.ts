import { grafanaFiles } from '../grafana/src/files.ts';
import { DEFAULTS } from '../grafana/src/settings.ts';
import { configurationFiles } from './configuration.ts';
import { dictionaryFile } from './dictionary.ts';
import { checkGenerated } from './generated-file.ts';
import { brokenLinks } from './links.ts';
import { longReadme } from './readme.ts';
import { report } from './report.ts';

report(
  [
    ...checkGenerated([...configurationFiles(), dictionaryFile()], 'npm run docs'),
    ...checkGenerated(grafanaFiles(DEFAULTS), 'npm run dashboards'),
    ...brokenLinks(),
    ...longReadme(),
  ],
  'documents: generated ones and dashboards follow from their sources, links lead somewhere, the README is short',
);
