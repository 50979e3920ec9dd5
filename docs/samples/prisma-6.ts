import type * as poolsafe from '@poolsafe/prisma';

declare global {
  const datasourceUrl: typeof poolsafe.datasourceUrl;
  /** With its Rust engine, of Prisma 6 and earlier: the option that counts here. */
  const PrismaClient: new (options: { readonly datasourceUrl: string }) => object;
}
