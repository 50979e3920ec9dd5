/** A server that this package looks for, and fetches where it can: what it is called, and where it comes from. */
export interface Program {
  /** What messages call it, and one of it. */
  readonly title: string;
  readonly one: string;
  /** The name of Debian's package and of the executable in it. */
  readonly name: string;
  /** Finds the version in what it prints for `-V`. */
  readonly version: RegExp;
  /** One on the PATH is recent enough for 'latest' from here on. */
  readonly latest: string;
  readonly debian: readonly DebianVersion[];
  /** Ways to get one where none was found; `VERSION` stands for the wanted one. */
  readonly ways: readonly { readonly platforms: readonly string[]; readonly commands: readonly string[] }[];
}

/** What a suite of Debian has; one that moves has a newer one from time to time. */
export interface DebianVersion {
  readonly suite: string;
  readonly version: string;
  readonly moves: boolean;
}

export const PGBOUNCER: Program = {
  title: 'PgBouncer',
  one: 'a PgBouncer',
  name: 'pgbouncer',
  version: /^PgBouncer (\S+)/i,
  latest: '1.26',
  debian: [
    { suite: 'bookworm', version: '1.18.0', moves: false },
    { suite: 'trixie', version: '1.24.1', moves: false },
    { suite: 'sid', version: '1.26.1', moves: true },
  ],
  ways: [
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
  ],
};

export const ODYSSEY: Program = {
  title: 'Odyssey',
  one: 'an Odyssey',
  name: 'odyssey',
  version: /^odyssey (\S+)/i,
  latest: '1.5',
  debian: [{ suite: 'sid', version: '1.5.2', moves: true }],
  ways: [
    {
      platforms: ['linux'],
      commands: [
        'sudo apt-get install odyssey   # where this Debian or Ubuntu has VERSION',
        'git clone --branch VERSION https://github.com/yandex/odyssey',
        'cd odyssey && make build_release   # build/sources/odyssey; needs CMake, OpenSSL and postgresql-server-dev-all',
      ],
    },
  ],
};
