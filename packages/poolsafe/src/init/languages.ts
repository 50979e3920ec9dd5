type Language = 'ts' | 'tsx' | 'jsx';

/** What a file is read as, by its ending. A .js may have JSX. */
export const languages: Readonly<Record<string, Language>> = {
  '.ts': 'ts',
  '.mts': 'ts',
  '.cts': 'ts',
  '.tsx': 'tsx',
  '.js': 'jsx',
  '.jsx': 'jsx',
  '.mjs': 'jsx',
  '.cjs': 'jsx',
};

/** The endings of files that can be read. */
export const endings: readonly string[] = Object.keys(languages);
