import { DataSource } from '@poolsafe/typeorm';
import { expect } from 'vitest';
import { openDatabaseForFixes, testFixes } from '../../pg/test/fixes.ts';

testFixes({
  database: await openDatabaseForFixes(),
  stack: 'typeorm',
  async open({ url }) {
    const dataSource = await new DataSource({ type: 'postgres', url }).initialize();
    const close = async () => {
      await dataSource.destroy();
      expect(dataSource.isInitialized).toBe(false);
    };
    return { names: { dataSource }, close };
  },
});
