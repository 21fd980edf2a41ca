/** The InfluxDB that Evida is tried with: the last line with Flux and tasks, MIT. */
export const INFLUXDB_VERSION = '2.9.1';

/** The commit of that release, as the Go module proxy gives its origin; a build from source reports it too. */
export const INFLUXDB_COMMIT = 'd4fa1941fd';

/** SHA-256 of the official archives, as listed in the release notes at github.com/influxdata/influxdb. */
export const ARCHIVE_SHA256: Readonly<Record<string, string>> = {
  linux_amd64: '762e4fc825c4386e0c5138e7c3f91fc778081db2bada1ec47066e786bf55d9ff',
  linux_arm64: 'a99c3b89fc580f945a6d7a7b0b9c66961bb8b3bf9ddaaab1dae17cdf6af531c9',
  darwin_amd64: '5b283ab29c8626a30debeee573c4508a304d46ffef417bae92be868ed0cc4782',
};

const ARCHITECTURES: Readonly<Record<string, string>> = { x64: 'amd64', arm64: 'arm64' };

/**
 * The name of this machine in the archive's name, or undefined where none is released.
 * macOS has one archive, which an Apple processor runs through Rosetta.
 */
export function releaseTarget(
  platform: string = process.platform,
  arch: string = process.arch,
): string | undefined {
  if (platform === 'darwin') return 'darwin_amd64';
  const released = ARCHITECTURES[arch];
  return platform === 'linux' && released !== undefined ? `linux_${released}` : undefined;
}
