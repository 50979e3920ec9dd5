import 'reflect-metadata';
import { DataSource } from '@poolsafe/typeorm';
import { EntitySchema } from 'typeorm';
import { direct, url } from './common.ts';

const Note = new EntitySchema({
  name: 'Note',
  tableName: 'notes',
  columns: { id: { type: Number, primary: true, generated: true }, body: { type: String } },
});
const dataSource = new DataSource({ type: 'postgres', url, entities: [Note], poolsafe: { direct } });
await dataSource.initialize();
Object.assign(globalThis, { DataSource, Note, dataSource });
