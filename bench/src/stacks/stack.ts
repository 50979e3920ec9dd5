/** Which import an application has: the original's, or ours. `named`: the original's, with names given by hand. */
export type Side = 'bare' | 'poolsafe' | 'named';

/** What is on the other side of a connection: a pooler that keeps no statements, one that tracks them, or none. */
export type Kind = 'classic' | 'tracking' | 'direct';

/** A line of a purchase, with what the join has found about it. */
export interface Line {
  readonly customer: string;
  readonly product: string;
  readonly quantity: number;
}

/** The queries of an application, each in the way of its library. */
export interface Queries {
  /** A row by its primary key. */
  select(customer: number): Promise<{ readonly name: string } | null | undefined>;
  /** A purchase, its customer, its items and their products. */
  join(purchase: number): Promise<readonly Line[]>;
  /** Inserts a note and gives its id. */
  insert(purchase: number, body: string): Promise<number | undefined>;
  /** The first 20 products of a category. */
  list(category: number): Promise<readonly { readonly category_id: number }[]>;
  /** {@link Queries.select} in a transaction. */
  transaction(customer: number): Promise<{ readonly name: string } | null | undefined>;
}

/** An application that runs. */
export interface App extends Queries {
  /** Any text, as it is. */
  raw(text: string): Promise<readonly Record<string, unknown>[]>;
  end(): Promise<unknown>;
}

/** How an application opens its database. */
export interface Opening {
  readonly side: Side;
  readonly url: string;
  /** Connections of the client at most. */
  readonly max: number;
  readonly kind: Kind;
}

/** A library, or an ORM with its driver. */
export interface Stack {
  readonly name: string;
  /** The packages whose versions count. */
  readonly packages: readonly string[];
  /** Whether its poolsafe side must name statements where they are kept: looked up on the server. */
  readonly names: boolean;
  readonly open: (opening: Opening) => Promise<App>;
}

/** The texts of those who write SQL by hand. */
export const sqlTexts = {
  select: 'select id, name, email from customer where id = $1',
  join: `select p.id, p.status, c.name as customer, i.quantity, pr.name as product, pr.price
    from purchase p
    join customer c on c.id = p.customer_id
    join item i on i.purchase_id = p.id
    join product pr on pr.id = i.product_id
    where p.id = $1 order by i.id`,
  insert: 'insert into note (purchase_id, body) values ($1, $2) returning id',
  list: 'select id, name, price, category_id from product where category_id = $1 order by id limit 20',
} as const;
