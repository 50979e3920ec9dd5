import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { remark } from 'remark';
import remarkGfm from 'remark-gfm';
import remarkValidateLinks from 'remark-validate-links';
import { expect, test } from 'vitest';
import { pages, repository, root } from '../src/pages.ts';
