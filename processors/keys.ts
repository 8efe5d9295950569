/** Record key of topics by height: 8 bytes, big-endian, so that keys sort like heights. */
export function heightRecordKey(height: number): Buffer {
  const key = Buffer.alloc(8);
  key.writeBigUInt64BE(BigInt(height));
  return key;
}

/** Record key of topics by validator: 4 bytes, big-endian. */
export function validatorRecordKey(validator: number): Buffer {
  const key = Buffer.alloc(4);
  key.writeUInt32BE(validator);
  return key;
}

/** Record key of topics by shard: 4 bytes, big-endian. */
export function shardRecordKey(shard: number): Buffer {
  const key = Buffer.alloc(4);
  key.writeUInt32BE(shard);
  return key;
}
