import { Column, CreateDateColumn, Entity, Index, PrimaryGeneratedColumn } from 'typeorm';

/** No query names the tenant: a new row takes it from the setting, and the policy compares with it. */
@Entity('notes')
export class Note {
  @PrimaryGeneratedColumn('identity', { type: 'bigint', generatedIdentity: 'ALWAYS' })
  id!: number;

  // As PostgreSQL writes it, without types: so TypeORM compares it when it generates a migration.
  @Index('notes_tenant_idx')
  @Column('text', { default: () => "NULLIF(current_setting('app.tenant', true), '')" })
  tenant!: string;

  @Column('text')
  body!: string;

  @CreateDateColumn({ name: 'created_at', type: 'timestamptz' })
  createdAt!: Date;
}
