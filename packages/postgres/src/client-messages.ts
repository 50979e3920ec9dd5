/** Bind: the values as text, to the portal without a name. */
export function bind(statement: string, values: readonly string[]): Buffer {
  const given = values.flatMap((value) => [int32(Buffer.byteLength(value)), Buffer.from(value)]);
  const names = [zeroEnded(''), zeroEnded(statement)];
  return message('B', ...names, int16(0), int16(values.length), ...given, int16(0));
}

/** A message of the protocol. */
export function message(kind: string, ...parts: readonly (string | Buffer)[]): Buffer {
  const body = Buffer.concat(parts.map((part) => Buffer.from(part as string)));
  return Buffer.concat([Buffer.from(kind), int32(body.length + 4), body]);
}

export function zeroEnded(text: string): Buffer {
  return Buffer.from(`${text}\0`);
}

export function int16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(value);
  return bytes;
}

export function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}
