/** Ways to get a PgBouncer where none was found; `VERSION` stands for the wanted one. */
const COMMANDS: readonly { platforms: readonly string[]; commands: readonly string[] }[] = [
  {
    platforms: ['linux'],
    commands: [
      'sudo apt-get install pgbouncer   # the version of this Debian or Ubuntu',
      'sudo dnf install pgbouncer       # the version of this Fedora',
      'sudo apk add pgbouncer           # the version of this Alpine',
    ],
  },
  { platforms: ['darwin'], commands: ['brew install pgbouncer          # the latest'] },
  {
    platforms: ['linux', 'darwin'],
    commands: [
      'curl -LO https://www.pgbouncer.org/downloads/files/VERSION/pgbouncer-VERSION.tar.gz',
      'tar xzf pgbouncer-VERSION.tar.gz && cd pgbouncer-VERSION && ./configure && make   # needs libevent and OpenSSL',
    ],
  },
];

/** The error for a PgBouncer that cannot be had: what was tried, and the commands that would get one. */
export function noPgBouncer(wanted: string, tried: readonly string[], cause?: unknown): Error {
  const version = /^\d+\.\d+$/.test(wanted) ? `${wanted}.0` : wanted;
  const commands = COMMANDS.filter(({ platforms }) => platforms.includes(process.platform))
    .flatMap((row) => row.commands)
    .map((command) => `  ${command.replaceAll('VERSION', version === 'latest' ? '1.26.1' : version)}`);
  const message = [
    `No PgBouncer ${wanted} for ${process.platform}-${process.arch}: ${tried.join('; ')}.`,
    'One of these gets one; give its path as { version, binary } when it is not on the PATH:',
    ...commands,
  ];
  return new Error(message.join('\n'), { cause });
}
